import fc from 'fast-check';
import type { GgufHeader, MachineState, MemoryPlan, ModelRole } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { createMemoryLedger } from './memory-ledger.ts';
import { planModels, type PlanMachine } from './memory-plan.ts';
import { contexts, points, rungsOf, type PlanCandidate, type PlanRole } from './memory-rungs.ts';

const gib = 1024 ** 3;

interface Shape {
  readonly architecture: string;
  readonly layers: number;
  readonly width: number;
  readonly hidden: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headWidth?: number;
  readonly vocabulary: number;
  /** In GB, at four and a half bits per weight. */
  readonly size: number;
  readonly fills?: boolean;
}

/** Shapes of models that people run. */
const shapes = {
  'qwen2.5-coder-0.5b': {
    architecture: 'qwen2',
    layers: 24,
    width: 896,
    hidden: 4864,
    heads: 14,
    keyValueHeads: 2,
    vocabulary: 151_936,
    size: 0.4,
    fills: true,
  },
  'qwen2.5-coder-1.5b': {
    architecture: 'qwen2',
    layers: 28,
    width: 1536,
    hidden: 8960,
    heads: 12,
    keyValueHeads: 2,
    vocabulary: 151_936,
    size: 0.99,
    fills: true,
  },
  'qwen2.5-coder-3b': {
    architecture: 'qwen2',
    layers: 36,
    width: 2048,
    hidden: 11_008,
    heads: 16,
    keyValueHeads: 2,
    vocabulary: 151_936,
    size: 1.9,
    fills: true,
  },
  'qwen2.5-coder-7b': {
    architecture: 'qwen2',
    layers: 28,
    width: 3584,
    hidden: 18_944,
    heads: 28,
    keyValueHeads: 4,
    vocabulary: 152_064,
    size: 4.7,
    fills: true,
  },
  'qwen2.5-coder-14b': {
    architecture: 'qwen2',
    layers: 48,
    width: 5120,
    hidden: 13_824,
    heads: 40,
    keyValueHeads: 8,
    vocabulary: 152_064,
    size: 9,
    fills: true,
  },
  'qwen2.5-coder-32b': {
    architecture: 'qwen2',
    layers: 64,
    width: 5120,
    hidden: 27_648,
    heads: 40,
    keyValueHeads: 8,
    vocabulary: 152_064,
    size: 19.9,
    fills: true,
  },
  'llama-3.1-8b': {
    architecture: 'llama',
    layers: 32,
    width: 4096,
    hidden: 14_336,
    heads: 32,
    keyValueHeads: 8,
    vocabulary: 128_256,
    size: 4.9,
  },
  'llama-2-7b': {
    architecture: 'llama',
    layers: 32,
    width: 4096,
    hidden: 11_008,
    heads: 32,
    keyValueHeads: 32,
    vocabulary: 32_000,
    size: 4.1,
  },
  'gemma-3-4b': {
    architecture: 'gemma3',
    layers: 34,
    width: 2560,
    hidden: 10_240,
    heads: 8,
    keyValueHeads: 4,
    headWidth: 256,
    vocabulary: 262_144,
    size: 2.5,
  },
  'gemma-3-12b': {
    architecture: 'gemma3',
    layers: 48,
    width: 3840,
    hidden: 15_360,
    heads: 16,
    keyValueHeads: 8,
    headWidth: 256,
    vocabulary: 262_144,
    size: 7.3,
  },
} as const satisfies Record<string, Shape>;

const embedders = {
  'nomic-embed': {
    architecture: 'nomic-bert',
    layers: 12,
    width: 768,
    hidden: 3072,
    heads: 12,
    keyValueHeads: 12,
    vocabulary: 30_522,
    size: 0.15,
  },
  'qwen3-embedding-0.6b': {
    architecture: 'qwen3',
    layers: 28,
    width: 1024,
    hidden: 3072,
    heads: 16,
    keyValueHeads: 8,
    vocabulary: 151_669,
    size: 0.64,
  },
} as const satisfies Record<string, Shape>;

