import { NootropicError, type Assistant, type StoredModel } from '@nootropic/contracts';
import type { Cli, CommonOptions } from '../cli.ts';
import { formatBytes } from '../sizes.ts';
import { createTransferNote } from '../transfer-note.ts';

type PullEvent = Awaited<ReturnType<Assistant['models']['pull']>> extends AsyncIterable<infer Item> ? Item : never;
type ImportEvent = Awaited<ReturnType<Assistant['models']['import']>> extends AsyncIterable<infer Item> ? Item : never;

/** Follows a pull or an import to its end, under a bar that names the bytes, the speed and the time left. */
export async function takeIn(
  cli: Cli,
  events: AsyncIterable<PullEvent | ImportEvent>,
  options: CommonOptions,
): Promise<StoredModel> {
  const bar = cli.progress(options);
  const note = createTransferNote(cli.surroundings.now);
  let begun = false;
  try {
    for await (const event of events) {
      if (options.json === true) await cli.json(event);
      switch (event.type) {
        case 'resolved':
          bar.clear();
          if (options.json !== true) await cli.talk(`${resolvedLine(cli, event)}\n`);
          break;
        case 'progress': {
          if (!begun && event.done > 0 && event.done < event.total && options.json !== true) {
            bar.clear();
            await sayWhereItGoesOn(cli, event.done);
          }
          begun = true;
          bar.update(event.done, event.total, note(event.done, event.total));
          break;
        }
        default:
          return event.model;
      }
    }
  } finally {
    bar.clear();
  }
  cli.signal.throwIfAborted();
  throw new NootropicError('INTERNAL', 'The transfer broke off without an end.');
}

/** The first report of a download that an earlier try began is far from nothing. */
const farFromNothing = 16_000_000;

async function sayWhereItGoesOn(cli: Cli, done: number): Promise<void> {
  if (done >= farFromNothing) await cli.talk(`Going on where it stopped, at ${formatBytes(done)}.\n`);
}

function resolvedLine(cli: Cli, { ref, bytes, license }: Extract<PullEvent, { type: 'resolved' }>): string {
  const facts = [formatBytes(bytes), ...(license === undefined ? [] : [`license: ${cli.cleanTalk(license)}`])];
  return `Getting ${cli.cleanTalk(ref)} (${facts.join(', ')})`;
}
