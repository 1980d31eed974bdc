import { ArrowDownToLine, ArrowUpToLine, ExternalLink, MessageSquareText, Waypoints } from 'lucide-react';
import { useEffect, useMemo, useState, type KeyboardEvent } from 'react';
import { useChatParts } from '../chat/chat-context.tsx';
import { Button, IconButton } from '../parts/button.tsx';
import { CodeBlock, CopyButton, type LineRange } from '../parts/code-block.tsx';
import { textLines, type Range } from '../parts/code-lines.ts';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { chooseLine, placeText, windowAround } from './file-lines.ts';
import { matchesIn, type SearchForm } from './search-model.ts';

const text = strings.code.file;

interface FilePanelProps {
  readonly path: string;
  /** Lines that it opens at. */
  readonly lines?: LineRange | undefined;
  /** What is marked in those lines. */
  readonly search?: Pick<SearchForm, 'text' | 'mode'>;
  /** It is shown beside a list, from which it can be opened by itself. */
  readonly isPreview?: boolean;
}

/** A file to be read, as it is now: lines are chosen by their numbers or with the arrows, then asked about, copied as a place, or followed. */
export function FilePanel({ path, lines, search, isPreview = false }: FilePanelProps) {
  const { assistant, workspace, face, go } = useUi();
  const { composer } = useChatParts();
  const [span, setSpan] = useState(() => windowAround(lines?.start ?? 1));
  const [chosen, setChosen] = useState<LineRange | undefined>(lines);
  useEffect(() => {
    setChosen(lines);
    if (lines && (lines.start < span.startLine || lines.end > span.endLine)) setSpan(windowAround(lines.start));
  }, [lines?.start, lines?.end, path]);
  const file = useAsked(
    (signal) => assistant.files.read({ workspace, path, ...span }, { signal }),
    [workspace, path, span.startLine, span.endLine],
  );
  const { value } = file;
  const marks = useMemo(() => {
    const found = new Map<number, readonly Range[]>();
    if (!value || !search || !lines) return found;
    for (const [at, line] of textLines(value.text).entries()) {
      const number = value.startLine + at;
      if (number >= lines.start && number <= lines.end) found.set(number, matchesIn(line, search));
    }
    return found;
  }, [value, search?.text, search?.mode, lines?.start, lines?.end]);
  const place = placeText(path, chosen);
  const ask = () => {
    composer.attach([{ kind: 'file', path, ...(chosen && { startLine: chosen.start, endLine: chosen.end }) }]);
    go('chat');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.target instanceof HTMLButtonElement) return;
    if (event.key === 'Enter' && event.altKey) face.openFile?.({ path, ...(chosen && { line: chosen.start }) });
    else if (event.key === 'a' && !event.altKey) ask();
  };

  return (
    <section className="nt-file" aria-label={path} onKeyDown={onKeyDown}>
      <header>
        <span className="nt-file-place" role="status">
          {chosen
            ? text.chosen(chosen.start, chosen.end)
            : value && text.lines(value.startLine, value.endLine, value.lines)}
        </span>
        <span className="nt-actions">
          {isPreview && (
            <Button
              kind="quiet"
              onClick={() => go('code', { path, ...(lines && { line: String(lines.start), end: String(lines.end) }) })}
            >
              {text.open}
            </Button>
          )}
          <Button kind="quiet" icon={<MessageSquareText size={15} aria-hidden />} title={text.askHint} onClick={ask}>
            {text.ask}
          </Button>
          {chosen && (
            <IconButton
              label={text.graph}
              icon={<Waypoints size={15} aria-hidden />}
              onClick={() => go('code', { symbol: `${path}:${chosen.start}` })}
            />
          )}
          <CopyButton text={place} label={text.copyPlace} />
          {face.openFile && (
            <IconButton
              label={text.inEditor}
              icon={<ExternalLink size={15} aria-hidden />}
              onClick={() => face.openFile?.({ path, ...(chosen && { line: chosen.start }) })}
            />
          )}
        </span>
      </header>
      {file.error && <ErrorNote error={file.error} again={file.again} />}
      {!value && file.loading && <Waiting />}
      {value && !file.error && (
        <>
          {value.startLine > 1 && (
            <Button
              kind="quiet"
              icon={<ArrowUpToLine size={15} aria-hidden />}
              onClick={() => setSpan(windowAround(Math.max(1, value.startLine - 500)))}
            >
              {text.earlier}
            </Button>
          )}
          {value.lines === 0 ? (
            <p className="nt-muted">{text.empty}</p>
          ) : (
            <CodeBlock
              key={value.startLine}
              text={value.text}
              path={path}
              startLine={value.startLine}
              highlight={chosen}
              openAt={lines?.start}
              marks={marks}
              fills
              onLine={(line, extend) => setChosen(chooseLine(chosen, line, extend))}
            />
          )}
          {value.endLine < value.lines && (
            <Button
              kind="quiet"
              icon={<ArrowDownToLine size={15} aria-hidden />}
              onClick={() => setSpan(windowAround(value.endLine + 500))}
            >
              {text.later}
            </Button>
          )}
        </>
      )}
    </section>
  );
}
