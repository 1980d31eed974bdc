import { ChevronDown, ChevronRight, Columns2, FoldVertical, Rows2, UnfoldVertical } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState, type KeyboardEvent, type ReactNode } from 'react';
import { strings } from '../strings.ts';
import { IconButton } from './button.tsx';
import { Badge } from './facts.tsx';
import { DiffHunks } from './diff-hunks.tsx';
import { chooseFile, countTaken, isTaken, readDiff, type DiffFile, type LeftOut } from './diff-model.ts';
import './code.css';
import './diff-view.css';

/** What a person takes of a diff. */
export interface DiffChoice {
  /** What is not taken. */
  readonly left: LeftOut;
  readonly onChange: (left: LeftOut) => void;
}

export interface DiffViewProps {
  /** Unified diffs, one after the other, of git or of the journal. */
  readonly diff: string;
  /** Each change gets a box to tick. */
  readonly choose?: DiffChoice | undefined;
  /** What can be done with all of it. */
  readonly actions?: ReactNode;
  /** What can be done with one file. */
  readonly fileActions?: ((file: DiffFile) => ReactNode) | undefined;
}

/** Lines of open files at the start; files beyond are folded. */
const mostLinesOpen = 800;
/** Width in pixels from which two columns have room. */
const sideBySideFrom = 900;

/** A diff by file, with what changed within lines, in one column or two. Keys: j and k go from change to change, Space takes one or leaves it. */
export function DiffView({ diff, choose, actions, fileActions }: DiffViewProps) {
  const { files, notes } = useMemo(() => readDiff(diff), [diff]);
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [columns, setColumns] = useState<1 | 2 | undefined>(undefined);
  const [box, isWide] = useIsWide(sideBySideFrom);
  useEffect(() => setFolded(foldedAtFirst(files)), [files]);
  const isSplit = isWide && columns !== 1;
  const fold = (path: string, isFolded: boolean) =>
    setFolded((before) =>
      isFolded ? new Set([...before, path]) : new Set([...before].filter((each) => each !== path)),
    );
  const added = files.reduce((sum, file) => sum + file.added, 0);
  const removed = files.reduce((sum, file) => sum + file.removed, 0);
  const { taken, all } = countTaken(files, choose?.left ?? []);
  const isAllFolded = files.every(({ path }) => folded.has(path));

  return (
    <div className="nt-diff" ref={box} onKeyDown={walk}>
      <div className="nt-diff-bar">
        <span>
          {strings.code.diff.totals(files.length)} <Counts added={added} removed={removed} />
          {choose && <span className="nt-diff-taken">{strings.code.diff.left(taken, all)}</span>}
        </span>
        <span className="nt-actions">
          {actions}
          {isWide && (
            <IconButton
              label={isSplit ? strings.code.diff.oneColumn : strings.code.diff.sideBySide}
              icon={isSplit ? <Rows2 size={15} aria-hidden /> : <Columns2 size={15} aria-hidden />}
              onClick={() => setColumns(isSplit ? 1 : 2)}
            />
          )}
          {files.length > 1 && (
            <IconButton
              label={isAllFolded ? strings.code.diff.unfoldAll : strings.code.diff.foldAll}
              icon={isAllFolded ? <UnfoldVertical size={15} aria-hidden /> : <FoldVertical size={15} aria-hidden />}
              onClick={() => setFolded(isAllFolded ? new Set() : new Set(files.map(({ path }) => path)))}
            />
          )}
        </span>
      </div>
      {files.length === 0 && notes.length === 0 && <p className="nt-muted">{strings.code.diff.empty}</p>}
      {files.map((file) => (
        <DiffOfFile
          key={file.path}
          {...{ file, choose, onFold: fold }}
          isSplit={isSplit && file.change !== 'created' && file.change !== 'deleted'}
          isFolded={folded.has(file.path)}
          actions={fileActions?.(file)}
        />
      ))}
      {notes.map((note, at) => (
        <p className="nt-diff-note" key={at}>
          {note.replace(/^\[(.*)\]$/u, '$1')}
        </p>
      ))}
    </div>
  );
}

/** The added and removed lines, as a person reads and as one hears them. */
export function Counts({ added, removed }: { readonly added: number; readonly removed: number }) {
  return (
    <span className="nt-line-counts" role="img" aria-label={strings.code.diff.lines(added, removed)}>
      <span className="nt-added">+{added}</span> <span className="nt-removed">−{removed}</span>
    </span>
  );
}

