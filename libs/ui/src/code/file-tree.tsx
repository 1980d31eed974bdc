import { ChevronDown, ChevronRight, File, FileSymlink, Folder } from 'lucide-react';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { foldersAbove, stepInTree, treeRows, type TreeFolders } from './tree-rows.ts';

const text = strings.code.file;
const icon = { size: 15, 'aria-hidden': true } as const;

/** The files of the folder as a tree; a folder is read when it is first opened. Keys as in https://www.w3.org/WAI/ARIA/apg/patterns/treeview/. */
export function FileTree({
  openPath,
  onOpen,
}: {
  readonly openPath: string | undefined;
  readonly onOpen: (path: string) => void;
}) {
  const { assistant, workspace } = useUi();
  const [folders, setFolders] = useState<TreeFolders>(new Map());
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(['', ...foldersAbove(openPath ?? '')]));
  const [chosen, setChosen] = useState(openPath ?? '');
  const list = useRef<HTMLDivElement>(null);
  const wanted = [...open].filter((path) => !folders.has(path));
  const read = useAsked(
    async (signal) => {
      const entries = await Promise.all(
        wanted.map(async (path) => [path, await assistant.files.list({ workspace, path }, { signal })] as const),
      );
      if (entries.length > 0) setFolders((before) => new Map([...before, ...entries]));
      return true;
    },
    [workspace, wanted.join('\n')],
  );
  useEffect(() => {
    if (openPath === undefined) return;
    setOpen((before) => new Set([...before, ...foldersAbove(openPath)]));
    setChosen(openPath);
  }, [openPath]);
  const rows = treeRows(folders, open);
  const focused = rows.some(({ path }) => path === chosen) ? chosen : (rows[0]?.path ?? '');
  useEffect(() => {
    list.current?.querySelector('[tabindex="0"]')?.scrollIntoView({ block: 'nearest' });
  }, [focused, rows.length]);

  const toggle = (path: string) =>
    setOpen((before) =>
      before.has(path) ? new Set([...before].filter((each) => each !== path)) : new Set([...before, path]),
    );
  const act = (path: string, kind: string) => {
    setChosen(path);
    if (kind === 'folder') toggle(path);
    else onOpen(path);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows.find(({ path }) => path === focused);
    if (!row) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      act(row.path, row.kind);
      return;
    }
    const step = stepInTree(rows, focused, event.key);
    if (!step) return;
    event.preventDefault();
    if (step.toggle !== undefined) toggle(step.toggle);
    setChosen(step.to);
    list.current?.querySelector<HTMLElement>(`[data-path="${CSS.escape(step.to)}"]`)?.focus();
  };
  if (rows.length === 0 && read.loading) return <Waiting />;
  return (
    <>
      {read.error && <ErrorNote error={read.error} again={read.again} />}
      <div role="tree" aria-label={text.tree} className="nt-tree" ref={list} onKeyDown={onKeyDown}>
        {rows.map((row) => (
          <div
            role="treeitem"
            key={row.path}
            data-path={row.path}
            aria-level={row.level}
            aria-selected={row.path === openPath}
            {...(row.kind === 'folder' && { 'aria-expanded': row.isOpen })}
            tabIndex={row.path === focused ? 0 : -1}
            style={{ paddingLeft: 6 + (row.level - 1) * 14 }}
            onClick={() => act(row.path, row.kind)}
            title={row.path}
          >
            {row.kind === 'folder' ? row.isOpen ? <ChevronDown {...icon} /> : <ChevronRight {...icon} /> : <span />}
            {row.kind === 'folder' ? (
              <Folder {...icon} />
            ) : row.kind === 'link' ? (
              <FileSymlink {...icon} />
            ) : (
              <File {...icon} />
            )}
            <span>{row.name}</span>
            {row.isEmpty && <span className="nt-faint">{text.emptyFolder}</span>}
          </div>
        ))}
      </div>
    </>
  );
}
