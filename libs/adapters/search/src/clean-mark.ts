import { readFileSync, statSync, writeFileSync } from 'node:fs';

/**
 * Says in a file beside an index how the index was left. Whatever changed it since - damage, a program that was killed, another
 * version - shows in its size or its time, and is a reason to look through it once; an index that is as it was left is opened at once.
 */
function stateOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? undefined : `${stats.size} ${stats.mtimeNs}`;
}

const markOf = (path: string): string => `${path}.clean`;

/** Whether the index is as it was left. One that is not there is. */
export function isAsLeft(path: string): boolean {
  const state = stateOf(path);
  if (state === undefined) return true;
  try {
    return readFileSync(markOf(path), 'utf8') === state;
  } catch {
    return false;
  }
}

/** To be called once the index is closed. Without the mark the next opening takes longer, and nothing is lost. */
export function markAsLeft(path: string): void {
  const state = stateOf(path);
  if (state === undefined) return;
  try {
    writeFileSync(markOf(path), state, { mode: 0o600 });
  } catch {
    // A full disk, say.
  }
}
