import {
  memoryPlanSchema,
  modelListingSchema,
  modelsStatusSchema,
  NootropicError,
  recommendationSchema,
  runningModelSchema,
  storedModelSchema,
  usageRowSchema,
  type Assistant,
} from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { run, type RunOptions } from './fake-host.test-fixture.ts';
import {
  measuredProfile,
  memoryPlan,
  modelsStatus,
  plannedModel,
  recommendation,
  storedModel,
} from './fake-models.test-fixture.ts';
import { textWidth } from './text-width.ts';

const plain = { terminal: true, env: { NO_COLOR: '1' } } satisfies RunOptions;

/** A name as an attacker would choose it, in every place that takes a name from outside. */
const evil = 'a\u001b]0;pwned\u0007b\u001b[2J\nc';

function notFound(): never {
  throw new NootropicError('MODEL_NOT_FOUND', 'There is no model.');
}

/** Reports some bytes, then goes on until it is stopped. */
async function* endless(signal: AbortSignal | undefined): AsyncGenerator<never> {
  yield { type: 'progress', done: 50e6, total: 100e6 } as never;
  await new Promise((resolve) => signal?.addEventListener('abort', resolve));
}

describe('what every command of models and keys keeps to', () => {
  const views = [
    ['models', 'recommend'],
    ['models', 'search', 'q'],
    ['models', 'plan', 'tiny'],
    ['models', 'list'],
    ['models', 'show', 'tiny'],
    ['models', 'bench', 'tiny'],
    ['models', 'ps'],
    ['models', 'load', 'tiny'],
    ['models', 'unload', 'tiny'],
    ['models', 'usage'],
    ['models', 'pull', 'hf:a/b/c.gguf'],
    ['models', 'import', 'a.gguf'],
    ['models', 'rm', 'tiny', '--yes'],
    ['keys', 'list'],
    ['keys', 'rm', 'openai'],
  ];

  it.each(views.map((args) => [args.join(' '), args] as const))(
    'with --json prints JSON and no talk: %s',
    async (_name, args) => {
      const ran = await run([...args, '--json']);
      expect(ran).toMatchObject({ code: 0, err: '' });
      expect(ran.lines().length).toBeGreaterThan(0);
    },
  );

  it.each(views.map((args) => [args.join(' '), args] as const))(
    'colours nothing when it is told not to: %s',
    async (_name, args) => {
      const { code, out, err } = await run(args, plain);
      expect(code).toBe(0);
      expect(out).not.toContain('\u001b');
      expect(err.replaceAll('\r\u001b[2K', '')).not.toContain('\u001b');
    },
  );

  const tables = [['recommend'], ['plan', 'tiny'], ['list'], ['ps'], ['usage']];
  it.each(tables.flatMap((args) => [40, 60, 80, 120].map((columns) => [args.join(' '), columns, args] as const)))(
    'fits the terminal: %s in %i columns',
    async (_name, columns, args) => {
      const { out } = await run(['models', ...args], { ...plain, columns });
      // A command is there to be copied, so it is never cut.
      const lines = out.split('\n').filter((line) => !line.startsWith('  nootropic '));
      for (const line of lines) expect([line, textWidth(line) <= columns]).toEqual([line, true]);
    },
  );

  it('cuts nothing in a pipe', async () => {
    const { out } = await run(['models', 'ps'], { columns: 30 });
    expect(out).toContain('coder-7b-instruct-q4_k_m  chat');
    expect(out).not.toContain('…');
  });
});