function candidateOf(name: string, shape: Shape): PlanCandidate {
  const { architecture, layers, width, heads, headWidth = width / heads, size } = shape;
  const values: Record<string, unknown> = {
    block_count: layers,
    embedding_length: width,
    feed_forward_length: shape.hidden,
    context_length: 131_072,
    'attention.head_count': heads,
    'attention.head_count_kv': shape.keyValueHeads,
    'attention.key_length': headWidth,
    'attention.value_length': headWidth,
    ...(architecture === 'gemma3' && { 'attention.sliding_window': 1024 }),
  };
  const header: GgufHeader = {
    architecture,
    metadata: {
      ...Object.fromEntries(Object.entries(values).map(([key, value]) => [`${architecture}.${key}`, value])),
      'general.file_type': 15,
      ...(shape.fills === true && {
        'tokenizer.ggml.fim_pre_token_id': 1,
        'tokenizer.ggml.fim_suf_token_id': 2,
        'tokenizer.ggml.fim_mid_token_id': 3,
      }),
    },
    tensorBytes: size * 1e9,
    vocabulary: shape.vocabulary,
  };
  return { ref: `file:/models/${name}.gguf`, name, fileBytes: size * 1e9 + 6e6, header };
}

const named = (...names: (keyof typeof shapes)[]): PlanCandidate[] =>
  names.map((name) => candidateOf(name, shapes[name]));
const coders = named(
  'qwen2.5-coder-14b',
  'qwen2.5-coder-7b',
  'qwen2.5-coder-3b',
  'qwen2.5-coder-1.5b',
  'qwen2.5-coder-0.5b',
);

function machineOf(memory: number, vram = 0): PlanMachine {
  const state: MachineState = {
    memoryTotal: memory * gib,
    memoryAvailable: memory * gib * 0.85,
    cores: 8,
    coresFree: 8,
    power: 'mains',
    devices: vram === 0 ? [] : [{ kind: 'gpu', name: 'card', memoryTotal: vram * gib, memoryFree: vram * gib * 0.95 }],
  };
  return { state };
}

const everything: PlanRole[] = [
  { role: 'chat', candidates: coders },
  { role: 'completion', candidates: coders.slice(2) },
  {
    role: 'embedding',
    candidates: [
      candidateOf('qwen3-embedding-0.6b', embedders['qwen3-embedding-0.6b']),
      candidateOf('nomic-embed', embedders['nomic-embed']),
    ],
  },
  { role: 'reranking', candidates: [candidateOf('reranker', embedders['nomic-embed'])] },
];

const byRole = (plan: MemoryPlan, role: ModelRole) => plan.models.find((model) => model.role === role);

