import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ComputeGate } from '@nootropic/contracts';
import { tinyGguf } from '@nootropic/testing';
import * as library from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from './model-process-held.ts';
import { holdModel } from './model-process-model.ts';

let dir = '';
let llama: library.Llama;
/** The part of the library that gives threads out; it is not of its public interface. */
interface Splitter {
  createConsumer(
    most: number,
    least?: number,
  ): {
    getAllocationToConsume(): readonly [number, unknown] | Promise<readonly [number, unknown]>;
  };
}

/** Threads of each computation, as the library gave them out. */
const given: number[] = [];

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'threads-'));
  llama = await library.getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 2 });
  const { _threadsSplitter: splitter } = llama as unknown as { readonly _threadsSplitter: Splitter };
  const create = splitter.createConsumer.bind(splitter);
  splitter.createConsumer = (most, least) => {
    const consumer = create(most, least);
    const take = consumer.getAllocationToConsume.bind(consumer);
    consumer.getAllocationToConsume = () => {
      const taken = take();
      void Promise.resolve(taken).then(([threads]) => given.push(threads));
      return taken;
    };
    return consumer;
  };
});

afterAll(async () => {
  await llama.dispose();
  await fs.rm(dir, { recursive: true, force: true });
});

/** Gives out one unit at a time, small ones, so that two jobs take turns. */
function turns(): ComputeGate {
  let last = Promise.resolve();
  return {
    async acquire(unit) {
      const before = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      await before;
      return { tokens: Math.min(unit.tokens, 8), release: () => resolve() };
    },
  };
}

function job(jobId: string, workClass: Job['workClass']): Job {
  return {
    jobId,
    workClass,
    client: jobId,
    signal: new AbortController().signal,
    session: undefined,
    emit: () => undefined,
  };
}

describe('two jobs that take turns', () => {
  it('each compute on all threads that were chosen', async () => {
    const native = {
      library,
      llama,
      threads: { choose: () => 2, observe: () => undefined },
      states: undefined,
      swapFolder: join(dir, 'swap'),
      onFailure: () => undefined,
    };
    const model = await holdModel(native, turns(), {
      command: {
        path: await tinyGguf({ fs, dir }),
        role: 'chat',
        contextLength: 512,
        threads: undefined,
        gpuLayers: undefined,
        kvType: undefined,
        sequences: undefined,
        identity: 'tiny',
      },
      model: 1,
      onProgress: () => undefined,
    });
    const long = Array.from({ length: 100 }, (_, index) => `word${index}`).join(' ');
    await Promise.all([
      model.generate(
        { messages: [{ role: 'user', content: long }], maxTokens: 4, temperature: 0 },
        job('chat', 'batch'),
      ),
      model.infill(
        { prefix: long.slice(0, 200), suffix: long.slice(200, 300), maxTokens: 8 },
        job('gap', 'completion'),
      ),
    ]);
    await model.dispose();
    expect(given.length).toBeGreaterThan(20);
    expect(new Set(given)).toEqual(new Set([2]));
  });
});
