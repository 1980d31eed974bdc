import {
  NootropicError,
  type Assistant,
  type ErrorBody,
  type KnownTurnEvent,
  type SendInput,
} from '@nootropic/contracts';
import type { Cli } from './cli.ts';
import { createTurnPrinter } from './turn-printer.ts';

export interface QuietAnswer {
  /** All that was said; empty where the turn ended in an error. */
  readonly text: string;
  readonly error?: ErrorBody;
}

/**
 * Runs a turn whose words are material for a command: what it does is shown on standard error as it goes on, what it says is given back. Rejects where the
 * turn was interrupted.
 */
export async function quietTurn(
  cli: Cli,
  assistant: Assistant,
  {
    input,
    json,
    onQuestion,
  }: { readonly input: SendInput; readonly json: boolean; readonly onQuestion?: (text: string) => Promise<void> },
): Promise<QuietAnswer> {
  const printer = createTurnPrinter(cli);
  let answer: QuietAnswer | undefined;
  try {
    for await (const event of await assistant.send(input, { signal: cli.signal })) {
      const known = event as KnownTurnEvent;
      if (known.type === 'turn-end' && known.reason !== 'aborted') answer = { text: known.text };
      else if (known.type === 'turn-error') answer = { text: '', error: known.error };
      else if (known.type === 'user-message' && onQuestion !== undefined) await onQuestion(known.text);
      else if (!json && shown.has(known.type)) await printer.show(event);
    }
  } finally {
    if (!json) await printer.close();
  }
  cli.signal.throwIfAborted();
  if (answer === undefined) throw new NootropicError('ABORTED', 'The turn was interrupted.');
  return answer;
}

const shown: ReadonlySet<string> = new Set([
  'turn-start',
  'model-chosen',
  'reasoning-delta',
  'progress',
  'tool-call',
  'notice',
]);
