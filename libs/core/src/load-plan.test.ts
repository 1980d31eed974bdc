import type { GgufHeader } from '@nootropic/contracts';
import { createMemoryLedger } from '@nootropic/scheduler';
import { createMemorySessionLog, createRecordingTelemetry } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { collect, subjectsOn } from './assistant.fixture.ts';
import { planLoad, planMachine, usualContext } from './load-plan.ts';

const createSubject = subjectsOn({ sessions: createMemorySessionLog, telemetry: createRecordingTelemetry });

const gigabyte = 1e9;
/** Whose keys and values take far more than its weights. */
const header: GgufHeader = {
  architecture: 'llama',
  metadata: {
    'llama.block_count': 32,
    'llama.embedding_length': 8192,
    'llama.attention.head_count': 32,
    'llama.attention.head_count_kv': 32,
    'llama.feed_forward_length': 14_336,
    'llama.context_length': 32_768,
  },
  tensorBytes: gigabyte,
  vocabulary: 32_000,
};
const candidate = { ref: 'file:x', name: 'x', fileBytes: header.tensorBytes, header };

function ports(availableGigabytes: number, idle = 0) {
  const reading = {
    memoryTotal: 16 * gigabyte,
    memoryAvailable: availableGigabytes * gigabyte,
    cores: 4,
    coresFree: 4,
  };
  const machine = { read: async () => ({ ...reading, power: 'mains' as const, devices: [] }) };
  const one = { key: 'chat y', what: 'y', state: 'idle' as const, planned: idle, pinned: false };
  return {
    machine,
    ledger: createMemoryLedger({ machine }),
    residency: { view: () => (idle > 0 ? [{ ...one, leases: 0, usedAt: 0, uses: 1, reloadSeconds: 1 }] : []) },
    localModel: async (ref: string) => (ref === 'file:x' ? candidate : undefined),
    limits: {},
  };
}

describe('planLoad', () => {
  it('shortens the context of a model that would not fit with it, and says so', async () => {
    const roomy = await planLoad(ports(15.5), 'file:x', 'chat');
    const tight = await planLoad(ports(8), 'file:x', 'chat');
    expect(roomy.gaveUp).toEqual([]);
    expect(tight.gaveUp).not.toEqual([]);
    expect(tight.options.contextLength).toBeLessThanOrEqual(roomy.options.contextLength ?? 0);
    expect(tight.options).not.toEqual(roomy.options);
  });

  it('leaves the wishes as they are where nothing is known or nothing fits', async () => {
    const limits = { contextLength: 8000, threads: 3, kvType: 'q8_0' as const };
    const wished = { role: 'chat', ...limits };
    expect((await planLoad({ ...ports(8), limits }, 'file:other', 'chat')).options).toEqual(wished);
    expect((await planLoad({ ...ports(0.5), limits }, 'file:x', 'chat')).options).toEqual(wished);
  });
});

describe('usualContext', () => {
  it('is 8192 tokens for a chat, and never more than the model was trained on', () => {
    expect(usualContext(header, 'chat')).toBe(8192);
    expect(usualContext({ ...header, metadata: { 'llama.context_length': 4096 } }, 'chat')).toBe(4096);
    expect(usualContext({ ...header, metadata: {} }, 'embedding')).toBe(2048);
  });
});

describe('planMachine', () => {
  it('counts what idle models hold as free, unless it is asked how things are', async () => {
    const made = ports(4, 2 * gigabyte);
    const estimate = { weights: 3 * gigabyte, repack: 0, kvCache: 0, compute: 0, total: 2 * gigabyte, gpu: 0 };
    const reservation = await made.ledger.reserve({ what: 'y', estimate });
    reservation.settle();
    expect((await planMachine(made)).state.memoryAvailable).toBe(6 * gigabyte);
    expect((await planMachine(made, true)).state.memoryAvailable).toBe(4 * gigabyte);
  });
});

describe('a turn whose model had to be fitted', () => {
  it('says what was given up, once for each load', async () => {
    const { models, assistant } = createSubject({
      chat: 'file:x',
      models: { localModel: async () => candidate },
    });
    const said = async () =>
      (await collect(await assistant.send({ workspace: '/w', text: 'x' }))).filter(
        (event) => event.type === 'notice' && event.code === 'model-fitted',
      );
    expect(await said()).not.toEqual([]);
    expect(await said()).toEqual([]);
    await models.unload('file:x');
    expect(await said()).not.toEqual([]);
  });
});