function foldedAtFirst(files: readonly DiffFile[]): ReadonlySet<string> {
  const folded = new Set<string>();
  let open = 0;
  for (const { path, hunks } of files) {
    const lines = hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
    if (open > 0 && open + lines > mostLinesOpen) folded.add(path);
    else open += lines;
  }
  return folded;
}

function DiffOfFile(props: {
  readonly file: DiffFile;
  readonly choose: DiffChoice | undefined;
  readonly isSplit: boolean;
  readonly isFolded: boolean;
  readonly onFold: (path: string, isFolded: boolean) => void;
  readonly actions: ReactNode;
}) {
  const { file, choose, isSplit, isFolded, onFold } = props;
  const { path, from, change, hunks, added, removed, notes } = file;
  const takenHunks = hunks.filter(({ index }) => choose && isTaken(choose.left, path, index)).length;
  const isWholeTaken =
    choose !== undefined && (hunks.length === 0 ? isTaken(choose.left, path) : takenHunks === hunks.length);
  const slash = path.lastIndexOf('/') + 1;
  return (
    <section className="nt-diff-file" aria-label={path}>
      <header>
        {choose && (
          <input
            type="checkbox"
            aria-label={strings.code.diff.takeFile(path)}
            checked={isWholeTaken}
            ref={(input) => {
              if (input) input.indeterminate = takenHunks > 0 && takenHunks < hunks.length;
            }}
            onChange={(event) => choose.onChange(chooseFile(choose.left, path, event.target.checked))}
          />
        )}
        <button
          type="button"
          className="nt-diff-fold"
          data-stop={isFolded ? '' : undefined}
          aria-expanded={!isFolded}
          aria-label={isFolded ? strings.code.diff.unfold(path) : strings.code.diff.fold(path)}
          onClick={() => onFold(path, !isFolded)}
        >
          {isFolded ? <ChevronRight size={16} aria-hidden /> : <ChevronDown size={16} aria-hidden />}
          <span className="nt-diff-path" title={path}>
            <span className="nt-diff-folder">{path.slice(0, slash)}</span>
            <strong>{path.slice(slash)}</strong>
          </span>
        </button>
        {change === 'created' && <Badge tone="good">{strings.code.diff.created}</Badge>}
        {change === 'deleted' && <Badge tone="bad">{strings.code.diff.deleted}</Badge>}
        {from !== undefined && <Badge>{strings.code.diff.renamed(from)}</Badge>}
        <Counts added={added} removed={removed} />
        {props.actions && <span className="nt-actions">{props.actions}</span>}
      </header>
      {!isFolded && (
        <>
          {notes.map((note, at) => (
            <p className="nt-diff-note" key={at}>
              {note.replace(/^\[(.*)\]$/u, '$1')}
            </p>
          ))}
          {file.binary && notes.length === 0 && <p className="nt-diff-note">{strings.code.diff.binary}</p>}
          {hunks.length > 0 && <DiffHunks file={file} choose={choose} isSplit={isSplit} />}
          {file.cut && <p className="nt-diff-note">{strings.code.diff.cut}</p>}
        </>
      )}
    </section>
  );
}

/** j and k go to the next and the previous change, or folded file. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const step = { j: 1, k: -1 }[event.key];
  if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof HTMLInputElement && event.target.type !== 'checkbox') return;
  if (event.target instanceof HTMLTextAreaElement) return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-stop]')];
  if (stops.length === 0) return;
  event.preventDefault();
  event.stopPropagation();
  const active = document.activeElement;
  const here = stops.findIndex((stop) => stop === active);
  const behind = active
    ? stops.findIndex((stop) => (active.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0)
    : 0;
  const next = here >= 0 ? here + step : step > 0 ? Math.max(0, behind) : (behind < 0 ? stops.length : behind) - 1;
  const stop = stops[Math.min(stops.length - 1, Math.max(0, next))];
  stop?.focus();
  stop?.scrollIntoView({ block: 'nearest' });
}

/** Whether an element is at least so wide, and what the element is given as its `ref`; looked at again when it changes. */
export function useIsWide(width: number): readonly [(node: HTMLElement | null) => (() => void) | undefined, boolean] {
  const [isWide, setWide] = useState(false);
  const watch = useCallback(
    (node: HTMLElement | null) => {
      if (!node) return undefined;
      setWide(node.clientWidth >= width);
      const observer = new ResizeObserver(([entry]) => setWide((entry?.contentRect.width ?? 0) >= width));
      observer.observe(node);
      return () => observer.disconnect();
    },
    [width],
  );
  return [watch, isWide];
}
