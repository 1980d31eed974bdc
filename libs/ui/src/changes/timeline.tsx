import { useEffect, useRef, type KeyboardEvent } from 'react';
import { formatAgo, formatMoment } from '../parts/amounts.ts';
import { Counts } from '../parts/diff-view.tsx';
import { Badge } from '../parts/facts.tsx';
import { strings } from '../strings.ts';
import {
  keyOf,
  sameChosen,
  stepRow,
  tallyOf,
  timelineRows,
  type ChangeStep,
  type Chosen,
  type Tally,
  type TurnRun,
} from './timeline-model.ts';

const text = strings.changes;

interface TimelineProps {
  readonly runs: readonly TurnRun[];
  /** The newest step that is done: where one is. Unset: all were taken back. */
  readonly here: number | undefined;
  readonly titles: ReadonlyMap<string, string>;
  readonly chosen: Chosen | undefined;
  readonly onChoose: (chosen: Chosen) => void;
}

/** The steps along a line, newest above. What lies above the mark was taken back. */
export function Timeline({ runs, here, titles, chosen, onChoose }: TimelineProps) {
  const list = useRef<HTMLOListElement>(null);
  const rows = timelineRows(runs);
  const at = chosen ?? stepRow(rows, undefined, 0);
  const key = keyOf(chosen);
  useEffect(() => {
    list.current?.querySelector('[aria-current="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [key]);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = by === undefined ? undefined : stepRow(rows, at, by);
    if (!next) return;
    event.preventDefault();
    onChoose(next);
    list.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(keyOf(next))}"]`)?.focus();
  };
  const row = (own: Chosen) => ({
    own,
    isChosen: sameChosen(own, chosen),
    isStop: sameChosen(own, at),
    onChoose,
  });
  // The mark stands above the newest step that is done, wherever that lies within its turn.
  return (
    <ol className="nt-timeline" aria-label={text.timeline} ref={list} onKeyDown={onKeyDown}>
      {runs.map(({ sessionId, turnId, steps, beginsSession }) => (
        <li key={`${turnId}-${steps[0]?.id ?? 0}`}>
          {beginsSession && (
            <Row {...row({ kind: 'session', sessionId })} className="nt-timeline-session">
              <strong>{titles.get(sessionId) ?? text.unknownSession}</strong>
            </Row>
          )}
          <Row {...row({ kind: 'turn', turnId, sessionId })} className="nt-timeline-turn">
            <span>{text.turn}</span>
            <When at={steps[0]?.at ?? 0} />
            <Summary tally={tallyOf(steps)} />
          </Row>
          <ol>
            {steps.map((step) => (
              <li key={step.id}>
                {step.id === here && <Here />}
                <Row {...row({ kind: 'step', step: step.id })} className={`nt-timeline-step nt-step-${step.state}`}>
                  <StepText step={step} />
                </Row>
              </li>
            ))}
          </ol>
        </li>
      ))}
      {here === undefined && (
        <li>
          <Here />
        </li>
      )}
    </ol>
  );
}

function Here() {
  return (
    <div className="nt-timeline-here">
      <span>{text.here}</span>
    </div>
  );
}

interface RowProps {
  readonly own: Chosen;
  readonly isChosen: boolean;
  readonly isStop: boolean;
  readonly onChoose: (chosen: Chosen) => void;
  readonly className: string;
  readonly children: React.ReactNode;
}

function Row({ own, isChosen, isStop, onChoose, className, children }: RowProps) {
  return (
    <button
      type="button"
      className={`nt-timeline-row ${className}`}
      data-row={keyOf(own)}
      aria-current={isChosen}
      tabIndex={isStop ? 0 : -1}
      onClick={() => onChoose(own)}
    >
      {children}
    </button>
  );
}

function StepText({ step }: { readonly step: ChangeStep }) {
  const paths = step.changes.map(({ path }) => path);
  return (
    <>
      <span className="nt-step-label">{step.label}</span>
      <span className="nt-step-facts">
        <span className="nt-step-paths" title={paths.join('\n')}>
          {paths.length === 1 ? paths[0] : text.files(paths.length)}
        </span>
        <Summary tally={tallyOf([step])} />
      </span>
    </>
  );
}

export function Summary({ tally: { added, removed, state } }: { readonly tally: Tally }) {
  return (
    <span className="nt-step-summary">
      {state === 'undone' && <Badge tone="warn">{text.undone}</Badge>}
      {state === 'mixed' && <Badge tone="warn">{text.mixed}</Badge>}
      <Counts added={added} removed={removed} />
    </span>
  );
}

export function When({ at }: { readonly at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={formatMoment(at)} className="nt-faint">
      {formatAgo(at, Date.now())}
    </time>
  );
}