describe('models recommend', () => {
  it('prints the machine, the set, why, what was given up, and one command per model', async () => {
    const { out } = await run(['models', 'recommend'], plain);
    expect(out.split('\n')[0]).toBe('This machine: 16.8 GB memory, 11.2 GB available, 9.8 GB for models, no GPU');
    expect(out).toMatch(/^chat +Coder 7B Instruct Q4… +4\.7 GB +5\.8 GB +8,192 +60 +7\.3$/m);
    expect(out).toMatch(/^completion .* shared/m);
    expect(out).toMatch(/^embedding .* installed/m);
    expect(out).toContain('chat: The largest of its kind that leaves room');
    expect(out).toContain('Given up to make it fit\n  · The context is kept as q8_0 instead of f16.');
    expect(out.match(/^ {2}nootropic models pull .*$/gm)).toEqual([
      '  nootropic models pull hf:owner/repo/coder-7b-q4_k_m.gguf',
    ]);
  });

  it('gives the contract’s object with --json', async () => {
    const [found] = (await run(['models', 'recommend', '--json'])).lines();
    expect(recommendationSchema.parse(found)).toEqual(recommendation);
  });

  it('says so when nothing fits, and when all is installed', async () => {
    const nothing = {
      plan: { ...memoryPlan, models: [], gaveUp: ['Every model of the catalogue is too large.'] },
      picks: [],
    };
    const none = await run(['models', 'recommend'], { host: { models: { recommend: async () => nothing } } });
    expect(none.out).toContain('No model of the catalogue fits.');
    expect(none.out).toContain('Every model of the catalogue is too large.');
    const all = { ...recommendation, picks: recommendation.picks.map((pick) => ({ ...pick, installed: true })) };
    const done = await run(['models', 'recommend'], { host: { models: { recommend: async () => all } } });
    expect(done.out).toContain('All of them are installed.');
    expect(done.out).not.toContain('models pull');
  });
});

describe('models plan', () => {
  it('says what it costs by part, and what is left', async () => {
    const { code, out } = await run(['models', 'plan', 'tiny', '--context', '8192', '--role', 'chat'], plain);
    expect(code).toBe(0);
    expect(out).toContain('Coder 7B Instruct Q4_K_M for chat: fits\ndisk         4.7 GB to download\n');
    expect(out).toMatch(/^repacked weights +600 MB/m);
    expect(out).toMatch(/^total +5\.8 GB$/m);
    expect(out).toContain('Memory: 4.0 GB left for other models, 5.4 GB free on the machine.');
  });

  it('passes on the context and the role, and a path made absolute', async () => {
    const asked: unknown[] = [];
    const models = {
      plan: async (input: object) => {
        asked.push(input);
        return { plan: memoryPlan, download: 0 };
      },
    };
    await run(['models', 'plan', 'a.gguf', '--context', '4096', '--role', 'embedding'], {
      host: { models },
      cwd: '/usr',
    });
    await run(['models', 'plan', 'hf:a/b/c.gguf'], { host: { models } });
    expect(asked).toEqual([
      { ref: 'file:/usr/a.gguf', contextLength: 4096, role: 'embedding' },
      { ref: 'hf:a/b/c.gguf' },
    ]);
    expect((await run(['models', 'plan', 'x', '--context', '12'])).code).toBe(2);
    expect((await run(['models', 'plan', 'x', '--role', 'poet'])).code).toBe(2);
  });

  it('tells the memory of the GPU from that of the machine', async () => {
    const plan = {
      ...memoryPlan,
      models: [{ ...plannedModel, gpuLayers: 20, estimate: { ...plannedModel.estimate, gpu: 4e9 } }],
      gpu: { name: 'Some GPU', total: 8e9, usable: 7e9, planned: 4e9 },
    };
    const { out } = await run(['models', 'plan', 'x'], {
      host: { models: { plan: async () => ({ plan, download: 0 }) } },
    });
    expect(out).toContain('20 of 28 on the GPU, the rest on the processor');
    expect(out).toMatch(/^on the GPU +4\.0 GB$/m);
    expect(out).toMatch(/^in memory +1\.8 GB$/m);
    expect(out).toContain('GPU: 3.0 GB left for other models.');
    expect(out).toContain('4.7 GB, nothing to download');
  });

  it('exits with 3 where it does not fit, and says by how much', async () => {
    const plan = { ...memoryPlan, fits: false, memory: { ...memoryPlan.memory, usable: 4e9 } };
    const models = { plan: async () => ({ plan, download: 4.7e9 }) };
    const ran = await run(['models', 'plan', 'x'], { host: { models } });
    expect(ran.code).toBe(3);
    expect(ran.out).toContain('for chat: does not fit');
    expect(ran.out).toContain('Memory: 1.8 GB too much.');
    const json = await run(['models', 'plan', 'x', '--json'], { host: { models } });
    expect(json.code).toBe(3);
    expect(memoryPlanSchema.parse((json.lines()[0] as { plan: unknown }).plan).fits).toBe(false);
  });
});

