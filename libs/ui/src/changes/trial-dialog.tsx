import { useState } from 'react';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Badge } from '../parts/facts.tsx';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { verdictOf, type ChangeOutcome } from './timeline-model.ts';

const text = strings.changes.trial;

/** Something that is to be taken back or made again, once a person has seen what that does. */
export interface Trial {
  readonly what: 'undo' | 'redo';
  /** Empty: the next. */
  readonly selection: { readonly step?: number; readonly turnId?: string; readonly sessionId?: string };
  readonly count: number;
}

/** Says what would happen, file by file, and does it then. What somebody else changed is overwritten only after that was said. */
export function TrialDialog(props: {
  readonly trial: Trial;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}) {
  const { trial, onClose, onChanged } = props;
  const { assistant, workspace, say } = useUi();
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const ask = assistant.changes[trial.what];
  const tried = useAsked(
    (signal) => ask({ workspace, ...trial.selection, dryRun: true }, { signal }),
    [workspace, trial],
  );
  const run = async (force: boolean): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const { restored } = await ask({ workspace, ...trial.selection, force });
      say(trial.what === 'undo' ? strings.changes.didUndo(restored.length) : strings.changes.didRedo(restored.length));
      onClose();
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
      onChanged();
    }
  };
  const outcome = tried.value;
  const verdict = outcome && verdictOf(outcome);
  const isUndo = trial.what === 'undo';
  const canRun = verdict === 'clear' || verdict === 'partly';
  return (
    <Dialog
      title={isUndo ? text.undo : text.redo}
      onClose={onClose}
      wide
      actions={
        <>
          <Button onClick={onClose}>{strings.shell.cancel}</Button>
          {outcome && outcome.conflicts.length > 0 && (
            <Button kind="danger" disabled={isBusy} onClick={() => void run(true)}>
              {text.force}
            </Button>
          )}
          {canRun && (
            <Button kind="primary" disabled={isBusy} autoFocus onClick={() => void run(false)}>
              {verdict === 'clear' ? (isUndo ? text.undoIt : text.redoIt) : isUndo ? text.undoRest : text.redoRest}
            </Button>
          )}
        </>
      }
    >
      {tried.error && <ErrorNote error={tried.error} again={tried.again} />}
      {error !== undefined && <ErrorNote error={error} />}
      {!outcome && tried.loading && <Waiting label={text.trying} />}
      {outcome && <Outcome outcome={outcome} isUndo={isUndo} />}
    </Dialog>
  );
}

function Outcome({ outcome, isUndo }: { readonly outcome: ChangeOutcome; readonly isUndo: boolean }) {
  const { steps, restored, conflicts, lost } = outcome;
  return (
    <div className="nt-trial">
      {steps.length > 0 && (
        <ul className="nt-trial-steps">
          {steps.map(({ id, label }) => (
            <li key={id}>
              <span className="nt-muted">{strings.changes.step(id)}</span> {label}
            </li>
          ))}
        </ul>
      )}
      {restored.length > 0 && (
        <section>
          <h3>{isUndo ? text.restored(restored.length) : text.redone(restored.length)}</h3>
          <ul className="nt-trial-paths">
            {restored.map(({ path, from, change }) => (
              <li key={path}>
                <code>{path}</code>{' '}
                {from !== undefined && <span className="nt-muted">{strings.code.diff.renamed(from)}</span>}{' '}
                <Badge>{text.change[change]}</Badge>
              </li>
            ))}
          </ul>
        </section>
      )}
      {conflicts.length > 0 && (
        <section className="nt-trial-conflicts">
          <h3>{text.conflicts}</h3>
          <ul className="nt-trial-paths">
            {conflicts.map(({ path, reason }) => (
              <li key={path}>
                <code>{path}</code> <span className="nt-muted">{reason}</span>
              </li>
            ))}
          </ul>
          <p className="nt-muted">{text.forceAbout}</p>
        </section>
      )}
      {lost.length > 0 && (
        <section className="nt-trial-conflicts">
          <h3>{text.lost}</h3>
          <ul className="nt-trial-paths">
            {lost.map((path) => (
              <li key={path}>
                <code>{path}</code>
              </li>
            ))}
          </ul>
        </section>
      )}
      {restored.length + conflicts.length + lost.length === 0 && <p>{text.nothing}</p>}
    </div>
  );
}
