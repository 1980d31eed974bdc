import { existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** What processes take together at one moment. */
export interface Usage {
  readonly processes: number;
  /** Processes and threads. */
  readonly tasks: number;
  /**
   * Bytes of memory of their own: anonymous, shared without a file, swapped, page tables, and what they keep in temporary folders of the sandbox.
   * Pages that a fork shares count for each, so this is an upper bound; `share` is exact.
   */
  readonly bytes: number;
  /** The same, with each page that several share counted once. Slower: the kernel walks their memory. */
  share(): Promise<number>;
}

/** Whose usage is asked for: everything in the sandbox whose first process has the number `init`, or a process with its children. */
export type UsageTarget = { readonly init: number | undefined } | { readonly tree: number | undefined };

const kibibyte = 1024;
/** What the kernel keeps of a file in memory beside its content, about. */
const bytesOfName = 1024;

/** Of more than `most` processes only their number. Linux only; `undefined` where it cannot be told: before the sandbox stands, after it ended, and on other systems. */
export function usageOf(target: UsageTarget, most = Infinity): Usage | undefined {
  if ('tree' in target) {
    if (target.tree === undefined || !existsSync(`/proc/${target.tree}/status`)) return undefined;
    return usageIn('/proc', descendants(target.tree, most), { most });
  }
  if (target.init === undefined) return undefined;
  const proc = `/proc/${target.init}/root/proc`;
  try {
    // The list of processes of this system knows whoever reads it; that of the sandbox does not.
    if (existsSync(`${proc}/self`)) return undefined;
    const pids = readdirSync(proc).filter((name) => /^\d+$/u.test(name) && name !== '1');
    return usageIn(proc, pids, { most, init: target.init });
  } catch {
    return undefined;
  }
}

function usageIn(
  proc: string,
  pids: readonly string[],
  { most, init }: { readonly most: number; readonly init?: number },
): Usage {
  // Too many are not to be looked at one by one: meanwhile there would be more.
  if (pids.length > most)
    return { processes: pids.length, tasks: pids.length, bytes: 0, share: () => Promise.resolve(0) };
  const temporary = init === undefined ? 0 : temporaryBytes(init);
  let tasks = 0;
  let bytes = temporary;
  for (const pid of pids) {
    const fields = statusOf(`${proc}/${pid}/status`);
    tasks += fields.get('Threads') ?? 1;
    for (const name of ['RssAnon', 'RssShmem', 'VmSwap', 'VmPTE']) bytes += (fields.get(name) ?? 0) * kibibyte;
  }
  return {
    ...{ processes: pids.length, tasks, bytes },
    async share() {
      const shares = await Promise.all(
        pids.map(async (pid) => {
          const text = await readFile(`${proc}/${pid}/smaps_rollup`, 'utf8').catch(() => '');
          return fieldsOf(text);
        }),
      );
      return shares.reduce(
        (sum, fields) =>
          sum + ['Pss_Anon', 'Pss_Shmem', 'SwapPss'].reduce((all, name) => all + (fields.get(name) ?? 0) * kibibyte, 0),
        temporary,
      );
    },
  };
}

function statusOf(path: string): ReadonlyMap<string, number> {
  try {
    return fieldsOf(readFileSync(path, 'utf8'));
  } catch {
    // It ended meanwhile.
    return new Map();
  }
}

function fieldsOf(text: string): ReadonlyMap<string, number> {
  return new Map([...text.matchAll(/^(\w+):\s+(\d+)/gmu)].map(([, name = '', value]) => [name, Number(value)]));
}

/** A process and all that it and they started, but for what was given to another parent since. */
function descendants(first: number, most: number): string[] {
  const found = [String(first)];
  for (const pid of found) {
    if (found.length > most) break;
    try {
      for (const task of readdirSync(`/proc/${pid}/task`))
        found.push(...(readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').match(/\d+/gu) ?? []));
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

/** What lies in file systems in memory that the sandbox alone has. */
function temporaryBytes(init: number): number {
  const own = memoryMounts('/proc/self/mountinfo');
  let sum = 0;
  for (const [device, place] of memoryMounts(`/proc/${init}/mountinfo`)) {
    if (own.has(device)) continue;
    try {
      const { blocks, bfree, bsize, files, ffree } = statfsSync(`/proc/${init}/root${place}`);
      sum += (blocks - bfree) * bsize + (files - ffree) * bytesOfName;
    } catch {
      // Something else lies over it.
    }
  }
  return sum;
}

/** Mount points by device. https://www.kernel.org/doc/html/latest/filesystems/proc.html#proc-pid-mountinfo-information-about-mounts */
function memoryMounts(file: string): Map<string, string> {
  const mounts = new Map<string, string>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, device, place] = /^\d+ \d+ (\d+:\d+) \S+ (\S+) .* - tmpfs /u.exec(line) ?? [];
    if (device === undefined || place === undefined || mounts.has(device)) continue;
    mounts.set(
      device,
      place.replace(/\\([0-7]{3})/gu, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    );
  }
  return mounts;
}
