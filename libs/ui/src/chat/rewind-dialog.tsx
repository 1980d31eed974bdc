import { useState } from 'react';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { useChats } from './chat-context.tsx';
import type { ChatTurn } from './session-state.ts';

const kinds = ['both', 'conversation', 'code'] as const;

interface RewindDialogProps {
  readonly sessionId: string;
  readonly turn: ChatTurn;
  /** Of this turn and all after it. */
  readonly turnIds: readonly string[];
  readonly onClose: () => void;
}

/** Goes back to before a question, once a person has seen what that changes. */
export function RewindDialog({ sessionId, turn, turnIds, onClose }: RewindDialogProps) {
  const words = strings.chat.rewind;
  const { assistant, workspace, say } = useUi();
  const chats = useChats();
  const [what, setWhat] = useState<(typeof kinds)[number]>('both');
  const [isBusy, setBusy] = useState(false);
  const preview = useAsked(
    async (signal) => {
      const outcomes = [];
      for (const turnId of turnIds.toReversed())
        outcomes.push(await assistant.changes.undo({ workspace, turnId, dryRun: true }, { signal }));
      return {
        paths: [...new Set(outcomes.flatMap(({ restored }) => restored.map(({ path }) => path)))],
        conflicts: outcomes.flatMap(({ conflicts }) => conflicts),
      };
    },
    [turnIds.join(' ')],
  );
  const rewind = (): void => {
    setBusy(true);
    assistant.sessions
      .rewind({ id: sessionId, turnId: turn.turnId, what })
      .then(() => chats.reload(sessionId))
      .then(
        () => {
          say(words.done);
          onClose();
        },
        (cause: Error) => {
          setBusy(false);
          say(cause);
        },
      );
  };
  return (
    <Dialog
      title={words.title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{strings.shell.cancel}</Button>
          <Button kind="danger" disabled={isBusy} onClick={rewind}>
            {words.do}
          </Button>
        </>
      }
    >
      <blockquote className="nt-rewind-question">{turn.question}</blockquote>
      <fieldset className="nt-choice-field">
        <legend>{words.what}</legend>
        {kinds.map((kind) => (
          <label key={kind}>
            <input type="radio" name="what" checked={what === kind} onChange={() => setWhat(kind)} /> {words[kind]}
          </label>
        ))}
      </fieldset>
      {what !== 'conversation' && (
        <section aria-label={words.preview}>
          <h3>{words.preview}</h3>
          {preview.error && <ErrorNote error={preview.error} again={preview.again} />}
          {preview.loading && <Waiting />}
          {preview.value?.paths.length === 0 && <p className="nt-muted">{words.nothing}</p>}
          <ul className="nt-plain-list">
            {preview.value?.paths.map((path) => (
              <li key={path}>
                <code>{path}</code>
              </li>
            ))}
            {preview.value?.conflicts.map(({ path, reason }) => (
              <li key={`${path} ${reason}`} className="nt-warn">
                {words.conflict(path, reason)}
              </li>
            ))}
          </ul>
        </section>
      )}
      {what !== 'code' && <p className="nt-muted">{words.about}</p>}
    </Dialog>
  );
}
