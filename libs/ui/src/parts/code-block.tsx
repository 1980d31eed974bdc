import { Check, Copy } from 'lucide-react';
import { useEffect, useRef, useState, type CSSProperties, type KeyboardEvent, type MouseEvent } from 'react';
import { Virtuoso, type VirtuosoHandle } from 'react-virtuoso';
import { strings } from '../strings.ts';
import { IconButton } from './button.tsx';
import { holdsHidden, type CodeLine, type Range } from './code-lines.ts';
import { CodeText } from './code-text.tsx';
import { Highlighted } from './highlighted.tsx';
import { languageOf } from './language-of.ts';
import './code.css';

/** Lines that stand out, first and last. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

export interface CodeBlockProps {
  readonly text: string;
  /** A grammar or what markdown calls it. Default: by the path. */
  readonly language?: string | undefined;
  /** Shown above the code. */
  readonly path?: string | undefined;
  /** Number of the first line. Default 1. */
  readonly startLine?: number;
  /** Lines that stand out. */
  readonly highlight?: LineRange | undefined;
  /** The line that is in sight where the code scrolls by itself. Default: the first. */
  readonly openAt?: number | undefined;
  /** Parts of lines that stand out, by the number of the line. */
  readonly marks?: ReadonlyMap<number, readonly Range[]> | undefined;
  /** Default: where a path is given. */
  readonly lineNumbers?: boolean;
  /** Called with the number of a line that is chosen; `extend` where the choice goes on from the one before (with Shift). */
  readonly onLine?: ((line: number, extend: boolean) => void) | undefined;
  /** Fills the height of what it stands in and scrolls by itself. Else it is as high as its lines, and a long one is cut. */
  readonly fills?: boolean;
}

/** So many lines are shown before somebody asks for more; above the second number they scroll in a window of their own. */
const shownFirst = 120;
const mostInFlow = 2000;

/** Code to be read: highlighted, with numbers and a button to copy it. A text of any length does not hold the page up. */
export function CodeBlock(props: CodeBlockProps) {
  const { text, path, language = path === undefined ? undefined : languageOf(path) } = props;
  const title = path ?? language;
  return (
    <figure className={`nt-code ${props.fills === true ? 'nt-code-fills' : ''}`}>
      <figcaption>
        <span className="nt-code-title">{title}</span>
        {holdsHidden(text) && <span className="nt-code-warning">{strings.code.holdsHidden}</span>}
        <CopyButton text={text} />
      </figcaption>
      <Highlighted text={text} language={language}>
        {(lines) => <CodeLines {...props} lines={lines} />}
      </Highlighted>
    </figure>
  );
}

/** Copies a text, and says that it did. */
export function CopyButton({ text, label = strings.shell.copy }: { readonly text: string; readonly label?: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <IconButton
      label={isCopied ? strings.shell.copied : label}
      icon={isCopied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
      onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
    />
  );
}

function CodeLines(props: CodeBlockProps & { readonly lines: readonly CodeLine[] }) {
  const { lines, startLine = 1, highlight, onLine, fills = false } = props;
  const [isWhole, setWhole] = useState(false);
  const list = useRef<VirtuosoHandle>(null);
  const openAt = props.openAt ?? startLine;
  const shownAt = useRef(openAt);
  useEffect(() => {
    if (shownAt.current === openAt) return;
    shownAt.current = openAt;
    list.current?.scrollToIndex({ index: Math.max(0, openAt - startLine), align: 'center' });
  }, [openAt, startLine]);
  const numbered = props.lineNumbers ?? props.path !== undefined;
  const digits = String(startLine + lines.length - 1).length;
  const style = { '--nt-code-digits': numbered ? digits : 0 } as CSSProperties;
  const row = (index: number) => {
    const number = startLine + index;
    const isLit = highlight !== undefined && highlight.start <= number && number <= highlight.end;
    return (
      <span className={isLit ? 'nt-code-line nt-code-line-lit' : 'nt-code-line'} data-line={number} key={index}>
        {numbered && <span className="nt-code-line-number">{number}</span>}
        <span className="nt-code-line-text">
          <CodeText line={lines[index] ?? []} marks={props.marks?.get(number)} />
        </span>
      </span>
    );
  };
  const box = {
    tabIndex: 0,
    role: 'group',
    'aria-label': props.path ?? strings.code.code,
    style,
    ...(onLine && {
      onClick: (event: MouseEvent) => {
        const line = lineAt(event.target);
        if (line !== undefined) onLine(line, event.shiftKey);
      },
      onKeyDown: (event: KeyboardEvent) => moveLine(event, { ...props, onLine, startLine, list }),
      className: 'nt-code-chosen-by-line',
    }),
  };
  if (fills || (isWhole && lines.length > mostInFlow))
    return (
      <Virtuoso
        {...box}
        className={`nt-code-box nt-code-window ${box.className ?? ''}`}
        ref={list}
        totalCount={lines.length}
        itemContent={row}
        increaseViewportBy={400}
        initialTopMostItemIndex={{ index: Math.max(0, openAt - startLine), align: 'center' }}
      />
    );
  const shown = isWhole ? lines.length : Math.min(lines.length, shownFirst);
  return (
    <>
      <div {...box} className={`nt-code-box ${box.className ?? ''}`}>
        <code>{lines.slice(0, shown).map((_, index) => row(index))}</code>
      </div>
      {shown < lines.length && (
        <button type="button" className="nt-code-rest" onClick={() => setWhole(true)}>
          {strings.code.moreLines(lines.length - shown)}
        </button>
      )}
    </>
  );
}

/** The number of the line whose number was pressed: a press on the text is for selecting text. */
function lineAt(target: EventTarget): number | undefined {
  if (!(target instanceof HTMLElement) || !target.classList.contains('nt-code-line-number')) return undefined;
  const line = Number(target.parentElement?.dataset['line']);
  return Number.isNaN(line) ? undefined : line;
}

/** With the arrows another line is chosen, with Shift more of them. */
function moveLine(
  event: KeyboardEvent,
  {
    lines,
    startLine,
    highlight,
    onLine,
    list,
  }: {
    readonly lines: readonly CodeLine[];
    readonly startLine: number;
    readonly highlight?: LineRange | undefined;
    readonly onLine: (line: number, extend: boolean) => void;
    readonly list: { readonly current: VirtuosoHandle | null };
  },
): void {
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 }[event.key];
  if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const from = highlight === undefined ? startLine - Math.sign(step) : step > 0 ? highlight.end : highlight.start;
  const last = startLine + lines.length - 1;
  const line = Math.min(last, Math.max(startLine, highlight === undefined ? startLine : from + step));
  onLine(line, event.shiftKey);
  list.current?.scrollIntoView({ index: line - startLine });
}
