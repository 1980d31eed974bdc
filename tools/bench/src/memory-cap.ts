import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readMemory } from './memory-use.ts';

/** A bound on the memory of a process, and whether it ever ran into it. */
export interface MemoryCap extends AsyncDisposable {
  /** How it is enforced, in words. */
  readonly how: string;
  /** Kills by the system, or readings above the bound where nothing enforces it. */
  kills(): number;
  /** The most bytes of anonymous memory that were seen. */
  peak(): number;
}

/**
 * Puts a process under a bound: in a group of its own (cgroup version 2 or 1) where this user may make one, so that the system kills it
 * beyond; otherwise it is watched, and every reading above the bound counts as a kill.
 */
export function capMemory(pid: number, bytes: number): MemoryCap {
  const group = makeGroup(pid, bytes);
  const end = new AbortController();
  let peak = 0;
  let above = 0;
  const watch = async (): Promise<void> => {
    while (!end.signal.aborted && existsSync(`/proc/${pid}`)) {
      const { anonymous } = readMemory(pid);
      peak = Math.max(peak, anonymous);
      if (anonymous > bytes) above += 1;
      await sleep(50, undefined, { signal: end.signal });
    }
  };
  // Ends by its signal, or with the process that it watches.
  const watching = watch().catch(() => undefined);
  return {
    how: group?.how ?? 'watched every 50 ms, no group may be made here',
    kills: () => group?.kills() ?? above,
    peak: () => peak,
    async [Symbol.asyncDispose]() {
      end.abort();
      await watching;
      await group?.remove();
    },
  };
}

function makeGroup(pid: number, bytes: number) {
  for (const kind of [version2, version1]) {
    const folder = kind.parent();
    if (folder === undefined) continue;
    const path = join(folder, `nootropic-bench-${pid}`);
    try {
      mkdirSync(path);
      writeFileSync(join(path, kind.limit), String(bytes));
      writeFileSync(join(path, 'cgroup.procs'), String(pid));
    } catch {
      removeGroup(path);
      continue;
    }
    let last = 0;
    const kills = (): number => {
      const text = existsSync(join(path, kind.events)) ? readFileSync(join(path, kind.events), 'utf8') : '';
      last = Math.max(last, Number(/^oom_kill (\d+)/m.exec(text)?.[1] ?? 0));
      return last;
    };
    const remove = async (): Promise<void> => {
      kills();
      // A group can be removed once it holds no process: this one goes back to where it came from.
      if (existsSync(`/proc/${pid}`)) writeFileSync(join(folder, 'cgroup.procs'), String(pid));
      for (let look = 0; look < 20 && !removeGroup(path); look += 1) await sleep(100);
    };
    return { how: kind.how, kills, remove };
  }
  return undefined;
}

function removeGroup(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch {
    return !existsSync(path);
  }
}

const root = '/sys/fs/cgroup';

const version2 = {
  how: 'a group of its own (cgroup v2, memory.max)',
  limit: 'memory.max',
  events: 'memory.events',
  parent: () => (existsSync(join(root, 'cgroup.controllers')) ? ownFolder(root, /^0::(.*)$/m) : undefined),
};

const version1 = {
  how: 'a group of its own (cgroup v1, memory.limit_in_bytes)',
  limit: 'memory.limit_in_bytes',
  events: 'memory.oom_control',
  parent: () => (existsSync(join(root, 'memory')) ? ownFolder(join(root, 'memory'), /^\d+:memory:(.*)$/m) : undefined),
};

function ownFolder(mount: string, line: RegExp): string | undefined {
  const own = line.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  return own === undefined ? undefined : join(mount, own);
}