describe('models pull', () => {
  it('says what it gets, under which license, and what to do with it', async () => {
    const { out, err } = await run(['models', 'pull', 'hf:a/b/c.gguf']);
    expect(out).toBe('Installed tiny (1.2 kB, chat)\n');
    expect(err).toBe('Getting hf:a/b/c.gguf@abc (1.2 kB, license: mit)\nTry it: nootropic ask --model tiny "…"\n');
    const json = await run(['models', 'pull', 'x', '--json']);
    expect(json.lines().map((line) => (line as { type: string }).type)).toEqual(['resolved', 'progress', 'pulled']);
  });

  it('shows bytes, speed and the time that is left, and that it goes on', async () => {
    let time = 0;
    const models = {
      pull: async () =>
        (async function* () {
          for (const done of [100e6, 110e6, 120e6]) {
            yield { type: 'progress' as const, done, total: 200e6 };
            time += 1000;
          }
          yield { type: 'pulled' as const, model: storedModel };
        })(),
    };
    const { err } = await run(['models', 'pull', 'x'], { ...plain, columns: 100, host: { models }, clock: () => time });
    expect(err).toContain('Going on where it stopped, at 100 MB.');
    expect(err).toContain(' 60% 120 MB of 200 MB, 10.0 MB/s, 8.0 s left');
  });

  it('keeps what has arrived when it is interrupted, and says so', async () => {
    const models = {
      pull: async (_input: unknown, options?: { signal?: AbortSignal | undefined }) => endless(options?.signal),
    };
    for (const json of [[], ['--json']]) {
      const ran = await run(['models', 'pull', 'x', ...json], {
        host: { models },
        during: ({ interrupt }) => void setTimeout(interrupt, 20),
      });
      expect(ran.code).toBe(130);
      expect(ran.err).toContain('the same command goes on where it stopped');
      if (json.length > 0) expect(ran.lines().at(-1)).toMatchObject({ error: { code: 'ABORTED' } });
    }
  });

  it('ends with the exit code of what went wrong', async () => {
    const refuse = (code: 'SOURCE_UNREACHABLE' | 'DENIED' | 'MODEL_NOT_FOUND') => ({
      pull: async () => {
        throw new NootropicError(code);
      },
    });
    expect((await run(['models', 'pull', 'hf:x'], { host: { models: refuse('SOURCE_UNREACHABLE') } })).code).toBe(1);
    expect((await run(['models', 'pull', 'hf:x'], { host: { models: refuse('DENIED') } })).code).toBe(4);
    expect((await run(['models', 'pull', 'hf:x'], { host: { models: refuse('MODEL_NOT_FOUND') } })).code).toBe(3);
  });
});

describe('models import', () => {
  it('takes a path from the folder of the call, with or without its scheme', async () => {
    for (const path of ['a.gguf', 'file:a.gguf']) {
      const ran = await run(['models', 'import', path, '--json'], { cwd: '/usr' });
      expect(ran.lines().at(-1)).toMatchObject({ type: 'imported', model: { path: '/usr/a.gguf' } });
    }
    expect((await run(['models', 'import', 'a.gguf'])).out).toBe('Imported tiny (1.2 kB): file:/m/tiny.gguf\n');
  });
});

describe('models search', () => {
  it('tells what is here from what is to be had, and never cuts a reference', async () => {
    const { out, err } = await run(['models', 'search', 'the', 'file'], { ...plain, columns: 40 });
    expect(out).toContain('On this machine\n  /home/someone/.ollama/blobs/sha256-1\n');
    expect(out).toContain('a-repository-with-a-long-name-GGUF/the-file-of-the-model-q4_k_m.gguf\n');
    expect(err).toContain('note: The registry of Ollama cannot be searched.');
    const [found] = (await run(['models', 'search', '--json'])).lines() as [{ listings: unknown[] }];
    expect(found.listings.map((listing) => modelListingSchema.parse(listing).source)).toEqual([
      'ollama-files',
      'huggingface',
    ]);
  });

  it('says what to try when nothing was found', async () => {
    const models = { search: async () => ({ listings: [], notices: [] }) };
    const { code, err } = await run(['models', 'search', 'zzz'], { host: { models } });
    expect([code, err]).toEqual([0, expect.stringContaining('nootropic models recommend')]);
    expect((await run(['models', 'search', '-n', '0', 'a'])).code).toBe(2);
  });
});

