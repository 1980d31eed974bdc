import { memo, useMemo, useState, type CSSProperties } from 'react';
import { strings } from '../strings.ts';
import type { CodeLine, Range } from './code-lines.ts';
import { CodeText } from './code-text.tsx';
import {
  chooseHunk,
  emphasisOf,
  isTaken,
  pairLines,
  sideText,
  type DiffFile,
  type DiffHunk,
  type DiffLine,
  type SideText,
} from './diff-model.ts';
import type { DiffChoice } from './diff-view.tsx';
import { Highlighted } from './highlighted.tsx';
import { languageOf } from './language-of.ts';

/** Lines of one file that are shown before somebody asks for more. */
const shownFirst = 600;

interface HunksProps {
  readonly file: DiffFile;
  readonly choose: DiffChoice | undefined;
  readonly isSplit: boolean;
}

/** The hunks of a file. */
export function DiffHunks({ file, choose, isSplit }: HunksProps) {
  const [limit, setLimit] = useState(shownFirst);
  const language = languageOf(file.path);
  let room = limit;
  const shown = file.hunks.filter((hunk) => {
    const has = room > 0;
    room -= hunk.lines.length;
    return has;
  });
  const rest = file.hunks.slice(shown.length).reduce((sum, hunk) => sum + hunk.lines.length, 0);
  const digits = String(
    file.hunks.at(-1)?.lines.reduce((most, line) => Math.max(most, line.oldLine ?? 0, line.newLine ?? 0), 1) ?? 1,
  );
  return (
    <div
      className={isSplit ? 'nt-diff-code nt-diff-split' : 'nt-diff-code'}
      style={{ '--nt-code-digits': digits.length } as CSSProperties}
      tabIndex={0}
      role="group"
      aria-label={file.path}
    >
      <div className="nt-diff-rows">
        {shown.map((hunk) => (
          <Hunk key={hunk.index} {...{ file, hunk, choose, isSplit, limit, language }} />
        ))}
      </div>
      {(rest > 0 || (shown.at(-1)?.lines.length ?? 0) > limit) && (
        <button type="button" className="nt-code-rest" onClick={() => setLimit(limit + 5000)}>
          {strings.code.moreLines(rest > 0 ? rest : (shown.at(-1)?.lines.length ?? 0) - limit)}
        </button>
      )}
    </div>
  );
}

type Colours = ReadonlyMap<DiffLine, CodeLine>;

interface HunkProps extends HunksProps {
  readonly hunk: DiffHunk;
  readonly limit: number;
  readonly language: string | undefined;
}

/** One hunk, highlighted: each side is read by the grammar as one text, so that what spans lines has its colour. */
function Hunk({ file, hunk, choose, isSplit, limit, language }: HunkProps) {
  const sides = useMemo(() => ({ old: sideText(hunk.lines, 'removed'), young: sideText(hunk.lines, 'added') }), [hunk]);
  const isLeft = choose !== undefined && !isTaken(choose.left, file.path, hunk.index);
  return (
    <div
      role="group"
      className={isLeft ? 'nt-hunk nt-hunk-left' : 'nt-hunk'}
      aria-label={strings.code.diff.hunk(hunk.index + 1, file.hunks.length)}
    >
      <HunkHead {...{ file, hunk, choose }} />
      <Highlighted text={sides.old.text} language={language}>
        {(oldLines) => (
          <Highlighted text={sides.young.text} language={language}>
            {(youngLines) => <HunkLines {...{ hunk, isSplit, limit, sides, oldLines, youngLines }} />}
          </Highlighted>
        )}
      </Highlighted>
    </div>
  );
}

interface Sides {
  readonly old: SideText;
  readonly young: SideText;
}

