import { ArrowLeft, History, Redo2, Undo2 } from 'lucide-react';
import { useState, type KeyboardEvent } from 'react';
import { Button } from '../parts/button.tsx';
import { useIsWide } from '../parts/diff-view.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi, type Place } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { ChosenChange } from './chosen-change.tsx';
import { Timeline } from './timeline.tsx';
import { chosenOfPlace, placeOfChosen, positionOf, stepsOf, turnRuns, type Chosen } from './timeline-model.ts';
import { TrialDialog, type Trial } from './trial-dialog.tsx';

const text = strings.changes;
const twoPanesFrom = 820;
const firstLimit = 200;
const everyMs = 3000;

/** The steps on the left, what the chosen one changed on the right, and the way back and forth. */
export function TimelinePanel({ place }: { readonly place: Place }) {
  const { assistant, workspace, go } = useUi();
  const [limit, setLimit] = useState(firstLimit);
  const [trial, setTrial] = useState<Trial>();
  const [box, isWide] = useIsWide(twoPanesFrom);
  const list = useAsked((signal) => assistant.changes.list({ workspace, limit }, { signal }), [workspace, limit], {
    everyMs,
  });
  const sessions = useAsked((signal) => assistant.sessions.list(undefined, { signal }), [workspace]);
  const steps = list.value ?? [];
  const { undoes, redoes } = positionOf(steps);
  const named = chosenOfPlace(place);
  const isNamed = named !== undefined && stepsOf(steps, named).length > 0;
  const first = undoes ?? steps[0];
  const chosen: Chosen | undefined = isNamed
    ? named
    : isWide && first !== undefined
      ? { kind: 'step', step: first.id }
      : undefined;
  const choose = (next: Chosen) => go('changes', placeOfChosen(next));
  const back = () => undoes && setTrial({ what: 'undo', selection: {}, count: 1 });
  const forth = () => redoes && setTrial({ what: 'redo', selection: {}, count: 1 });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target instanceof HTMLInputElement && event.target.type !== 'checkbox') return;
    if (event.key === 'u') back();
    else if (event.key === 'r') forth();
  };

  if (!list.value) return list.error ? <ErrorNote error={list.error} again={list.again} /> : <Waiting />;
  return (
    <div className="nt-timeline-panel" onKeyDown={onKeyDown} ref={box}>
      {list.error && <ErrorNote error={list.error} again={list.again} />}
      {steps.length === 0 ? (
        <EmptyState icon={<History size={28} aria-hidden />} title={text.empty}>
          <p>{text.emptyAbout}</p>
          <Button kind="primary" onClick={() => go('chat')}>
            {text.toChat}
          </Button>
        </EmptyState>
      ) : (
        <>
          <div className="nt-timeline-bar">
            <Button icon={<Undo2 size={15} aria-hidden />} disabled={!undoes} onClick={back} aria-keyshortcuts="u">
              {text.undoNewest}
            </Button>
            <Button icon={<Redo2 size={15} aria-hidden />} disabled={!redoes} onClick={forth} aria-keyshortcuts="r">
              {text.redoNext}
            </Button>
            <span className="nt-faint">{text.keys}</span>
          </div>
          <div className={isWide ? 'nt-panes nt-panes-changes' : 'nt-panes nt-panes-one'}>
            {(isWide || !chosen) && (
              <div className="nt-pane">
                <Timeline
                  runs={turnRuns(steps)}
                  here={undoes?.id}
                  titles={new Map((sessions.value ?? []).map(({ id, title }) => [id, title]))}
                  chosen={chosen}
                  onChoose={choose}
                />
                {steps.length >= limit && <Button onClick={() => setLimit(limit * 5)}>{text.more}</Button>}
              </div>
            )}
            {chosen && (
              <div className="nt-pane">
                {!isWide && (
                  <Button kind="quiet" icon={<ArrowLeft size={15} aria-hidden />} onClick={() => go('changes')}>
                    {text.back}
                  </Button>
                )}
                <ChosenChange chosen={chosen} steps={stepsOf(steps, chosen)} onTry={setTrial} onChanged={list.again} />
              </div>
            )}
          </div>
        </>
      )}
      {trial && <TrialDialog trial={trial} onClose={() => setTrial(undefined)} onChanged={list.again} />}
    </div>
  );
}