describe('models list', () => {
  it('says which model serves each role and why, with the speeds that were measured', async () => {
    const stored = [{ ...storedModel, profile: measuredProfile }];
    const models = { list: async () => ({ chat: storedModel.ref, models: [], stored }) };
    const { out } = await run(['models', 'list'], { ...plain, host: { models } });
    expect(out).toMatch(/^chat +tiny +\(the newest installed one\)$/m);
    expect(out).toMatch(/^completion +tiny +\(the one that answers\)$/m);
    expect(out).toMatch(/^tiny +chat +1\.2 kB +512 +118 +9\.5$/m);
    const made = [...stored, { ...storedModel, name: 'fim', ref: 'file:/m/fim.gguf', role: 'completion' as const }];
    const both = { list: async () => ({ chat: storedModel.ref, models: [], stored: made }) };
    expect((await run(['models', 'list'], { host: { models: both } })).out).toMatch(
      /^completion +fim +\(the newest one made for it\)$/m,
    );
  });

  it('says what to do where nothing is installed', async () => {
    const models = { list: async () => ({ chat: 'none', models: [], stored: [] }) };
    const { out, err } = await run(['models', 'list'], { host: { models } });
    expect(out).toContain('no language model');
    expect(err).toContain('No model is installed: `nootropic models recommend`.');
  });
});

describe('a model that does not exist', () => {
  const leaves = ['show', 'bench', 'rm', 'unload'];
  it.each(leaves)('exits with 3 and names the one that was probably meant: models %s', async (leaf) => {
    const { code, err } = await run(['models', leaf, 'tniy']);
    expect([code, err]).toEqual([3, 'error MODEL_NOT_FOUND: There is no model "tniy".\n→ Did you mean tiny?\n']);
  });

  it('says how to get one where there is none at all', async () => {
    const models = { list: async () => ({ chat: 'none', models: [], stored: [] }), show: async () => notFound() };
    const { err } = await run(['models', 'show', 'qwen'], { host: { models } });
    expect(err).toContain('→ No model is installed: `nootropic models recommend`.');
  });

  it('leaves the hint of an error about a reference alone', async () => {
    const models = { plan: async () => notFound() };
    const { err } = await run(['models', 'plan', 'hf:tiny/x'], { host: { models } });
    expect(err).toContain('Run `nootropic models list`');
  });
});

describe('models show, bench and rm', () => {
  it('shows what was measured, or how to measure it', async () => {
    expect((await run(['models', 'show', 'tiny'])).out).toContain('Not measured here yet: nootropic models bench tiny');
    const models = { show: async () => ({ ...storedModel, profile: measuredProfile, source: 'hf:a/b/c.gguf@1' }) };
    const { out } = await run(['models', 'show', 'tiny'], { host: { models } });
    expect(out).toMatch(/came from +hf:a\/b\/c\.gguf@1/);
    expect(out).toMatch(/tool calls +92% right/);
    expect(storedModelSchema.parse((await run(['models', 'show', 'tiny', '--json'])).lines()[0])).toEqual(storedModel);
  });

  it('measures under a bar, and keeps what was measured', async () => {
    const { out, err } = await run(['models', 'bench', 'tiny'], plain);
    expect(err).toContain(' 25% reading');
    expect(out).toMatch(/^writes +9\.5 tokens\/s$/m);
    expect(out).toMatch(/^edits +search-replace 80%, whole-file 100%$/m);
    const noTools = {
      bench: async () =>
        (async function* () {
          yield { type: 'measured' as const, profile: { ...measuredProfile, toolCalls: null } };
        })(),
    };
    expect((await run(['models', 'bench', 'tiny'], { host: { models: noTools } })).out).toContain(
      'it cannot call tools',
    );
  });

  it('asks before it removes, and removes the one that it asked about', async () => {
    const removed: string[] = [];
    const models = {
      remove: async ({ name }: { name: string }) => {
        removed.push(name);
        return storedModel;
      },
    };
    const rm = (text?: string, ...flags: string[]) =>
      run(['models', 'rm', 'ti', ...flags], {
        host: { models },
        ...(text === undefined ? {} : { stdin: { kind: 'terminal' as const, text } }),
      });
    expect((await rm()).code).toBe(4);
    expect((await rm('n')).code).toBe(4);
    expect(removed).toEqual([]);
    expect((await rm('y')).err).toContain('Remove tiny (1.2 kB) for good?');
    expect((await rm(undefined, '--yes')).code).toBe(0);
    expect(removed).toEqual(['tiny', 'tiny']);
  });
});

