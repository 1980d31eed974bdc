import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  configSchema,
  type DoctorCheck,
  type MemoryPlan,
  type ModelsStatus,
  type ProviderKey,
} from '@nootropic/contracts';
import { createSimulatedMachine } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examine, type Examined } from './doctor.ts';
import { resolvePaths } from './paths.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nootropic-doctor-'));
});
afterEach(() => rm(home, { recursive: true }));

const plan: MemoryPlan = {
  fits: true,
  models: [],
  memory: { total: 16e9, available: 9e9, usable: 8e9, planned: 5e9 },
  gaveUp: [],
};
const status: ModelsStatus = {
  models: [],
  memory: { total: 16e9, available: 9e9, usable: 8e9, promised: 0 },
  cores: { total: 2, free: 2 },
  queue: { running: 0, waiting: [], estimatedWaitMs: 0 },
  states: { files: 3, bytes: 20e6 },
};

interface Found {
  readonly chosen?: string;
  readonly plan?: MemoryPlan | Error;
  readonly keys?: ProviderKey[];
  readonly states?: ModelsStatus['states'];
  readonly config?: Parameters<typeof configSchema.parse>[0];
  readonly env?: NodeJS.ProcessEnv;
  readonly machine?: Examined['machine'];
  readonly sandbox?: Awaited<ReturnType<Examined['runner']['sandbox']>>;
}

/** What the doctor says of an installation in which only this is out of the ordinary. */
async function checks(found: Found = {}): Promise<Record<string, Omit<DoctorCheck, 'name'>>> {
  const env = { NOOTROPIC_HOME: home, ...found.env };
  const all = await examine({
    paths: resolvePaths(env),
    config: configSchema.parse(found.config ?? {}),
    machine: found.machine ?? createSimulatedMachine(),
    models: {
      choose: async () => ({
        ref: found.chosen ?? 'file:/m/a.gguf',
        reason: 'the newest imported model',
        role: 'chat',
        named: false,
      }),
      ways: async () => ['nootropic models import PATH'],
    },
    assistant: {
      models: {
        plan: async () => {
          if (found.plan instanceof Error) throw found.plan;
          return { plan: found.plan ?? plan, download: 0 };
        },
        ps: async () => ({ ...status, states: found.states ?? status.states }),
      },
      keys: { list: async () => found.keys ?? [] },
    },
    sessions: { list: async () => [] },
    runner: {
      run: async () => ({ stdout: 'git version 2', stderr: '', exitCode: 0 }) as never,
      sandbox: async () => found.sandbox ?? { available: true, kind: 'bubblewrap' },
    },
    env,
    knowledge: async () => ({
      stats: async () => ({ files: 1, chunks: 1, symbols: 1, vectors: 1, bytes: 1, vectorStore: 'exact' }),
    }),
  });
  return Object.fromEntries(all.map(({ name, ...rest }) => [name, rest]));
}

describe('the doctor on models', () => {
  it('finds nothing to do where all is well', async () => {
    const found = await checks();
    for (const [name, check] of Object.entries(found)) expect([name, check.state]).toEqual([name, 'ok']);
    expect(found['plan']?.detail).toBe('5.0 GB planned of 8.0 GB for models, 9.0 GB available');
    expect(found['states']?.detail).toBe('3 kept, 20.0 MB of at most 2.1 GB (models.stateLimit)');
    expect(found['providers']?.detail).toBe('none may be used');
  });

  it('says that the model does not fit, or what was given up for it', async () => {
    const large = await checks({ plan: { ...plan, fits: false, memory: { ...plan.memory, planned: 12e9 } } });
    expect(large['plan']).toMatchObject({ state: 'problem', hint: expect.stringContaining('models recommend') });
    const cut = await checks({ plan: { ...plan, gaveUp: ['The context is 4096 tokens.'] } });
    expect(cut['plan']).toMatchObject({
      state: 'note',
      detail: expect.stringContaining('The context is 4096 tokens.'),
    });
    expect((await checks({ plan: new Error('no such file') }))['plan']).toMatchObject({
      state: 'problem',
      detail: 'no such file',
    });
  });

  it('plans nothing for a model that runs elsewhere', async () => {
    const never = new Error('must not be asked');
    expect((await checks({ chosen: 'ollama:a', plan: never }))['plan']?.state).toBe('ok');
    expect((await checks({ chosen: 'none', plan: never }))['plan']?.state).toBe('ok');
  });

  it('names a GPU, and says when it is not used', async () => {
    const machine = createSimulatedMachine({
      devices: [{ kind: 'gpu', name: 'Some GPU', memoryTotal: 8e9, memoryFree: 7e9 }],
    });
    expect((await checks({ machine }))['gpu']).toMatchObject({
      state: 'ok',
      detail: 'Some GPU (7.0 GB of 8.0 GB free)',
    });
    expect((await checks({ machine, config: { models: { gpu: 'off' } } }))['gpu']?.state).toBe('note');
    expect((await checks())['gpu']?.detail).toContain('none seen');
  });

  it('tells more on the disk than is allowed, and that none is kept', async () => {
    expect((await checks({ states: { files: 9, bytes: 9e9 } }))['states']?.state).toBe('note');
    expect((await checks({ config: { models: { stateLimit: 0 } } }))['states']?.detail).toContain('none are kept');
  });

  it('finds an enabled provider without a key', async () => {
    const keys: ProviderKey[] = [
      { provider: 'openai', place: 'none', enabled: true },
      { provider: 'xai', place: 'none', enabled: false },
    ];
    expect((await checks({ keys }))['providers']).toMatchObject({
      state: 'problem',
      hint: 'Run `nootropic keys set openai`.',
    });
    const kept = await checks({ keys: [{ provider: 'openai', place: 'keychain', enabled: true }] });
    expect(kept['providers']).toMatchObject({ state: 'ok', detail: expect.stringContaining('leaves this machine') });
  });

  it.skipIf(process.platform === 'win32')('finds a file of keys that others can read', async () => {
    const { keys: path, sessions } = resolvePaths({ NOOTROPIC_HOME: home });
    await checks();
    expect(sessions.startsWith(home)).toBe(true);
    await writeFile(path, '{}', { mode: 0o600 });
    expect((await checks())['keys']).toMatchObject({ state: 'ok', detail: expect.stringContaining(path) });
    await chmod(path, 0o640);
    expect((await checks())['keys']).toMatchObject({ state: 'problem', hint: expect.stringContaining('chmod 600') });
  });

  it('names what decides how downloads go, without any secret', async () => {
    const env = {
      https_proxy: 'http://me:hunter2@proxy:3128',
      NO_PROXY: 'localhost',
      HF_TOKEN: 'hf_secret',
      ALL_PROXY: 'me:hunter2@socks:1',
    };
    const { detail } = (await checks({ env }))['network'] ?? { detail: '' };
    expect(detail).toBe('HTTPS_PROXY http://…@proxy:3128, ALL_PROXY …@socks:1, NO_PROXY localhost, HF_TOKEN is set');
    expect((await checks())['network']?.detail).toBe('no proxy is set');
  });
});

describe('the sandbox', () => {
  it('is named where there is one, and else why there is none and what to do', async () => {
    expect((await checks())['sandbox']).toMatchObject({ state: 'ok', detail: expect.stringContaining('bubblewrap') });
    const sandbox = { available: false, kind: 'bubblewrap', reason: 'The program bwrap is not installed' };
    const { sandbox: found } = await checks({ sandbox });
    expect(found).toMatchObject({ state: 'note', detail: expect.stringContaining('not installed') });
    expect(found?.hint).toMatch(/asked for/u);
  });
});
