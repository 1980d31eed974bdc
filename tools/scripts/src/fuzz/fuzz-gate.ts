import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorTable } from '@nootropic/contracts';
import { openApiDocument } from '@nootropic/server';
import fc from 'fast-check';
import { fuzzRequests, type FuzzKind, type FuzzRequest } from './fuzz-requests.ts';
import { createFuzzSender, type FuzzOutcome, type FuzzSender } from './fuzz-send.ts';

export interface FuzzResult {
  readonly asked: number;
  readonly run: number;
  /** Faults with how often each was seen, and one request of each. */
  readonly faults: readonly string[];
  /** Answers by their status; `none` where there was none, as after a request that was broken off. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Operations that were asked, and those that at least once answered with 2xx. */
  readonly operations: number;
  readonly answered: number;
  /** Bytes in memory before and after. */
  readonly residentBefore: number;
  readonly residentAfter: number;
  /** Of those, what JavaScript holds: whether more memory is a leak or what an allocator keeps. */
  readonly heapBefore: number;
  readonly heapAfter: number;
  /** Milliseconds of a good client, while nothing else was asked and while all this was. */
  readonly idleP99: number;
  readonly busyP99: number;
  readonly goodAnswers: number;
  /** Milliseconds for which the host could attend to nobody, the longest. */
  readonly longestStall: number;
  /** The operations whose answers took longest to begin. */
  readonly slowest: readonly string[];
  readonly seconds: number;
}

export interface FuzzOptions {
  /** Requests at a time. Default 6. */
  readonly width?: number;
  /** Milliseconds in which the host may give memory back, before it is measured, at the start and at the end. Default 30 000. */
  readonly restMs?: number;
  readonly onProgress?: (line: string) => void;
}

/** Milliseconds in which every answer must begin: no request is worth more. */
const patienceMs = 30_000;

/** What a host may say when it cannot serve: each has its code in the table of errors, and 500 is none of them. */
const rightRefusals: ReadonlySet<number> = new Set([
  501,
  ...Object.values(errorTable)
    .map(({ status }) => status as number)
    .filter((status) => status > 500),
]);

/** Sends `count` requests made by `seed` to a real host in a folder of its own. */
export async function runFuzzGate(count: number, seed: number, options: FuzzOptions = {}): Promise<FuzzResult> {
  const { width = 6, restMs = 30_000, onProgress = () => undefined } = options;
  const begun = performance.now();
  await using place = await makePlace();
  const client = await startChild('good-client-child.ts', [], place);
  const { model } = await told<{ model: string }>(client, 'model');
  const host = await startChild('fuzz-host-child.ts', [`openai:tiny@${model}/v1`], place);
  const { url, token } = await told<{ url: string; token: string }>(host, 'url');
  const round = Math.min(2000, Math.max(250, Math.ceil(count / 50)));
  let ended = false;
  host.once('exit', () => (ended = true));
  client.send({ target: { url, token } });
  const sender = createFuzzSender({ port: Number(new URL(url).port), patienceMs, readMs: 300 });
  const tally = createTally();
  const draw = fuzzRequests(await openApiDocument('fuzz'), { folder: place.workspace, token, model: 'tiny' });
  const good = { idle: [] as number[], busy: [] as number[], failed: 0 };
  let longestStall = 0;
  const heaps: number[] = [];
  const resident = async (): Promise<number> => {
    host.send('memory');
    const {
      resident: bytes,
      heap,
      stall,
    } = await told<{ resident: number; heap: number; stall: number }>(host, 'resident');
    longestStall = Math.max(longestStall, stall);
    heaps.push(heap);
    return bytes;
  };
  let before = 0;
  let heapBefore = 0;
  try {
    // The first requests open what is opened once: programs and grammars are loaded, trees are read, code is compiled. Rare ones come late: what is held
    // grows until some 60,000 were sent, most of it until 20,000, and no more after that.
    const warm = Math.min(count, 20_000);
    for (let from = 0; from < count && !ended; from += round) {
      if (from >= warm && before === 0) {
        before = await rested(resident, restMs);
        heapBefore = heaps.splice(0).at(-1) ?? 0;
        longestStall = 0;
        good.idle.length = 0;
        good.busy.length = 0;
      }
      const requests = fc.sample(draw, { seed: seed + from, numRuns: Math.min(round, count - from) });
      client.send({ ask: true });
      await sendAll({ requests, width, sender, tally });
      client.send({ ask: false });
      await listen(client, (took, failed) => {
        good.busy.push(...took);
        good.failed += failed;
      });
      if (ended) break;
      await idle(client, good);
      onProgress(`${from + requests.length} requests, ${Math.round((performance.now() - begun) / 1000)} s`);
    }
    if (ended) tally.fault('the host ended', undefined);
    if (before === 0 && !ended) {
      before = await rested(resident, restMs);
      heapBefore = heaps.splice(0).at(-1) ?? 0;
    }
    const after = ended ? 0 : await rested(resident, restMs);
    if (good.failed > 0) tally.fault(`${good.failed} requests of a good client were not answered rightly`, undefined);
    return {
      ...{ asked: count, run: tally.run, faults: tally.faults(), statuses: tally.statuses },
      ...{ operations: tally.asked.size, answered: tally.answered.size },
      ...{ residentBefore: before, residentAfter: after },
      ...{ idleP99: percentile(good.idle, 0.99), busyP99: percentile(good.busy, 0.99) },
      slowest: tally.slowest(),
      longestStall,
      ...{ heapBefore, heapAfter: heaps.at(-1) ?? 0 },
      goodAnswers: good.idle.length + good.busy.length,
      seconds: (performance.now() - begun) / 1000,
    };
  } finally {
    sender.close();
    await Promise.all([endChild(host), endChild(client)]);
  }
}

