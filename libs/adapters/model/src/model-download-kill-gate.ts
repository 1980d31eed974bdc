import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkGguf } from './gguf-check.ts';
import { createModelStore } from './model-store.ts';

export interface DownloadKillOptions {
  /** Downloads to break off. */
  readonly count: number;
  /** Numbers from 0 to 1, the same for the same seed. */
  readonly random: () => number;
  /** A sound model file, long enough that a download takes some moments. */
  readonly bytes: Uint8Array;
  /** Serves the file at `/model.gguf`, slowly, and tells how far each request has got. */
  readonly serve: (
    files: Map<string, Uint8Array>,
    onSent: (to: number) => void,
  ) => Promise<{
    readonly url: string;
    readonly requests: readonly { readonly from: number }[];
    [Symbol.asyncDispose](): Promise<void>;
  }>;
}

export interface DownloadKillReport {
  /** Downloads asked for, and downloads broken off at least once and then finished. The gate holds only when both are the same. */
  readonly asked: number;
  readonly run: number;
  /** Processes that were killed. */
  readonly kills: number;
  /** Downloads that went on with what was there, instead of from the beginning. */
  readonly resumed: number;
  /** What must not be: files under a model's name that are not whole, listed entries that are not, wrong bytes at the end. */
  readonly faults: readonly string[];
}

/**
 * Pulls a model in a process of its own and kills it with SIGKILL at a drawn place of the download, or shortly after its last byte;
 * looks that nothing partial can be loaded or is listed; kills it a second time in half of the cases; then lets it finish and
 * compares the SHA-256.
 */
export async function runDownloadKillGate(options: DownloadKillOptions): Promise<DownloadKillReport> {
  const { count, random, bytes } = options;
  const sha256 = hashOf(bytes);
  const sent = { to: 0, reached: (_to: number): void => undefined };
  const server = await options.serve(new Map([['/model.gguf', bytes]]), (to) => sent.reached(to));
  const faults: string[] = [];
  const report = { asked: count, run: 0, kills: 0, resumed: 0, faults };
  try {
    for (let round = 0; round < count; round += 1) {
      const dir = await mkdtemp(join(tmpdir(), 'nootropic-pull-'));
      try {
        const args = [dir, `${server.url}/model.gguf`, sha256, String(bytes.length)];
        for (let kill = random() < 0.5 ? 1 : 2; kill > 0; kill -= 1) {
          // A tenth of the kills comes when all bytes were sent: while they are checked and named.
          const place = random() * 1.1 * bytes.length;
          const waitMs = place > bytes.length ? random() * 60 : 0;
          const ended = await pull(args, (end) => {
            sent.reached = (to) => void (to >= Math.min(place, bytes.length) && setTimeout(end, waitMs));
          });
          if (ended === 'SIGKILL') report.kills += 1;
          faults.push(...(await look(dir, sha256)).map((fault) => `round ${round}: ${fault}`));
        }
        const before = server.requests.length;
        const last = await pull(args, () => (sent.reached = () => undefined));
        if (last !== 0) faults.push(`round ${round}: the last pull ended with ${last}`);
        if (server.requests.slice(before).some(({ from }) => from > 0)) report.resumed += 1;
        faults.push(...(await look(dir, sha256)).map((fault) => `round ${round}, at the end: ${fault}`));
        const names = (await readdir(dir)).sort().join(' ');
        if (!/^model-[0-9a-f]{12}\.gguf model\.json$/.test(names))
          faults.push(`round ${round}: the folder holds ${names}`);
        report.run += 1;
      } finally {
        await rm(dir, { recursive: true, force: true, maxRetries: 3 });
      }
    }
  } finally {
    await server[Symbol.asyncDispose]();
  }
  return report;
}

/** Gives the exit code, or the signal that ended it. */
function pull(args: readonly string[], started: (end: () => void) => void): Promise<number | NodeJS.Signals | null> {
  return new Promise((done, fail) => {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('./model-download-kill-child.ts', import.meta.url)), ...args],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    child.once('error', fail);
    child.once('close', (code, signal) => done(signal ?? code));
    started(() => child.kill('SIGKILL'));
  });
}

async function look(dir: string, sha256: string): Promise<string[]> {
  const faults: string[] = [];
  for (const name of (await readdir(dir)).filter((one) => one.endsWith('.gguf'))) {
    if (hashOf(await readFile(join(dir, name))) !== sha256) faults.push(`${name} is not whole`);
  }
  for (const model of await createModelStore({ dir, checkGguf }).list()) {
    if (model.sha256 !== sha256 || hashOf(await readFile(model.path)) !== sha256)
      faults.push(`${model.name} is listed and is not whole`);
  }
  return faults;
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