describe('models ps', () => {
  it('shows models, memory, cores, the queue by class, and the disk', async () => {
    const { out } = await run(['models', 'ps'], { ...plain, columns: 110 });
    expect(out).toMatch(/^coder-7b-instruct-q4_k_m +chat +busy +5\.8\/6\.1 GB +1\.2k\/8k ×2 +2 +7\.3 +now$/m);
    expect(out).toMatch(/^embed +embedding +idle +140 MB +0\/512 +1 +3 min$/m);
    expect(out).toContain('6.1 GB used, 5.9 GB promised of 9.8 GB for models; 5.2 GB of 16.8 GB free, pressure 2%');
    expect(out).toContain('0.5 of 2 free');
    expect(out).toContain('1 running, 3 waiting: 1 chat (up to 0.4 s), 2 embed (up to 12 s)');
    expect(out).toContain('12 conversations kept, 340 MB');
    expect(modelsStatusSchema.parse((await run(['models', 'ps', '--json'])).lines()[0])).toEqual(modelsStatus);
  });

  it('says what an empty one means, here and in a host', async () => {
    const status = {
      ...modelsStatus,
      models: [],
      queue: { running: 0, waiting: [], estimatedWaitMs: 0 },
      states: { files: 0, bytes: 0 },
    };
    const models = { ps: async () => status };
    const here = await run(['models', 'ps'], { host: { models } });
    expect(here.out).toContain('`nootropic serve --detach` starts a host that keeps them');
    expect(here.out).toMatch(/^Queue +empty$/m);
    expect((await run(['models', 'ps'], { host: { models, remote: true } })).out).toContain(
      'The next question loads one',
    );
  });

  it('shows it again in its place until it is interrupted, which is no failure', async () => {
    let reads = 0;
    const watched = async (options: RunOptions, ...flags: string[]) => {
      reads = 0;
      let stop = (): void => undefined;
      const models = {
        ps: async () => {
          reads += 1;
          if (reads === 3) stop();
          return modelsStatus;
        },
      };
      return run(['models', 'ps', '--watch', ...flags], {
        ...options,
        host: { models },
        during: ({ interrupt }) => void (stop = interrupt),
      });
    };
    const terminal = await watched(plain);
    expect(terminal).toMatchObject({ code: 0, err: '' });
    expect(terminal.out.split('\u001b[H')).toHaveLength(4);
    const pipe = await watched({});
    expect(pipe.out).not.toContain('\u001b');
    expect(pipe.out.match(/^MODEL /gm)).toHaveLength(3);
    expect((await watched({}, '--json')).lines()).toHaveLength(3);
  });

  it('ends a watch with the error of the host', async () => {
    const models = {
      ps: async () => {
        throw new NootropicError('HOST_UNREACHABLE');
      },
    };
    expect((await run(['models', 'ps', '--watch'], { host: { models } })).code).toBe(1);
  });
});