function colours(sides: Sides, oldLines: readonly CodeLine[], youngLines: readonly CodeLine[]): Colours {
  const found = new Map<DiffLine, CodeLine>();
  for (const [at, line] of sides.old.lines.entries()) found.set(line, oldLines[at + sides.old.before] ?? []);
  for (const [at, line] of sides.young.lines.entries()) found.set(line, youngLines[at + sides.young.before] ?? []);
  return found;
}

function HunkHead({
  file,
  hunk,
  choose,
}: {
  readonly file: DiffFile;
  readonly hunk: DiffHunk;
  readonly choose: DiffChoice | undefined;
}) {
  const first = hunk.lines.find((line) => line.newLine !== undefined)?.newLine ?? hunk.lines[0]?.oldLine;
  const label = strings.code.diff.take(hunk.index + 1, file.hunks.length, file.path);
  return (
    <header className="nt-hunk-head" {...(!choose && { 'data-stop': '', tabIndex: -1 })}>
      {choose ? (
        <label>
          <input
            type="checkbox"
            data-stop=""
            aria-label={label}
            checked={isTaken(choose.left, file.path, hunk.index)}
            onChange={(event) =>
              choose.onChange(chooseHunk(choose.left, file, { hunk: hunk.index, taken: event.target.checked }))
            }
          />
          {strings.code.diff.hunk(hunk.index + 1, file.hunks.length)}
        </label>
      ) : (
        <span>{strings.code.diff.line(first ?? 0)}</span>
      )}
      {hunk.place && <span className="nt-hunk-place">{hunk.place}</span>}
    </header>
  );
}

const HunkLines = memo(function HunkLines(props: {
  readonly hunk: DiffHunk;
  readonly isSplit: boolean;
  readonly limit: number;
  readonly sides: Sides;
  readonly oldLines: readonly CodeLine[];
  readonly youngLines: readonly CodeLine[];
}) {
  const { hunk, isSplit, limit, sides, oldLines, youngLines } = props;
  const emphasis = useMemo(() => emphasisOf(hunk.lines), [hunk]);
  const cell = {
    colours: useMemo(() => colours(sides, oldLines, youngLines), [sides, oldLines, youngLines]),
    emphasis,
  };
  if (isSplit)
    return pairLines(hunk.lines.slice(0, limit)).map(({ left, right }, at) => (
      <div className="nt-diff-pair" key={at}>
        <Side line={left} side="old" {...cell} />
        <Side line={right} side="new" {...cell} />
      </div>
    ));
  return hunk.lines.slice(0, limit).map((line, at) => (
    <div className={`nt-code-line nt-code-line-${line.kind}`} key={at}>
      <span className="nt-code-line-number">{line.oldLine}</span>
      <span className="nt-code-line-number">{line.newLine}</span>
      <Sign line={line} />
      <Text line={line} {...cell} />
    </div>
  ));
});

interface CellProps {
  readonly colours: Colours;
  readonly emphasis: ReadonlyMap<DiffLine, readonly Range[]>;
}

function Side({
  line,
  side,
  ...cell
}: CellProps & { readonly line: DiffLine | undefined; readonly side: 'old' | 'new' }) {
  if (!line) return <div className="nt-code-line nt-code-line-none" />;
  return (
    <div className={`nt-code-line nt-code-line-${line.kind}`}>
      <span className="nt-code-line-number">{side === 'old' ? line.oldLine : line.newLine}</span>
      <Sign line={line} />
      <Text line={line} {...cell} />
    </div>
  );
}

function Sign({ line }: { readonly line: DiffLine }) {
  return <span className="nt-code-line-sign">{{ same: ' ', added: '+', removed: '−' }[line.kind]}</span>;
}

function Text({ line, colours, emphasis }: CellProps & { readonly line: DiffLine }) {
  return (
    <span className="nt-code-line-text">
      <CodeText line={colours.get(line) ?? []} marks={emphasis.get(line)} />
      {line.noNewline && <span className="nt-diff-no-newline">{strings.code.diff.noNewline}</span>}
    </span>
  );
}
