import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LlamaPeer } from './llama-peer.ts';
import { runProgram, startProgram } from './other-program.ts';

export interface LlamaBenchRun {
  readonly model: string;
  readonly threads: number;
  /** Prompt tokens to read, or tokens to write; the other is 0. */
  readonly prompt?: number;
  readonly generate?: number;
  readonly signal: AbortSignal;
}

/** Tokens per second of llama-bench; it warms up by itself. */
export async function llamaBench(peer: LlamaPeer, options: LlamaBenchRun): Promise<number> {
  const { model, threads, prompt = 0, generate = 0, signal } = options;
  const args = { m: model, t: threads, p: prompt, n: generate, r: 1, ngl: 0, o: 'json' };
  const printed = await runProgram(
    peer.path('llama-bench'),
    Object.entries(args).flatMap(([name, value]) => [`-${name}`, String(value)]),
    { signal, env: peer.env },
  );
  const [row] = JSON.parse(printed) as { avg_ts: number }[];
  if (row === undefined || !(row.avg_ts > 0)) throw new Error(`llama-bench measured nothing: ${printed}`);
  return row.avg_ts;
}

export interface LlamaServerOptions {
  readonly model: string;
  readonly threads: number;
  /** Conversations at once. */
  readonly slots: number;
  /** Tokens of context for each. */
  readonly context: number;
  readonly signal: AbortSignal;
  readonly args?: readonly string[];
}

export interface LlamaServer extends AsyncDisposable {
  readonly url: string;
}

/** How long a server may take until it answers, in milliseconds. */
const startMs = 120_000;

/** llama-server on a free port of the loopback, ready to answer. */
export async function startLlamaServer(peer: LlamaPeer, options: LlamaServerOptions): Promise<LlamaServer> {
  const { model, threads, slots, context, signal } = options;
  const port = await freePort();
  const args = {
    '--model': model,
    '--threads': threads,
    '--parallel': slots,
    '--ctx-size': slots * context,
    '--port': port,
    '--host': '127.0.0.1',
    '--gpu-layers': 0,
  };
  const pairs = Object.entries(args).flatMap(([name, value]) => [name, String(value)]);
  const program = startProgram(peer.path('llama-server'), [...pairs, '--jinja', ...(options.args ?? [])], {
    signal,
    env: peer.env,
  });
  try {
    const url = `http://127.0.0.1:${port}`;
    let ended = false;
    program.ended.then(
      () => (ended = true),
      () => (ended = true),
    );
    const until = performance.now() + startMs;
    while (!(await answers(`${url}/health`, signal))) {
      signal.throwIfAborted();
      if (ended || performance.now() > until)
        throw new Error(`llama-server did not start: ${program.output().stderr.slice(-2_000)}`);
      await sleep(100, undefined, { signal });
    }
    return { url, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await fetch(url, { signal })).ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return promise;
}
