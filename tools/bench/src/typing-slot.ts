import type { VirtualTime } from './scheduler-clock.ts';
import type { Oracle } from './typing-oracle.ts';
import { tokensOf } from './typing-oracle.ts';

/** What a model of half a billion weights in four bits does on two cores of a laptop. */
const speed = { read: 219, write: 49 };
/** Of every request, besides the model's own work. */
const overheadMs = 15;

/** One model that computes one thing at a time, in virtual time. */
export interface ModelSlot {
  /**
   * Writes on from a text; each token is given as it comes, and the function says whether it goes on. `urgent` goes before what is not.
   * Rejects never; ends early where the signal fires.
   */
  write(
    before: string,
    options: {
      readonly urgent: boolean;
      readonly signal?: AbortSignal;
      readonly onToken: (token: string) => boolean;
    },
  ): Promise<{ readonly read: number; readonly written: number }>;
  /** Tokens written in all. */
  readonly written: number;
}

export function createModelSlot(time: VirtualTime, oracle: Oracle): ModelSlot {
  const waiting: { readonly urgent: boolean; readonly go: () => void }[] = [];
  let busy = false;
  let written = 0;
  let held = '';

  const enter = async (urgent: boolean): Promise<void> => {
    if (busy) await new Promise<void>((go) => waiting.push({ urgent, go }));
    busy = true;
  };
  const leave = (): void => {
    busy = false;
    const next = waiting.find((each) => each.urgent) ?? waiting[0];
    if (next === undefined) return;
    waiting.splice(waiting.indexOf(next), 1);
    busy = true;
    next.go();
  };

  return {
    get written() {
      return written;
    },
    async write(before, { urgent, signal, onToken }) {
      await enter(urgent);
      let read = 0;
      let mine = 0;
      try {
        const isStopped = (): boolean => signal?.aborted === true;
        if (isStopped()) return { read: 0, written: 0 };
        read = Math.max(1, tokensOf(newText(held, before)).length);
        held = before;
        await time.sleep(overheadMs + (read * 1_000) / speed.read);
        for (const token of oracle.write(before)) {
          if (isStopped()) break;
          await time.sleep(1_000 / speed.write);
          mine += 1;
          written += 1;
          if (!onToken(token)) break;
        }
        return { read, written: mine };
      } finally {
        leave();
      }
    },
  };
}

/** What a model must read of a text when it holds another. */
function newText(held: string, text: string): string {
  if (held === '') return text.slice(-400);
  let common = 0;
  while (common < held.length && held[common] === text[common]) common += 1;
  return text.slice(common);
}
