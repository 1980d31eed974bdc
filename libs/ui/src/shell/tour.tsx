import { useState } from 'react';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { useChatParts } from '../chat/chat-context.tsx';
import { sendQuestion } from '../chat/send-question.ts';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { opensHere } from './dialog.tsx';
import { aboutFolder } from './about-folder.ts';
import type { Shell } from './shell-store.ts';

/** The first minute: what this folder is, a question that fits it, and its answer with sources. It can be left at any step, and comes once. */
export function Tour({ shell }: { readonly shell: Shell }) {
  const words = strings.shell.tour;
  const parts = useChatParts();
  const { assistant, workspace, face, go } = useUi();
  const [step, setStep] = useState<1 | 2 | 3>(1);
  const [question, setQuestion] = useState<string>();
  const about = useAsked((signal) => aboutFolder({ assistant, workspace }, signal), [workspace]);
  const models = useAsked((signal) => assistant.models.list(undefined, { signal }), []).value;
  const leave = (): void => {
    face.keep.write('tour', 'seen');
    shell.open(undefined);
  };
  const ask = (text: string): void => {
    face.keep.write('tour', 'seen');
    parts.composer.choose({ mode: 'question' });
    const session = sendQuestion(parts, { workspace, sessionId: undefined, text });
    setStep(3);
    go('chat', { session: session.id });
    shell.open('tour');
  };
  const found = about.value;
  const chosen = question ?? found?.questions[0] ?? '';
  const withoutModel = models !== undefined && (models.chat === '' || models.chat === 'none');

  if (step === 3)
    return (
      <aside className="nt-tour-card" aria-label={words.title}>
        <p className="nt-faint">{words.step(3)}</p>
        <h2>{words.answerTitle}</h2>
        <p>{words.answerAbout}</p>
        <div className="nt-dialog-actions">
          <Button kind="primary" onClick={leave}>
            {words.done}
          </Button>
        </div>
      </aside>
    );
  return (
    <Dialog
      title={step === 1 ? words.folderTitle : words.questionTitle}
      onClose={leave}
      actions={
        <>
          <Button kind="quiet" onClick={leave}>
            {words.skip}
          </Button>
          {step === 1 ? (
            <Button kind="primary" ref={opensHere} onClick={() => setStep(2)}>
              {words.next}
            </Button>
          ) : (
            <Button kind="primary" disabled={chosen.trim() === ''} onClick={() => ask(chosen.trim())}>
              {words.ask}
            </Button>
          )}
        </>
      }
    >
      <p className="nt-faint">{words.step(step)}</p>
      {about.error && <ErrorNote error={about.error} again={about.again} />}
      {!found && !about.error && <Waiting label={words.looking} />}
      {step === 1 && found && (
        <>
          <p>
            <code className="nt-link-address">{workspace}</code>
          </p>
          {found.intro !== '' && <p>{found.intro}</p>}
          {found.files > 0 && <p className="nt-muted">{words.size(found.files, found.symbols)}</p>}
          {found.important.length > 0 && <p className="nt-muted">{words.important(found.important)}</p>}
          {withoutModel && <p>{words.noModel}</p>}
        </>
      )}
      {step === 2 && found && (
        <fieldset className="nt-choice-field">
          <legend>{words.questionAbout}</legend>
          {found.questions.map((each) => (
            <label key={each}>
              <input type="radio" name="question" checked={each === chosen} onChange={() => setQuestion(each)} /> {each}
            </label>
          ))}
        </fieldset>
      )}
    </Dialog>
  );
}
