import type { Assistant, SendInput, TurnEventBody } from '@nootropic/contracts';
import { createFakeHost, type FakeHostOptions } from '../fake-host.test-fixture.ts';
import { createChat, type Chat, type ChatOptions } from './chat.ts';

type Answer = Parameters<Assistant['answer']>[0];

/** A turn that a test writes as it goes: it waits for the answers that the person gives. */
export type ScriptedTurn = (turn: {
  readonly input: SendInput;
  readonly signal: AbortSignal | undefined;
  /** The next answer; denied where the turn is interrupted. */
  readonly answered: () => Promise<Pick<Answer, 'decision' | 'text'>>;
}) => AsyncGenerator<TurnEventBody>;

export interface TriedChat extends AsyncDisposable {
  readonly chat: Chat;
  readonly sent: SendInput[];
  readonly answers: Answer[];
  readonly steered: string[];
  /** Milliseconds that have gone by; a test moves them. */
  readonly clock: { now: number };
  /** Presses keys one after another, each long after the one before. */
  press(...keys: readonly (string | Parameters<Chat['key']>[1])[]): void;
  /** Lets everything that is under way go on, until nothing more happens. */
  settle(): Promise<void>;
}

export const usage = { tokensRead: 10, tokensReused: 90, tokensWritten: 5, totalMs: 1200 };

export function turnOf(...bodies: readonly TurnEventBody[]): ScriptedTurn {
  return async function* ({ input }) {
    yield {
      type: 'turn-start',
      text: input.text,
      agent: 'coder',
      workspace: input.workspace,
      ...(input.mode && { mode: input.mode }),
    };
    yield* bodies;
    yield { type: 'turn-end', reason: 'done', text: '', citations: [], usage };
  };
}

/** A chat with an assistant that does as the test says. */
export async function tryChat(
  script: ScriptedTurn,
  options: Partial<ChatOptions> & { readonly host?: Partial<FakeHostOptions> } = {},
): Promise<TriedChat> {
  const sent: SendInput[] = [];
  const answers: Answer[] = [];
  const steered: string[] = [];
  const clock = { now: 1_000_000 };
  const waiting: ((answer: Pick<Answer, 'decision' | 'text'>) => void)[] = [];
  const controller = new AbortController();
  const host = createFakeHost({
    turn: (input, signal) =>
      script({
        input,
        signal,
        answered: () =>
          new Promise((resolve) => {
            // An old turn that is only read again waits for nobody.
            if (signal === undefined) return resolve({ decision: 'deny' });
            waiting.push(resolve);
            signal.addEventListener('abort', () => resolve({ decision: 'deny' }));
          }),
      }),
    onSend: (input) => sent.push(input),
    ...options.host,
    changes: {
      answer: async (input) => {
        answers.push(input);
        waiting.shift()?.(input);
        return { requestId: input.requestId };
      },
      steer: async ({ text }) => {
        steered.push(text);
        return { taken: true };
      },
      ...options.host?.changes,
    },
  });
  const { assistant } = await host.open();
  const chat = createChat({
    assistant,
    workspace: '/w',
    mode: 'ask',
    now: () => clock.now,
    signal: controller.signal,
    ...options,
  });
  return {
    ...{ chat, sent, answers, steered, clock },
    press: (...keys) => {
      for (const key of keys) {
        clock.now += 1000;
        if (typeof key === 'string') chat.key(key, {});
        else chat.key('', key);
      }
    },
    settle: async () => {
      for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    },
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await chat.ended;
    },
  };
}
