import { FileCode, MessageSquare, Redo2, SquareCheck, Undo2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button, IconButton } from '../parts/button.tsx';
import type { LeftOut } from '../parts/diff-model.ts';
import { DiffView } from '../parts/diff-view.tsx';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { Summary, When } from './timeline.tsx';
import { keyOf, selectionOf, tallyOf, type ChangeStep, type Chosen } from './timeline-model.ts';
import type { Trial } from './trial-dialog.tsx';

const text = strings.changes;

interface ChosenProps {
  readonly chosen: Chosen;
  readonly steps: readonly ChangeStep[];
  readonly onTry: (trial: Trial) => void;
  readonly onChanged: () => void;
}

/** What a step, an answer or a session changed, and what can be done about it. */
export function ChosenChange({ chosen, steps, onTry, onChanged }: ChosenProps) {
  const { assistant, workspace, go, openFile, say } = useUi();
  const [left, setLeft] = useState<LeftOut>();
  const [isBusy, setBusy] = useState(false);
  const key = keyOf(chosen);
  useEffect(() => setLeft(undefined), [key]);
  const states = steps.map(({ id, state }) => `${id} ${state}`).join();
  const diff = useAsked(
    async (signal) => ({ key, ...(await assistant.changes.diff({ workspace, ...selectionOf(chosen) }, { signal })) }),
    [workspace, key, states],
  );
  const tally = tallyOf(steps);
  const [newest] = steps;
  const selection = selectionOf(chosen);
  const parts = (left ?? []).map(({ path, hunks }) => ({ path, ...(hunks && { hunks: [...hunks] }) }));
  const reject = async (): Promise<void> => {
    if (chosen.kind !== 'step') return;
    setBusy(true);
    try {
      const { conflicts, restored } = await assistant.changes.reject({ workspace, step: chosen.step, parts });
      if (restored.length > 0) say(text.picked);
      if (conflicts.length > 0) say(text.pickConflicts(conflicts.map(({ path }) => path).join(', ')));
      setLeft(undefined);
      onChanged();
    } catch (cause) {
      say(cause as Error);
    } finally {
      setBusy(false);
    }
  };
  const isShown = diff.value?.key === key;
  const canPick = chosen.kind === 'step' && tally.state === 'done' && isShown;

  return (
    <section className="nt-chosen" aria-label={newest?.label ?? ''}>
      <header>
        <div>
          <h2>{chosen.kind === 'step' ? newest?.label : chosen.kind === 'turn' ? text.turn : text.session}</h2>
          <p className="nt-muted">
            {chosen.kind === 'step' && `${text.step(chosen.step)} · `}
            <When at={newest?.at ?? 0} /> · {text.files(tally.files)} <Summary tally={tally} />
          </p>
        </div>
        <div className="nt-actions">
          {tally.state !== 'undone' && (
            <Button
              icon={<Undo2 size={15} aria-hidden />}
              onClick={() => onTry({ what: 'undo', selection, count: steps.length })}
            >
              {text.undoThis[chosen.kind]}
            </Button>
          )}
          {tally.state !== 'done' && (
            <Button
              icon={<Redo2 size={15} aria-hidden />}
              onClick={() => onTry({ what: 'redo', selection, count: steps.length })}
            >
              {text.redoThis[chosen.kind]}
            </Button>
          )}
          {newest && (
            <Button
              kind="quiet"
              icon={<MessageSquare size={15} aria-hidden />}
              onClick={() => go('chat', { session: newest.sessionId, turn: newest.turnId })}
            >
              {text.open}
            </Button>
          )}
        </div>
      </header>
      {steps.some(({ changes }) => changes.some(({ unkept }) => unkept)) && <p className="nt-note">{text.unkept}</p>}
      {left !== undefined && <p className="nt-note">{text.pickAbout}</p>}
      {diff.error && <ErrorNote error={diff.error} again={diff.again} />}
      {!isShown && diff.loading && <Waiting />}
      {isShown && diff.value && (
        <DiffView
          diff={diff.value.diff}
          choose={left === undefined ? undefined : { left, onChange: setLeft }}
          actions={
            left === undefined ? (
              canPick && (
                <Button kind="quiet" icon={<SquareCheck size={15} aria-hidden />} onClick={() => setLeft([])}>
                  {text.pick}
                </Button>
              )
            ) : (
              <>
                <Button onClick={() => setLeft(undefined)}>{strings.shell.cancel}</Button>
                <Button kind="primary" disabled={left.length === 0 || isBusy} onClick={() => void reject()}>
                  {text.pickDone(left.reduce((sum, { hunks }) => sum + (hunks?.length ?? 1), 0))}
                </Button>
              </>
            )
          }
          fileActions={({ path, change }) =>
            change !== 'deleted' && (
              <IconButton
                label={`${text.openFile}: ${path}`}
                icon={<FileCode size={15} aria-hidden />}
                onClick={() => openFile(path)}
              />
            )
          }
        />
      )}
    </section>
  );
}
