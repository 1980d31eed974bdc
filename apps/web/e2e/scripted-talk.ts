import type { RecordedRequest, ScriptedAnswer } from '@nootropic/testing';

/** What the model says to a question, step by step: each answer that calls a tool is followed by the next. */
export type Talk = Readonly<Record<string, readonly ScriptedAnswer[]>>;

interface ChatMessage {
  readonly role: string;
  readonly content: unknown;
}

/** Answers by the newest question that is part of the talk, and by how often the model has answered since. Anything else gets `ok`. */
export function scriptedTalk(talk: Talk): (request: RecordedRequest) => ScriptedAnswer {
  return ({ body }) => {
    const messages = (body?.['messages'] ?? []) as readonly ChatMessage[];
    const texts = messages.map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content)));
    const at = messages.findLastIndex(
      ({ role }, index) => role === 'user' && Object.keys(talk).some((question) => texts[index]?.includes(question)),
    );
    const question = Object.keys(talk).find((each) => at >= 0 && texts[at]?.includes(each));
    const answers = question === undefined ? undefined : talk[question];
    const step = messages.slice(at + 1).filter(({ role }) => role === 'assistant').length;
    return answers?.[Math.min(step, answers.length - 1)] ?? { text: ['ok'] };
  };
}

/** Pieces of about a token, as models send them. */
export function pieces(text: string): readonly string[] {
  return text.match(/\s*\S{1,6}|\s+$/gu) ?? [];
}

export const explainQuestion = 'Where are uploads retried, and why three times?';

const explained = `Uploads are retried in \`withRetry\`, in src/retry.ts:10-19. Each piece of a file goes through it by itself (src/upload.ts:11-13), so a piece that fails does not make the others be sent again.

**Why three times?** \`defaultPolicy\` allows three attempts and waits 200 ms, then twice as long:

\`\`\`ts
export const defaultPolicy: RetryPolicy = { attempts: 3, delayMs: 200 };
\`\`\`

| Attempt | Wait before it |
| --- | --- |
| 1 | none |
| 2 | 200 ms |
| 3 | 400 ms |

Only an error that may pass is tried again: \`isTemporary\` wants a status of 500 or more. The protocol is told at [the store's page](https://example.org/protocol).

![a chart](https://example.org/chart.png)
`;

export const taskQuestion = 'Wait 500 ms before the second attempt';

const edited = `The wait is set in one place, so one line is enough.

\`\`\`ts
/** How often something is tried, and how long it waits in between. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly delayMs: number;
}

export const defaultPolicy: RetryPolicy = { attempts: 3, delayMs: 500 };

/** Runs \`work\` until it succeeds or the attempts are used up. The wait doubles each time. */
export async function withRetry<T>(work: () => Promise<T>, policy: RetryPolicy = defaultPolicy): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= policy.attempts || !isTemporary(error)) throw error;
      await pause(policy.delayMs * 2 ** (attempt - 1));
    }
  }
}

/** Whether it may go better the next time: the store was busy, or the line was cut. */
export function isTemporary(error: unknown): boolean {
  return error instanceof StoreError && error.status >= 500;
}

/** An answer of the store that is no success. */
export class StoreError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
\`\`\`
`;

/** A question that is answered with citations, and a task with a plan, an edit that is asked for and a command. */
export const usualTalk: Talk = {
  [explainQuestion]: [
    {
      reasoning: pieces('The question is about retries. The policy holds the number.'),
      text: pieces(explained),
      pieceDelayMs: 4,
    },
  ],
  [taskQuestion]: [
    {
      text: ['I look at the retry policy first.'],
      toolCalls: [
        {
          id: 'c1',
          name: 'todo',
          arguments: { steps: ['Read the retry policy', 'Change the wait', 'Run the checks'] },
        },
      ],
    },
    { toolCalls: [{ id: 'c2', name: 'read', arguments: { path: 'src/retry.ts' } }] },
    { text: pieces(edited), toolCalls: [{ id: 'c3', name: 'edit', arguments: { path: 'src/retry.ts' } }] },
    { toolCalls: [{ id: 'c4', name: 'todo', arguments: { done: 2 } }] },
    { toolCalls: [{ id: 'c5', name: 'run', arguments: { line: 'git diff --stat && node --check src/main.ts' } }] },
    { text: pieces('The second attempt now comes after 500 ms, in src/retry.ts:7. Nothing else changed.') },
  ],
};
