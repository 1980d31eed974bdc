import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { connect } from '@nootropic/client';
import { createSeededRandom, tinyGguf } from '@nootropic/testing';
import { workspaceRoot } from './child-run.ts';
import { proportionalSize, useBelow, type ProcessUse } from './process-tree.ts';
import { createSoakLoad } from './soak-load.ts';

/**
 * `npm run soak -- [--minutes 60] [--clients 4] [--no-kills] [--seed 1]`: a host under mixed load for a long time. Conversations, a third of them dropped
 * midway, vectors, searches in a workspace that changes, turns; now and then a child of the host is killed with signal 9. At the end memory,
 * descriptors and threads of the second tenth of the time are compared with those of the last. Ends with 1 where they grew by more than a garbage
 * collector and an allocator do by themselves, or where a request failed that should not have. Linux only, by what it measures.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    clients: { type: 'string', default: '4' },
    kills: { type: 'boolean', default: true },
    seed: { type: 'string', default: '1' },
  },
  allowNegative: true,
});
const forMs = Number(values.minutes) * 60_000;
const sampleMs = Math.max(500, Math.min(10_000, forMs / 100));
const killMs = Math.max(15_000, forMs / 12);
/** What the last tenth may hold, as a share of the second. */
const mostGrowth: ProcessUse = { memory: 1.1, descriptors: 1.05, threads: 1.05 };

const place = await fs.mkdtemp(join(tmpdir(), 'nootropic-soak-'));
try {
  process.exitCode = (await soak()) ? 0 : 1;
} finally {
  await fs.rm(place, { recursive: true, force: true });
}

async function soak(): Promise<boolean> {
  const random = createSeededRandom(Number(values.seed));
  const model = `file:${await tinyGguf({ dir: place, fs })}`;
  await using host = await startHost(model);
  const assistant = connect(host);
  const stop = new AbortController();
  const load = createSoakLoad({ ...host, assistant, random, workspace: join(place, 'workspace'), signal: stop.signal });
  await load.prepare();
  const samples: ProcessUse[] = [];
  const clients = Array.from({ length: Number(values.clients) }, () => load.run());
  const startedAt = performance.now();
  let killAt = killMs;
  let kills = 0;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, sampleMs));
    const passed = performance.now() - startedAt;
    const now = useBelow(host.pid);
    samples.push(now);
    const minutes = (passed / 60_000).toFixed(1);
    const own = (proportionalSize(host.pid) / 2 ** 20).toFixed(0);
    process.stderr.write(`${minutes} min  ${describe(now)}  the host alone ${own} MiB  ${load.summary()}\n`);
    if (passed >= forMs) break;
    if (!values.kills || passed < killAt) continue;
    killAt += killMs;
    const children = (await assistant.host.status()).processes.filter(({ name }) => name !== 'host');
    const victim = children[Math.floor(random() * children.length)];
    if (victim?.pid === undefined) continue;
    load.expectTrouble();
    process.kill(victim.pid, 'SIGKILL');
    kills += 1;
  }
  stop.abort();
  await Promise.all(clients);
  const early = typical(share(samples, 0.1, 0.2));
  const late = typical(share(samples, 0.9, 1));
  const grown = (Object.keys(mostGrowth) as (keyof ProcessUse)[]).filter(
    (kind) => late[kind] > early[kind] * mostGrowth[kind] + (kind === 'memory' ? 0 : 2),
  );
  const faults = load.faults();
  const lines = [
    `${values.minutes} minutes, ${values.clients} clients, ${kills} kills, seed ${values.seed}: ${load.summary()}`,
    `early: ${describe(early)}`,
    `late:  ${describe(late)}`,
    ...(grown.length > 0 ? [`FAILS  grew: ${grown.join(', ')}`] : []),
    ...faults.slice(0, 20).map((fault) => `FAILS  ${fault}`),
    ...(grown.length + faults.length === 0
      ? ['holds  nothing grew, and every request was served or told to be tried again']
      : []),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return grown.length + faults.length === 0;
}

interface StartedHost extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

async function startHost(model: string): Promise<StartedHost> {
  const env = { ...process.env, NOOTROPIC_HOME: join(place, 'home'), NOOTROPIC_MODELS_CHAT: model };
  const main = join(workspaceRoot, 'apps/cli/src/main.ts');
  const child = spawn(process.execPath, [main, 'serve', '--json', '--port', '0'], {
    ...{ env, cwd: place },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const [line] = (await Array.fromAsync(firstOf(createInterface(child.stdout)))) as [string | undefined];
  const { url, token } = JSON.parse(line ?? '{}') as { url: string; token: string };
  child.stdout.resume();
  return {
    ...{ url, token, pid: child.pid ?? 0 },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function* firstOf(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) {
    yield line;
    return;
  }
}

function share<T>(list: readonly T[], from: number, to: number): readonly T[] {
  return list.slice(Math.floor(list.length * from), Math.max(1, Math.ceil(list.length * to)));
}

/** The median of each. */
function typical(samples: readonly ProcessUse[]): ProcessUse {
  const middle = (kind: keyof ProcessUse): number =>
    samples.map((sample) => sample[kind]).sort((one, other) => one - other)[Math.floor(samples.length / 2)] ?? 0;
  return { memory: middle('memory'), descriptors: middle('descriptors'), threads: middle('threads') };
}

function describe({ memory, descriptors, threads }: ProcessUse): string {
  return `${(memory / 2 ** 20).toFixed(0)} MiB  ${descriptors} descriptors  ${threads} threads`;
}
