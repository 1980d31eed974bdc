import type { DiffAnswer, ErrorBody, KnownTurnEvent, TurnEvent } from '@nootropic/contracts';
import type { Cli } from './cli.ts';
import { notWholeLines } from './not-whole-lines.ts';
import { createTurnPrinter } from './turn-printer.ts';

type Passing =
  | { readonly type: 'change'; readonly files: DiffAnswer['files'] }
  | { readonly type: 'event'; readonly event: TurnEvent };

/**
 * Follows an agent that speaks about a change: which files it does not read whole, and what it does, is shown on standard error as it goes on; what
 * it comes to, the last item, is given back, with the error of its turn where there was one. Rejects where it was interrupted.
 */
export async function quietTurn<Item extends { readonly type: string }>(
  cli: Cli,
  items: AsyncIterable<Item | Passing>,
  { json, onQuestion }: { readonly json: boolean; readonly onQuestion?: (text: string) => Promise<void> },
): Promise<{ readonly result: Exclude<Item, Passing> | undefined; readonly error: ErrorBody | undefined }> {
  const printer = createTurnPrinter(cli);
  let result: Exclude<Item, Passing> | undefined;
  let error: ErrorBody | undefined;
  try {
    for await (const item of items) {
      if (!isPassing(item)) result = item as Exclude<Item, Passing>;
      else if (item.type === 'change') {
        if (!json) for (const line of notWholeLines(cli, item)) await cli.talk(line);
      } else {
        const known = item.event as KnownTurnEvent;
        if (known.type === 'turn-error') error = known.error;
        else if (known.type === 'user-message' && onQuestion !== undefined) await onQuestion(known.text);
        else if (!json && shown.has(known.type)) await printer.show(item.event);
      }
    }
  } finally {
    if (!json) await printer.close();
  }
  cli.signal.throwIfAborted();
  return { result, error };
}

function isPassing(item: { readonly type: string }): item is Passing {
  return item.type === 'change' || item.type === 'event';
}

const shown: ReadonlySet<string> = new Set([
  'turn-start',
  'model-chosen',
  'reasoning-delta',
  'progress',
  'tool-call',
  'notice',
]);
