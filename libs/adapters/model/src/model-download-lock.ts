import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { NootropicError } from '@nootropic/contracts';

export interface DownloadLockOptions {
  readonly dir: string;
  /** What only one may do at a time: `pull-` and a hash. */
  readonly name: string;
  readonly isRunning: (pid: number) => boolean;
  readonly signal: AbortSignal | undefined;
  /** A number that changes while the holder gets on. */
  readonly progress: () => Promise<number>;
  /** Milliseconds without progress of the holder after which waiting ends in `STORE_BUSY`. */
  readonly silenceMs: number;
  /** Milliseconds between two looks. Default 300. */
  readonly pollMs?: number;
}

/**
 * Waits until no other program holds `name` in this folder, and holds it until the function returned is called.
 *
 * Each one who wants it puts a file with its process number there first and looks for others' after, so of two at least one sees the other;
 * who sees another takes its own away and tries later. The file of a process that is gone is removed, so a kill leaves nothing locked.
 */
export async function holdDownload(options: DownloadLockOptions): Promise<() => Promise<void>> {
  const { dir, name, isRunning, signal, progress, silenceMs, pollMs = 300 } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const own = `${name}.${process.pid}-${crypto.randomUUID()}.lock`;
  let seen = await progress();
  let seenAt = performance.now();
  for (;;) {
    if (signal?.aborted === true) throw new NootropicError('ABORTED');
    await writeFile(join(dir, own), '', { flag: 'w', mode: 0o600 });
    const other = await otherHolder(dir, { name, own, isRunning });
    if (other === undefined) return () => rm(join(dir, own), { force: true });
    await rm(join(dir, own), { force: true });
    const now = await progress();
    if (now !== seen) {
      seen = now;
      seenAt = performance.now();
    }
    if (performance.now() - seenAt > silenceMs)
      throw new NootropicError('STORE_BUSY', `The process ${other.pid} is downloading this, and gets no further.`, {
        hint: `Wait for it or end it; if it is another program, remove ${join(dir, other.file)}.`,
      });
    await wait(pollMs * (0.5 + Math.random()), undefined, signal === undefined ? {} : { signal }).catch(
      (cause: unknown) => {
        throw new NootropicError('ABORTED', undefined, { cause });
      },
    );
  }
}

/** Whether this is the name of a lock file whose process runs. */
export function isHeld(fileName: string, isRunning: (pid: number) => boolean): boolean {
  const pid = holderOf(fileName);
  return pid !== undefined && isRunning(pid);
}

function holderOf(fileName: string): number | undefined {
  const pid = /^pull-.+\.(\d+)-[\w-]+\.lock$/.exec(fileName)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

async function otherHolder(
  dir: string,
  of: { name: string; own: string; isRunning: (pid: number) => boolean },
): Promise<{ pid: number; file: string } | undefined> {
  for (const file of await readdir(dir)) {
    if (file === of.own || !file.startsWith(`${of.name}.`)) continue;
    const pid = holderOf(file);
    if (pid === undefined) continue;
    if (of.isRunning(pid)) return { pid, file };
    await rm(join(dir, file), { force: true });
  }
  return undefined;
}
