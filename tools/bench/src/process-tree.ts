import { readdirSync, readFileSync } from 'node:fs';
import { processTime, timeBelow, type ProcessTime } from './machine-load.ts';

/** Milliseconds that a process and everything below it computed, ended children counted; `undefined` where the system does not tell. */
export function computedBelow(pid: number): number | undefined {
  const all = allProcesses();
  return all.some((each) => each.pid === pid) ? timeBelow(pid, all) : undefined;
}

/**
 * Bytes of memory that a process and everything below it hold now, each shared page counted in parts (the proportional set size of
 * https://man7.org/linux/man-pages/man5/proc_pid_smaps.5.html); 0 where the system does not tell.
 */
export function memoryBelow(pid: number): number {
  return descendants(pid, allProcesses()).reduce((sum, each) => sum + proportionalSize(each), 0);
}

/** What a process and everything below it hold. */
export interface ProcessUse {
  /** Bytes, as `memoryBelow` counts them. */
  readonly memory: number;
  /** Open files, sockets and pipes. */
  readonly descriptors: number;
  readonly threads: number;
}

export function useBelow(pid: number): ProcessUse {
  const pids = descendants(pid, allProcesses());
  const sum = (of: (pid: number) => number): number => pids.reduce((total, each) => total + of(each), 0);
  return {
    memory: sum(proportionalSize),
    descriptors: sum((each) => textNames(`/proc/${each}/fd`).length),
    threads: sum((each) => textNames(`/proc/${each}/task`).length),
  };
}

/** A process and everything below it. */
export function descendants(root: number, processes: readonly ProcessTime[]): number[] {
  const children = Map.groupBy(processes, ({ parent }) => parent);
  const found = [root];
  // Grows while it is read.
  for (const pid of found) found.push(...(children.get(pid) ?? []).map((child) => child.pid));
  return found;
}

export interface MemoryWatch extends Disposable {
  /** The most that was seen so far, in bytes. */
  peak(): number;
}

/** Looks at the memory of a process and everything below it again and again. */
export function watchMemory(pid: number, everyMs = 200): MemoryWatch {
  let peak = 0;
  const look = (): void => void (peak = Math.max(peak, memoryBelow(pid)));
  const timer = setInterval(look, everyMs);
  look();
  return { peak: () => peak, [Symbol.dispose]: () => clearInterval(timer) };
}

function allProcesses(): ProcessTime[] {
  return textNames('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map((pid) => processTime(textOf(`/proc/${pid}/stat`)))
    .filter((found) => found !== undefined);
}

/** Bytes of memory that a process by itself holds, counted as `memoryBelow` does. */
export function proportionalSize(pid: number): number {
  return 1024 * Number(/^Pss:\s+(\d+) kB/mu.exec(textOf(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

function textNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty where there is no such file, or no longer. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
