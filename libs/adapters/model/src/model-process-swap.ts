import { accessSync, constants, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processRuns } from './process-runs.ts';

/** Memory in the form of files, on Linux. */
export const memoryFolder = '/dev/shm';
const prefix = 'nootropic-swap-';

/**
 * A folder of this process for conversations that wait while another uses their sequence: in memory where the system has such a place
 * (`/dev/shm`), else beside the kept states. What processes left that were killed is removed.
 */
export function openSwapFolder(states: string | undefined): string {
  const place = usable(memoryFolder) ? memoryFolder : (states ?? tmpdir());
  removeSwapFolders(place, (pid) => !processRuns(pid));
  return join(place, `${prefix}${process.pid}`);
}

/** Removes the folders of these processes. */
export function removeSwapFolders(place: string, ofProcess: (pid: number) => boolean): void {
  let names: string[];
  try {
    names = readdirSync(place);
  } catch {
    return;
  }
  for (const name of names) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN;
    if (!Number.isInteger(pid) || !ofProcess(pid)) continue;
    try {
      rmSync(join(place, name), { recursive: true, force: true });
    } catch {
      // Somebody else's: it is not ours to remove.
    }
  }
}

function usable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
