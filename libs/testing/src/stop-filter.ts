export interface StopFilter {
  /** Takes the next piece of an answer. `text` may be shown now; what could yet become a stop text is held back. */
  push(piece: string): { readonly text: string; readonly stopped: boolean; readonly stop?: string };
  /** What is still held back when the answer ends by itself. */
  end(): string;
}

/** Shows a growing text up to, and without, the first of the stop texts. */
export function createStopFilter(stop: readonly string[]): StopFilter {
  const stops = stop.filter((each) => each !== '');
  let held = '';
  return {
    push(piece) {
      held += piece;
      const first = Math.min(...stops.map((each) => held.indexOf(each)).filter((at) => at >= 0));
      const stopped = Number.isFinite(first);
      const shown = stopped ? first : held.length - Math.max(0, ...stops.map((each) => overlap(held, each)));
      const text = held.slice(0, shown);
      const stop = stopped ? stops.find((each) => held.startsWith(each, first)) : undefined;
      held = stopped ? '' : held.slice(shown);
      return { text, stopped, ...(stop !== undefined && { stop }) };
    },
    end() {
      const text = held;
      held = '';
      return text;
    },
  };
}

/** Length of the longest end of `text` that `stop` begins with. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
