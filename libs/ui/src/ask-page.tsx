import { NootropicError, type Assistant } from '@nootropic/contracts';
import { useRef, useState, type SubmitEvent } from 'react';
import { newTurn, reduceTurn, type TurnState } from './turn-state.ts';
import { TurnView } from './turn-view.tsx';

interface AskPageProps {
  readonly assistant: Assistant;
  readonly workspace: string;
  /** Where the page can be left: shows a button for it. */
  readonly onSignOut?: () => void;
}

/** Ask about one workspace, turn after turn in one session. */
export function AskPage({ assistant, workspace, onSignOut }: AskPageProps) {
  const [turns, setTurns] = useState<readonly TurnState[]>([]);
  const running = useRef<AbortController>(undefined);
  const busy = turns.at(-1)?.activity !== undefined && turns.at(-1)?.activity !== '';

  const ask = async (text: string) => {
    const abort = new AbortController();
    running.current = abort;
    let turn = newTurn(text);
    const show = (next: TurnState) => {
      turn = next;
      setTurns((all) => [...all.slice(0, -1), next]);
    };
    const sessionId = turns.at(-1)?.sessionId;
    setTurns((all) => [...all, turn]);
    try {
      const events = await assistant.send(
        { workspace, text, ...(sessionId !== undefined && { sessionId }) },
        { signal: abort.signal },
      );
      for await (const event of events) show(reduceTurn(turn, event));
    } catch (cause) {
      const stopped = abort.signal.aborted;
      show({
        ...turn,
        activity: '',
        interrupted: stopped,
        error: stopped ? undefined : NootropicError.from(cause).toJSON(),
      });
    }
  };

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const field = event.currentTarget.elements.namedItem('question');
    if (!(field instanceof HTMLTextAreaElement) || field.value.trim() === '' || busy) return;
    void ask(field.value.trim());
    field.value = '';
  };

  return (
    <main>
      <header>
        <h1>nootropic</h1>
        <code>{workspace}</code>
        {onSignOut && (
          <button type="button" className="sign-out" onClick={onSignOut}>
            Sign out
          </button>
        )}
      </header>
      <section aria-live="polite">
        {turns.map((turn, index) => (
          <TurnView key={index} turn={turn} />
        ))}
      </section>
      <form onSubmit={submit}>
        <label htmlFor="question">Ask about this code</label>
        <textarea
          id="question"
          name="question"
          rows={2}
          autoFocus
          placeholder="Where are uploads retried?"
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }
          }}
        />
        {busy ? (
          <button type="button" onClick={() => running.current?.abort()}>
            Stop
          </button>
        ) : (
          <button type="submit">Ask</button>
        )}
      </form>
    </main>
  );
}
