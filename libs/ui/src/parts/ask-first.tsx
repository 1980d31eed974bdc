import { useState, type ReactNode } from 'react';
import { strings } from '../strings.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';

export interface Asking {
  readonly title: string;
  /** What is lost, in a sentence. */
  readonly text: ReactNode;
  /** On the button that does it. */
  readonly yes: string;
  readonly run: () => void;
}

/** Asks before something is taken away: `ask({…})` opens the question, `question` is to be drawn. */
export function useAskFirst(): { readonly ask: (asking: Asking) => void; readonly question: ReactNode } {
  const [asking, setAsking] = useState<Asking>();
  const question = asking && (
    <Dialog
      title={asking.title}
      onClose={() => setAsking(undefined)}
      actions={
        <>
          <Button onClick={() => setAsking(undefined)}>{strings.shell.cancel}</Button>
          <Button
            kind="danger"
            onClick={() => {
              setAsking(undefined);
              asking.run();
            }}
          >
            {asking.yes}
          </Button>
        </>
      }
    >
      <p>{asking.text}</p>
    </Dialog>
  );
  return { ask: setAsking, question };
}
