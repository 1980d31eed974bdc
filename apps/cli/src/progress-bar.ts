import type { Output } from './surroundings.ts';

export interface ProgressBar {
  /** Shows how far the work is. `total` 0 means that it is not known yet. */
  update(done: number, total: number, note: string): void;
  /** Takes the bar off the screen. Doing so twice is fine. */
  clear(): void;
}

/** Where a bar would only spoil a log: no terminal, a dumb one, or a build machine. */
export function canShowProgress(output: Output, env: Readonly<Record<string, string | undefined>>): boolean {
  return output.isTTY && env['TERM'] !== 'dumb' && !env['CI'];
}

/** Not more often than this, in milliseconds. */
const interval = 50;

/** One line that is rewritten in place, never wider than the terminal. With `visible` false it does nothing. */
export function createProgressBar(output: Output, visible: boolean, now: () => number): ProgressBar {
  let last = -Infinity;
  let shown = false;
  return {
    update(done, total, note) {
      if (!visible || (now() - last < interval && done !== total)) return;
      last = now();
      shown = true;
      void output.write(`\r\u001b[2K${progressLine({ done, total, note }, output.columns)}`);
    },
    clear() {
      if (!shown) return;
      shown = false;
      void output.write('\r\u001b[2K');
    },
  };
}

/** The text of the bar; at most `columns - 1` characters, because a full line would wrap on some terminals. */
export function progressLine(state: { done: number; total: number; note: string }, columns: number): string {
  const room = Math.max(0, columns - 1);
  const { done, total, note } = state;
  if (total <= 0) return note.slice(0, room);
  const share = Math.min(1, Math.max(0, done / total));
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const width = Math.min(30, room - note.length - percent.length - 3);
  if (width < 5) return `${percent} ${note}`.slice(0, room);
  const filled = Math.round(share * width);
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${percent} ${note}`.slice(0, room);
}