describe('models load and unload', () => {
  it('says what it took, and that it stays only in a host', async () => {
    const here = await run(['models', 'load', 'tiny']);
    expect(here.out).toContain(
      'for chat in 0.0 s: 5.8 GB planned, 6.1 GB measured, 8,192 tokens of context, 2 threads',
    );
    expect(here.err).toContain('It is freed again now');
    expect((await run(['models', 'load', 'tiny'], { host: { remote: true } })).err).toBe('');
    expect(
      runningModelSchema.parse((await run(['models', 'load', 'a.gguf', '--json'], { cwd: '/usr' })).lines()[0]).ref,
    ).toBe('file:/usr/a.gguf');
  });

  it('says how much was freed, or that nothing was there', async () => {
    expect((await run(['models', 'unload', 'tiny'])).out).toBe('Unloaded file:/m/tiny.gguf: 6.1 GB freed\n');
    const models = { unload: async () => ({ ref: 'file:/m/tiny.gguf', freed: 0 }) };
    expect((await run(['models', 'unload', 'tiny'], { host: { models } })).out).toBe(
      'file:/m/tiny.gguf was not in memory\n',
    );
  });
});

describe('models usage', () => {
  it('adds up what ran here and what ran elsewhere, apart', async () => {
    const { out } = await run(['models', 'usage'], plain);
    expect(out).toMatch(/^on this machine +12 +34,567 +120,000 +4,321$/m);
    expect(out).toMatch(/^elsewhere +2 +9,000 +0 +800 +\$0\.0391$/m);
    expect(out).toMatch(/^total +14 +43,567 +120,000 +5,121 +\$0\.0391$/m);
    const [found] = (await run(['models', 'usage', '--days', '7', '--json'])).lines() as [{ rows: unknown[] }];
    expect(found).toMatchObject({ days: 7, local: { cost: 0 }, remote: { calls: 2 }, total: { tokensWritten: 5121 } });
    for (const row of found.rows) usageRowSchema.parse(row);
  });

  it('says so when nothing was used, and refuses days that are none', async () => {
    const models = { usage: async () => [] };
    expect((await run(['models', 'usage'], { host: { models } })).err).toBe('No model was used in the last 30 days.\n');
    expect((await run(['models', 'usage', '--days', 'x'])).code).toBe(2);
  });
});

describe('text from outside', () => {
  it('never reaches a terminal as a control sequence, nor breaks a line of a table', async () => {
    const model = { ...storedModel, name: evil, ref: `file:${evil}`, path: evil, license: evil, source: evil };
    const running = { ...modelsStatus.models[0], name: evil, ref: evil } as (typeof modelsStatus.models)[number];
    const listing = { ref: evil, name: evil, source: 'huggingface', note: evil, license: evil };
    const models: Partial<Assistant['models']> = {
      list: async () => ({ chat: model.ref, models: [], stored: [model] }),
      show: async () => model,
      search: async () => ({ listings: [listing], notices: [evil] }),
      recommend: async () => ({
        plan: { ...memoryPlan, gaveUp: [evil] },
        picks: [{ role: 'chat', listing, installed: false, why: evil }],
      }),
      plan: async () => ({
        plan: { ...memoryPlan, models: [{ ...plannedModel, name: evil }], gaveUp: [evil] },
        download: 1,
      }),
      pull: async () =>
        (async function* () {
          yield { type: 'resolved' as const, ref: evil, bytes: 1, license: evil };
          yield { type: 'pulled' as const, model };
        })(),
      ps: async () => ({ ...modelsStatus, models: [running] }),
      load: async () => running,
      unload: async () => ({ ref: evil, freed: 1 }),
      usage: async () => [
        {
          model: evil,
          client: evil,
          calls: 1,
          tokensRead: 1,
          tokensReused: 1,
          tokensWritten: 1,
          cost: 1,
          local: false,
        },
      ],
    };
    const views = [
      ['list'],
      ['show', 'x'],
      ['search'],
      ['recommend'],
      ['plan', 'x'],
      ['pull', 'x'],
      ['ps'],
      ['load', 'x'],
      ['unload', 'x'],
      ['usage'],
    ];
    for (const args of views) {
      const ran = await run(['models', ...args], { ...plain, host: { models } });
      const shown = `${ran.out}${ran.err.replaceAll('\r\u001b[2K', '')}`;
      expect([args, ran.code, shown.includes('\u001b'), shown.includes('pwned')]).toEqual([args, 0, false, false]);
      expect([
        args,
        ran.out.split('\n').filter((line) => /^c\b/.test(line) && !/^c(hat|omp|ont|am)/.test(line)),
      ]).toEqual([args, []]);
    }
  });
});
