/** Cuts a growing text before the first of the stop texts, for providers that take none. */
export interface StopCut {
  /** The next piece. `text` may be shown now; what could yet become a stop text is held back. */
  push(piece: string): { readonly text: string; readonly stopped: boolean };
  /** What is held back when the answer ends by itself. */
  rest(): string;
}

export function createStopCut(stops: readonly string[]): StopCut {
  const sought = stops.filter((stop) => stop !== '');
  let held = '';
  return {
    push(piece) {
      held += piece;
      const at = Math.min(...sought.map((stop) => held.indexOf(stop)).filter((found) => found >= 0));
      if (Number.isFinite(at)) {
        const text = held.slice(0, at);
        held = '';
        return { text, stopped: true };
      }
      const keep = Math.max(0, ...sought.map((stop) => beginning(held, stop)));
      const text = held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return { text, stopped: false };
    },
    rest() {
      const text = held;
      held = '';
      return text;
    },
  };
}

/** Characters at the end of the text that the stop text begins with. */
function beginning(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length -= 1)
    if (text.endsWith(stop.slice(0, length))) return length;
  return 0;
}