describe('a plan for a set of models', () => {
  it('gives everything that was wished where there is room', () => {
    const plan = planModels({ roles: everything }, machineOf(64));
    expect(plan.fits).toBe(true);
    expect(plan.gaveUp).toEqual([]);
    expect(plan.models.map(({ role, name, contextLength, kvType }) => [role, name, contextLength, kvType])).toEqual([
      ['chat', 'qwen2.5-coder-14b', 16_384, 'f16'],
      ['completion', 'qwen2.5-coder-3b', 4096, 'f16'],
      ['embedding', 'qwen3-embedding-0.6b', 2048, 'f16'],
      ['reranking', 'reranker', 2048, 'f16'],
    ]);
  });

  it('gives up what hurts least first, and says so', () => {
    const chat = (memory: number) =>
      planModels({ roles: [{ role: 'chat', candidates: named('llama-2-7b', 'qwen2.5-coder-3b') }] }, machineOf(memory));
    expect(chat(32).gaveUp).toEqual([]);
    expect(chat(12).gaveUp).toEqual(['llama-2-7b keeps what it has read as q8_0 instead of f16, to take less memory.']);
    expect(chat(10).gaveUp).toEqual([
      'llama-2-7b keeps what it has read as q8_0 instead of f16, to take less memory.',
      'Context of llama-2-7b shortened from 16384 to 8192 tokens: the rest would not fit beside the model.',
    ]);
    expect(chat(6).gaveUp).toEqual(['qwen2.5-coder-3b instead of llama-2-7b for chat: the larger one would not fit.']);
  });

  it('lets the chat model fill gaps where a second model would not fit', () => {
    const roles: PlanRole[] = [
      { role: 'chat', candidates: named('qwen2.5-coder-7b') },
      { role: 'completion', candidates: named('qwen2.5-coder-3b') },
    ];
    const plan = planModels({ roles }, machineOf(9));
    expect(byRole(plan, 'completion')).toMatchObject({
      name: 'qwen2.5-coder-7b',
      sharedWith: 'chat',
      estimate: { total: 0 },
    });
    expect(plan.gaveUp).toContain(
      'qwen2.5-coder-7b does completion as well: qwen2.5-coder-3b would not fit beside it.',
    );
  });

  it('loads a file once that is the best for two roles', () => {
    const one = named('qwen2.5-coder-3b');
    const plan = planModels(
      {
        roles: [
          { role: 'completion', candidates: one },
          { role: 'chat', candidates: one },
        ],
      },
      machineOf(64),
    );
    expect(byRole(plan, 'completion')).toMatchObject({ sharedWith: 'chat' });
    expect(plan.gaveUp).toEqual([]);
  });

  it('puts what fits on the GPU, and the rest beside the processor', () => {
    const roles: PlanRole[] = [{ role: 'chat', candidates: named('qwen2.5-coder-14b') }];
    const whole = planModels({ roles }, machineOf(32, 24));
    expect(byRole(whole, 'chat')).toMatchObject({ gpuLayers: 49, layers: 49 });
    const part = planModels({ roles }, machineOf(32, 8));
    const chat = byRole(part, 'chat');
    expect(chat?.gpuLayers).toBeGreaterThan(10);
    expect(chat?.gpuLayers).toBeLessThan(49);
    expect(part.gaveUp).toEqual([
      `${chat?.gpuLayers} of 49 layers of qwen2.5-coder-14b on card: the rest would not fit into the 6.6 GiB that may be used there.`,
    ]);
    expect(planModels({ roles }, { ...machineOf(32, 24), gpuOff: true })).not.toHaveProperty('gpu');
  });

  it('turns keys and values to eight bits where that brings the whole model onto the GPU', () => {
    const roles: PlanRole[] = [{ role: 'chat', candidates: named('llama-2-7b'), contextLength: 8192 }];
    expect(byRole(planModels({ roles }, machineOf(64, 9)), 'chat')).toMatchObject({ kvType: 'q8_0', gpuLayers: 33 });
    expect(byRole(planModels({ roles }, machineOf(64, 6)), 'chat')).toMatchObject({ kvType: 'f16' });
  });

  it('says in words why nothing fits, and what was not found', () => {
    const plan = planModels({ roles: [{ role: 'chat', candidates: named('qwen2.5-coder-32b') }] }, machineOf(8));
    expect(plan.fits).toBe(false);
    expect(plan.gaveUp.at(-1)).toMatch(
      /^Not even qwen2\.5-coder-32b with 2048 tokens fits: 1\d\.\d GiB are needed, 5\.8 GiB of memory may be used\.$/,
    );
    const none = planModels({ roles: [{ role: 'chat', candidates: [] }] }, machineOf(8));
    expect(none).toMatchObject({ fits: false, models: [] });
    expect(none.gaveUp).toEqual([
      'No chat model is known.',
      'There is no model for any of the roles that were asked for.',
    ]);
  });

  it('does without a role that no model is known for, and uses the chat model for completions', () => {
    const roles: PlanRole[] = [
      { role: 'chat', candidates: named('qwen2.5-coder-1.5b') },
      { role: 'completion', candidates: [] },
      { role: 'reranking', candidates: [] },
    ];
    const plan = planModels({ roles }, machineOf(16));
    expect(plan.models.map(({ role, sharedWith }) => [role, sharedWith])).toEqual([
      ['chat', undefined],
      ['completion', 'chat'],
    ]);
    expect(plan.gaveUp).toEqual(['No reranking model is known.']);
    const other = planModels(
      {
        roles: [
          { role: 'chat', candidates: [] },
          { role: 'completion', candidates: coders },
        ],
      },
      machineOf(16),
    );
    expect(other.fits).toBe(true);
    expect(other.models.map(({ role }) => role)).toEqual(['completion']);
  });

  it('keeps to the limit that a person gave, and to what is promised already', () => {
    const roles: PlanRole[] = [{ role: 'chat', candidates: coders }];
    const free = planModels({ roles }, machineOf(64));
    const limited = planModels({ roles }, { ...machineOf(64), memoryLimit: 4 * gib });
    expect(limited.memory.usable).toBe(4 * gib);
    expect(limited.memory.planned).toBeLessThanOrEqual(4 * gib);
    expect(byRole(limited, 'chat')?.name).not.toBe(byRole(free, 'chat')?.name);
    const promised = { memory: { all: 50 * gib, pending: 50 * gib } };
    expect(planModels({ roles }, { ...machineOf(64), promised }).memory.usable).toBeLessThan(5 * gib);
  });

  it('plans with what earlier loads took', () => {
    const roles: PlanRole[] = [{ role: 'chat', candidates: named('qwen2.5-coder-3b') }];
    const plain = planModels({ roles }, machineOf(64));
    const correct = (estimate: MemoryPlan['models'][number]['estimate']) => ({
      ...estimate,
      total: estimate.total * 1.5,
    });
    expect(planModels({ roles, correct }, machineOf(64)).memory.planned).toBeCloseTo(plain.memory.planned * 1.5);
  });

  it('goes down a ladder on which no step gives anything back', () => {
    for (const wanted of everything) {
      const rungs = rungsOf(wanted);
      for (const [index, rung] of rungs.entries()) {
        const before = rungs[index - 1];
        if (before === undefined) continue;
        expect(rung.hardship).toBeGreaterThan(before.hardship);
        expect(rung.place).toBeGreaterThanOrEqual(before.place);
        if (rung.place === before.place) expect(rung.contextLength).toBeLessThanOrEqual(before.contextLength);
        expect(rung.contextLength).toBeGreaterThanOrEqual(contexts[wanted.role].least);
      }
    }
  });
});

