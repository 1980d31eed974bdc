import { NootropicError, type IndexStatus } from '@nootropic/contracts';
import { Database, Pause, Play, RefreshCw, Square } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { formatAgo, formatBytes, formatDuration, formatNumber } from '../parts/amounts.ts';
import { useAskFirst } from '../parts/ask-first.tsx';
import { Progress } from '../parts/bars.tsx';
import { Button } from '../parts/button.tsx';
import { Badge, Facts } from '../parts/facts.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';

const text = strings.code.index;
const everyMs = 1500;

type Running = NonNullable<IndexStatus['running']>;

/** What the index holds, does and leaves out, and how to move it. */
export function IndexPanel() {
  const { assistant, workspace, say } = useUi();
  const status = useAsked((signal) => assistant.index.status({ workspace }, { signal }), [workspace], { everyMs });
  const run = useRun(status.again);
  const { ask, question } = useAskFirst();
  const { value } = status;
  if (!value) return status.error ? <ErrorNote error={status.error} again={status.again} /> : <Waiting />;
  const isPaused = value.paused === true;
  const begun: Running | undefined = run.isRunning ? { phase: 'scan', done: 0, total: 0 } : undefined;
  const running = run.progress ?? value.running ?? begun;
  const pause = () =>
    assistant.index.pause({ workspace, paused: !isPaused }).then(
      () => status.again(),
      (cause: Error) => say(cause),
    );
  return (
    <div className="nt-index">
      {question}
      {status.error && <ErrorNote error={status.error} again={status.again} />}
      <Panel
        title={strings.code.tabs.index}
        actions={
          <>
            {run.isRunning ? (
              <Button icon={<Square size={13} aria-hidden />} onClick={run.stop}>
                {text.stop}
              </Button>
            ) : (
              <Button kind="primary" icon={<RefreshCw size={14} aria-hidden />} onClick={() => run.start(false)}>
                {text.refresh}
              </Button>
            )}
            <Button
              icon={isPaused ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
              aria-pressed={isPaused}
              onClick={() => void pause()}
            >
              {isPaused ? text.goOn : text.pause}
            </Button>
            <Button
              kind="danger"
              disabled={run.isRunning}
              onClick={() =>
                ask({ title: text.rebuildTitle, text: text.rebuildText, yes: text.rebuild, run: () => run.start(true) })
              }
            >
              {text.rebuild}
            </Button>
          </>
        }
      >
        <Doing status={value} running={running} />
        {run.error && <ErrorNote error={run.error} />}
        {value.chunks === 0 && !running ? (
          <EmptyState icon={<Database size={28} aria-hidden />} title={text.empty}>
            <p>{text.emptyAbout}</p>
          </EmptyState>
        ) : (
          <Facts
            large
            facts={[
              [text.files, formatNumber(value.files)],
              [text.chunks, formatNumber(value.chunks)],
              [text.symbols, formatNumber(value.symbols)],
              [text.vectors, formatNumber(value.vectors)],
              [text.bytes, formatBytes(value.bytes)],
            ]}
          />
        )}
        {value.chunksWithoutVector > 0 && <p className="nt-note">{text.withoutVector(value.chunksWithoutVector)}</p>}
        <Facts facts={factsOf(value)} />
      </Panel>
      <Skipped status={value} />
    </div>
  );
}

/** What goes on now, in one line that is always there. */
function Doing({ status, running }: { readonly status: IndexStatus; readonly running: Running | undefined }) {
  if (running && running.phase !== 'done')
    return (
      <Progress
        label={text.running}
        done={running.done}
        total={running.phase === 'index' ? running.total : 0}
        note={`${text.phases[running.phase]} · ${running.phase === 'index' ? text.progress(running.done, running.total) : running.done.toLocaleString('en')}`}
      />
    );
  return (
    <p className="nt-index-doing" role="status">
      {status.paused === true ? (
        <>
          <Badge tone="warn">{text.paused}</Badge> {text.pausedAbout}
        </>
      ) : status.waitsFor !== '' ? (
        <Badge tone="warn">{text.waits(status.waitsFor)}</Badge>
      ) : (
        <Badge tone="good">{text.isCurrent}</Badge>
      )}
    </p>
  );
}

function factsOf({ embedder, vectorStore, watch, lastRun }: IndexStatus) {
  return [
    [text.embedder, <code key="e">{embedder}</code>],
    [text.vectorStore, vectorStore],
    [text.watch, text.watches[watch]],
    [
      text.lastRun,
      lastRun && (
        <>
          {text.ran(
            text.outcomes[lastRun.outcome],
            formatAgo(lastRun.startedAt + lastRun.tookMs, Date.now()),
            formatDuration(lastRun.tookMs),
          )}
          {' · '}
          {text.embedded(lastRun.filesEmbedded, lastRun.filesRemoved)}
          {lastRun.problem !== undefined && <span className="nt-removed"> {lastRun.problem}</span>}
        </>
      ),
    ],
  ] as const;
}

/** What is not in the index, by why. */
function Skipped({ status }: { readonly status: IndexStatus }) {
  const { assistant, workspace } = useUi();
  const [isAll, setAll] = useState(false);
  const all = useAsked(
    async (signal) => (isAll ? assistant.index.status({ workspace, skippedFiles: true }, { signal }) : undefined),
    [workspace, isAll, status.lastRun?.startedAt],
  );
  const files = all.value?.skippedFiles ?? [];
  const count = status.skipped.reduce((sum, each) => sum + each.count, 0);
  return (
    <Panel
      title={text.skipped}
      actions={
        count > 0 &&
        !isAll && (
          <Button kind="quiet" onClick={() => setAll(true)}>
            {text.allSkipped}
          </Button>
        )
      }
    >
      <p className="nt-muted">{count === 0 ? text.skippedNone : text.skippedAbout(count)}</p>
      {all.error && <ErrorNote error={all.error} again={all.again} />}
      {status.skipped.map(({ reason, count: some, examples }) => {
        const own = files.filter((file) => file.reason === reason);
        return (
          <details key={reason} className="nt-later" open={isAll}>
            <summary>
              {reason} <Badge>{text.skippedRow(some)}</Badge>
              <span className="nt-faint nt-skipped-example">
                {text.examples} {examples[0]}
              </span>
            </summary>
            <ul className="nt-places">
              {(own.length > 0 ? own.map(({ path }) => path) : examples).map((path) => (
                <li key={path}>
                  <code>{path}</code>
                </li>
              ))}
            </ul>
          </details>
        );
      })}
    </Panel>
  );
}

/** A look at the tree that was asked for here: how far it is, and how to end it. It ends with the view; what was written until then is kept. */
function useRun(onEnd: () => void) {
  const { assistant, workspace } = useUi();
  const [progress, setProgress] = useState<Running>();
  const [error, setError] = useState<NootropicError>();
  const running = useRef<AbortController>(undefined);
  const [isRunning, setRunning] = useState(false);
  useEffect(() => () => running.current?.abort(), []);
  const start = async (rebuild: boolean): Promise<void> => {
    const abort = new AbortController();
    running.current = abort;
    setRunning(true);
    setError(undefined);
    try {
      const events = await assistant.index.refresh({ workspace, rebuild }, { signal: abort.signal });
      for await (const { phase, done, total } of events) setProgress({ phase, done, total });
    } catch (cause) {
      if (!abort.signal.aborted) setError(NootropicError.from(cause));
    } finally {
      setRunning(false);
      setProgress(undefined);
      onEnd();
    }
  };
  return {
    progress,
    error,
    isRunning,
    start: (rebuild: boolean) => void start(rebuild),
    stop: () => running.current?.abort(),
  };
}
