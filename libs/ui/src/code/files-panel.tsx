import { ArrowLeft, FileCode } from 'lucide-react';
import { useId, useState, type KeyboardEvent } from 'react';
import { Button } from '../parts/button.tsx';
import { useIsWide } from '../parts/diff-view.tsx';
import { EmptyState, ErrorNote } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi, type Place } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { linesOfPlace } from './file-lines.ts';
import { FilePanel } from './file-panel.tsx';
import { FileTree } from './file-tree.tsx';
import { useSettled } from './use-settled.ts';

const text = strings.code.file;
const twoPanesFrom = 760;

/** The files of the folder: a tree, a field that finds one by letters of its path, and the file that is open. */
export function FilesPanel({ place }: { readonly place: Place }) {
  const { go } = useUi();
  const [box, isWide] = useIsWide(twoPanesFrom);
  const { path } = place;
  const open = (chosen: string) => go('code', { path: chosen });
  return (
    <div className={isWide ? 'nt-panes nt-panes-tree' : 'nt-panes nt-panes-one'} ref={box}>
      {(isWide || path === undefined) && (
        <div className="nt-pane">
          <FileFinder path={path} onOpen={open} />
        </div>
      )}
      {path !== undefined ? (
        <div className="nt-pane nt-pane-filled">
          {!isWide && (
            <Button
              kind="quiet"
              icon={<ArrowLeft size={15} aria-hidden />}
              onClick={() => go('code', { tab: 'files' })}
            >
              {text.back}
            </Button>
          )}
          <FilePanel key={path} path={path} lines={linesOfPlace(place)} />
        </div>
      ) : (
        isWide && (
          <div className="nt-pane">
            <EmptyState icon={<FileCode size={28} aria-hidden />} title={text.choose}>
              <p>{text.chooseAbout}</p>
            </EmptyState>
          </div>
        )
      )}
    </div>
  );
}

/** The tree, or, once letters are typed, the files whose paths hold them. */
function FileFinder({ path, onOpen }: { readonly path: string | undefined; readonly onOpen: (path: string) => void }) {
  const { assistant, workspace } = useUi();
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState(0);
  const id = useId();
  const settled = useSettled(query.trim(), 80);
  const found = useAsked(
    async (signal) =>
      settled === '' ? [] : assistant.files.find({ workspace, query: settled, limit: 50 }, { signal }),
    [workspace, settled],
  );
  const files = found.value ?? [];
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const file = files[chosen];
    if (step !== undefined && files.length > 0) {
      event.preventDefault();
      setChosen(Math.min(files.length - 1, Math.max(0, chosen + step)));
    } else if (event.key === 'Enter' && file) onOpen(file.path);
    else if (event.key === 'Escape') setQuery('');
  };
  return (
    <>
      <input
        type="search"
        role="combobox"
        className="nt-input"
        aria-label={text.find}
        aria-expanded={files.length > 0}
        aria-controls={id}
        aria-activedescendant={files.length > 0 ? `${id}-${chosen}` : undefined}
        placeholder={text.findPlaceholder}
        value={query}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          setQuery(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      {found.error && <ErrorNote error={found.error} again={found.again} />}
      <div role="listbox" id={id} aria-label={text.found} className="nt-found-files" hidden={settled === ''}>
        {files.map((file, at) => (
          <div
            role="option"
            id={`${id}-${at}`}
            key={file.path}
            aria-selected={at === chosen}
            onClick={() => onOpen(file.path)}
          >
            {file.path}
          </div>
        ))}
      </div>
      {settled !== '' && files.length === 0 && !found.loading && !found.error && (
        <p className="nt-muted" role="status">
          {text.notFound}
        </p>
      )}
      {settled === '' && <FileTree openPath={path} onOpen={onOpen} />}
    </>
  );
}