const sizes = [4, 6, 8, 12, 16, 24, 64] as const;
const cards = [0, 2, 4, 6, 8, 12, 16, 24, 48] as const;

const candidates = (from: Record<string, Shape>, most: number) =>
  fc
    .uniqueArray(fc.constantFrom(...Object.keys(from)), { minLength: 0, maxLength: most })
    .map((names) =>
      names.map((name) => candidateOf(name, from[name] as Shape)).sort((a, b) => b.fileBytes - a.fileBytes),
    );

const anyRequest = fc
  .record({
    chat: candidates(shapes, 4),
    completion: candidates(shapes, 2),
    embedding: candidates(embedders, 2),
    reranking: candidates(embedders, 1),
    context: fc.constantFrom(2048, 4096, 16_384, 32_768),
    kvType: fc.constantFrom('f16', 'q8_0', 'q4_0' as const),
  })
  .map(({ context, kvType, ...lists }): PlanRole[] =>
    (['completion', 'reranking', 'chat', 'embedding'] as const).map((role) => ({
      role,
      candidates: lists[role],
      ...(role === 'chat' && { contextLength: context, kvType }),
    })),
  );

/** What a plan lost against the wish, in points. */
function hardshipOf(plan: MemoryPlan, roles: readonly PlanRole[]): number {
  return roles.reduce((sum, wanted) => {
    const model = byRole(plan, wanted.role);
    if (model === undefined) return sum + (wanted.candidates.length === 0 ? 0 : points.without[wanted.role]);
    const rungs = rungsOf(wanted);
    const own = rungs.find(
      ({ candidate, contextLength, kvType }) =>
        candidate.ref === model.ref && contextLength === model.contextLength && kvType === model.kvType,
    );
    return sum + (model.sharedWith === undefined ? (own?.hardship ?? 0) : 0);
  }, 0);
}