async function sendAll(work: {
  readonly requests: readonly FuzzRequest[];
  readonly width: number;
  readonly sender: FuzzSender;
  readonly tally: Tally;
}): Promise<void> {
  const rest = [...work.requests];
  const worker = async (): Promise<void> => {
    for (let request = rest.pop(); request !== undefined; request = rest.pop())
      work.tally.take(request, await work.sender.send(request));
  };
  await Promise.all(Array.from({ length: work.width }, worker));
}

/** As many answers to a good client alone as fit into a second. */
async function idle(client: ChildProcess, good: { readonly idle: number[]; failed: number }): Promise<void> {
  // What was broken off is cleared away first.
  await pause(300);
  client.send({ ask: true });
  await pause(1000);
  client.send({ ask: false });
  await listen(client, (took, failed) => {
    good.idle.push(...took);
    good.failed += failed;
  });
}

async function listen(client: ChildProcess, take: (took: readonly number[], failed: number) => void): Promise<void> {
  await pause(100);
  client.send({ tell: true });
  const { took, failed } = await told<{ took: readonly number[]; failed: number }>(client, 'took');
  take(took, failed);
}

/** What is held once connections have closed, what is put off is done, and the host has given back what it does not use: the least in that time. */
async function rested(resident: () => Promise<number>, restMs: number): Promise<number> {
  let least = await resident();
  for (let waited = 0; waited < restMs; waited += 2000) {
    await pause(2000);
    least = Math.min(least, await resident());
  }
  return least;
}

interface Tally {
  run: number;
  readonly statuses: Record<string, number>;
  readonly asked: Set<string>;
  readonly answered: Set<string>;
  take(request: FuzzRequest, outcome: FuzzOutcome): void;
  fault(what: string, request: FuzzRequest | undefined): void;
  faults(): string[];
  slowest(): string[];
}

const brokenOff: ReadonlySet<FuzzKind> = new Set(['truncated', 'half-open', 'slow', 'no-http']);

function createTally(): Tally {
  const found = new Map<string, { times: number; readonly example: string }>();
  const slow = new Map<string, number>();
  const tally: Tally = {
    ...{ run: 0, statuses: {}, asked: new Set(), answered: new Set() },
    take(request, { status, text, hung, ms }) {
      tally.run += 1;
      tally.asked.add(request.operation);
      const key = status === undefined ? 'none' : String(status);
      tally.statuses[key] = (tally.statuses[key] ?? 0) + 1;
      if (status !== undefined && status < 300) tally.answered.add(request.operation);
      const where = request.operation;
      if (ms > (slow.get(where) ?? 0)) slow.set(where, ms);
      if (hung) tally.fault(`${where}: no answer in ${patienceMs} ms`, request);
      else if (status === undefined && !brokenOff.has(request.kind))
        tally.fault(`${where}: the connection closed without an answer`, request);
      else if (status !== undefined && status >= 500 && !rightRefusals.has(status))
        tally.fault(`${where}: ${status} ${/"message":"([^"]*)"/u.exec(text)?.[1] ?? text.slice(0, 100)}`, request);
    },
    fault(what, request) {
      const seen = found.get(what);
      if (seen) seen.times += 1;
      else found.set(what, { times: 1, example: request === undefined ? '' : exampleOf(request) });
    },
    slowest: () =>
      [...slow]
        .toSorted(([, a], [, b]) => b - a)
        .slice(0, 8)
        .map(([operation, ms]) => `${operation} ${Math.round(ms)} ms`),
    faults: () =>
      [...found].map(([what, { times, example }]) => `${times} times ${what}${example === '' ? '' : `: ${example}`}`),
  };
  return tally;
}

function exampleOf({ method, path, headers, body = '' }: FuzzRequest): string {
  const { authorization: _key, ...rest } = headers;
  return JSON.stringify([method, path.slice(0, 300), rest, Buffer.from(body).toString('utf8').slice(0, 600)]);
}

interface Place extends AsyncDisposable {
  readonly workspace: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A home and a small workspace in the folder for temporary files. */
async function makePlace(): Promise<Place> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-fuzz-')));
  const workspace = join(base, 'workspace');
  await mkdir(join(workspace, 'src'), { recursive: true });
  await mkdir(join(base, 'tmp'));
  await writeFile(
    join(workspace, 'src/a.ts'),
    'export function add(a: number, b: number): number {\n  return a + b;\n}\n',
  );
  return {
    workspace,
    env: { ...process.env, HOME: base, TMPDIR: join(base, 'tmp'), NOOTROPIC_HOME: join(base, 'home') },
    [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
}

async function startChild(file: string, args: readonly string[], { workspace, env }: Place): Promise<ChildProcess> {
  return fork(fileURLToPath(new URL(file, import.meta.url)), [...args], {
    ...{ cwd: workspace, env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** The next message that has this part. Rejects where the child ends before. */
function told<Message>(child: ChildProcess, part: string): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => {
      if (typeof message !== 'object' || message === null || !(part in message)) return;
      stop();
      resolve(message as Message);
    };
    const onExit = (): void => {
      stop();
      reject(new Error(`The process that was to tell its ${part} has ended.`));
    };
    const stop = (): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
    };
    child.on('message', onMessage);
    child.once('exit', onExit);
  });
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  if (child.connected) child.send('stop', () => undefined);
  const late = setTimeout(() => child.kill('SIGKILL'), 8000);
  if (child.connected) setTimeout(() => child.connected && child.disconnect(), 100).unref();
  await gone;
  clearTimeout(late);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
