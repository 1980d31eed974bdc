import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface ResidentMemoryOptions {
  /** Default: this system. */
  readonly platform?: NodeJS.Platform;
  /** Runs a program and gives its output; default Node's. */
  readonly run?: (file: string, args: readonly string[]) => Promise<string>;
}

/** Bytes that processes have in memory, by their number; one that has ended, or that cannot be looked at, is left out. Never rejects. */
export async function residentMemory(
  pids: readonly number[],
  options: ResidentMemoryOptions = {},
): Promise<ReadonlyMap<number, number>> {
  const { platform = process.platform, run = runProgram } = options;
  try {
    if (platform === 'linux') return await fromProcfs(pids);
    if (pids.length === 0) return new Map();
    if (platform === 'win32') return fromTasklist(await run('tasklist', ['/FO', 'CSV', '/NH']), pids);
    return fromPs(await run('ps', ['-o', 'pid=,rss=', '-p', pids.join(',')]));
  } catch {
    return new Map();
  }
}

async function runProgram(file: string, args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(file, args, { windowsHide: true, timeout: 2000, maxBuffer: 8_000_000 })).stdout;
}

async function fromProcfs(pids: readonly number[]): Promise<Map<number, number>> {
  const found = await Promise.all(
    pids.map(async (pid): Promise<[number, number][]> => {
      const text = await readFile(`/proc/${String(pid)}/status`, 'utf8').catch(() => '');
      const kibibytes = /^VmRSS:\s+(\d+) kB/mu.exec(text)?.[1];
      return kibibytes === undefined ? [] : [[pid, Number(kibibytes) * 1024]];
    }),
  );
  return new Map(found.flat());
}

function fromPs(text: string): Map<number, number> {
  return new Map([...text.matchAll(/^\s*(\d+)\s+(\d+)/gmu)].map(([, pid, rss]) => [Number(pid), Number(rss) * 1024]));
}

/** Lines such as `"node.exe","4120","Console","1","52,340 K"`; the separator of thousands is that of the user's language. */
function fromTasklist(text: string, pids: readonly number[]): Map<number, number> {
  const rows = [...text.matchAll(/^"[^"]*","(\d+)","[^"]*","[^"]*","([^"]*)"/gmu)];
  return new Map(
    rows
      .map(([, pid, size = '']): [number, number] => [Number(pid), Number(size.replace(/\D/gu, '')) * 1024])
      .filter(([pid]) => pids.includes(pid)),
  );
}