describe('any plan', () => {
  it('never goes beyond what may be used on a device, and its reservations all succeed', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyRequest,
        fc.constantFrom(...sizes),
        fc.constantFrom(...cards),
        async (roles, memory, vram) => {
          const machine = machineOf(memory, vram);
          const plan = planModels({ roles }, machine);
          expect(planModels({ roles: structuredClone(roles) }, machine)).toEqual(plan);
          const own = plan.models.filter(({ sharedWith }) => sharedWith === undefined);
          const main = own.reduce((sum, { estimate }) => sum + estimate.total - estimate.gpu, 0);
          const gpu = own.reduce((sum, { estimate }) => sum + estimate.gpu, 0);
          expect(plan.memory.planned).toBe(main);
          if (plan.gpu === undefined) expect(gpu).toBe(0);
          else expect([plan.gpu.planned, gpu <= plan.gpu.usable]).toEqual([gpu, true]);
          if (!plan.fits) {
            expect(plan.gaveUp.at(-1)).toMatch(/^(Not even|There is no model)/);
            return;
          }
          expect(main).toBeLessThanOrEqual(plan.memory.usable);
          const ledger = createMemoryLedger({ machine: { read: async () => machine.state } });
          for (const { name, estimate } of own) await ledger.reserve({ what: name, estimate });
          const first = (['chat', 'completion', 'embedding', 'reranking'] as const).find((role) =>
            roles.some((wanted) => wanted.role === role && wanted.candidates.length > 0),
          );
          expect(plan.models.map(({ role }) => role)).toContain(first);
          for (const { role, contextLength } of plan.models)
            expect(contextLength).toBeGreaterThanOrEqual(contexts[role].least);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('loses nothing by more memory', () => {
    fc.assert(
      fc.property(anyRequest, fc.constantFrom(...sizes), fc.constantFrom(...sizes), (roles, a, b) => {
        const less = planModels({ roles }, machineOf(Math.min(a, b)));
        const more = planModels({ roles }, machineOf(Math.max(a, b)));
        if (less.fits) expect(more.fits).toBe(true);
        // What is shared costs points by what it stands in for; without it the points can be read from the plan.
        const shared = [...less.models, ...more.models].some(({ sharedWith }) => sharedWith !== undefined);
        if (less.fits && !shared) expect(hardshipOf(more, roles)).toBeLessThanOrEqual(hardshipOf(less, roles));
      }),
      { numRuns: 100 },
    );
  });

  it('for one role takes no smaller model and no shorter context where there is more memory', () => {
    const one = fc.record({ list: candidates(shapes, 5), context: fc.constantFrom(4096, 16_384, 32_768) });
    fc.assert(
      fc.property(
        one,
        fc.tuple(fc.constantFrom(...sizes), fc.constantFrom(...sizes)),
        fc.constantFrom(...cards),
        ({ list, context }, [a, b], vram) => {
          const roles: PlanRole[] = [{ role: 'chat', candidates: list, contextLength: context }];
          const less = planModels({ roles }, machineOf(Math.min(a, b), vram));
          const more = planModels({ roles }, machineOf(Math.max(a, b), vram));
          if (!less.fits) return;
          const place = (plan: MemoryPlan) => list.findIndex(({ ref }) => ref === plan.models[0]?.ref);
          expect(place(more)).toBeLessThanOrEqual(place(less));
          if (place(more) === place(less))
            expect(more.models[0]?.contextLength).toBeGreaterThanOrEqual(less.models[0]?.contextLength ?? 0);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('loses nothing by a graphics card', () => {
    fc.assert(
      fc.property(anyRequest, fc.constantFrom(...sizes), fc.constantFrom(...cards), (roles, memory, vram) => {
        const without = planModels({ roles }, machineOf(memory));
        const beside = planModels({ roles }, machineOf(memory, vram));
        if (without.fits) expect(beside.fits).toBe(true);
      }),
      { numRuns: 80 },
    );
  });
});
