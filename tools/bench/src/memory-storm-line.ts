import { NootropicError, type Machine, type Model } from '@nootropic/contracts';
import { checkGguf } from '@nootropic/model';
import { createMemoryLedger, createResidency, planModels, type PlanCandidate } from '@nootropic/scheduler';
import { createSeededRandom, shapedPresets, shapedWords, type ShapedModel } from '@nootropic/testing';
import type { BenchContext, BenchLine } from './bench-line.ts';
import { capMemory } from './memory-cap.ts';
import { memoryShapes } from './memory-shapes.ts';
import { readMemory, watchRuntime } from './memory-use.ts';
import { ratioOf } from './paired-ratio.ts';

const mib = 1024 * 1024;
/** Bytes that the model process may take: room for two or three of the models, not for all. */
const cap = 1400 * mib;
/** What the process itself takes beside its models, and what it has not given back yet of those that are gone. */
const own = 256 * mib;
const steps = { whole: 200, quick: 20 };

/**
 * Models are loaded and unloaded at random under a bound on the memory of the model process, as plan, ledger and residency say. One kill
 * would show that something was promised which is not there.
 */
export const memoryStormLine: BenchLine = {
  name: 'memory-storm',
  async measure(context) {
    const about = {
      what: 'random loads and evictions under a memory cap',
      peer: 'the cap',
      unit: 'MiB at the most',
      better: 'lower',
      target: 1,
    } as const;
    if (process.platform !== 'linux') return [{ ...about, result: { notMeasured: 'needs the /proc of Linux' } }];
    const count = context.quick ? steps.quick : steps.whole;
    const storm = await playLoads(count, context);
    const peer = cap / mib;
    return [
      {
        ...about,
        result: ratioOf([{ subject: storm.peak / mib, peer }]),
        extras: [
          {
            text: `${storm.kills} kills in ${storm.steps} of ${count} steps`,
            holds: storm.kills === 0 && storm.steps === count,
          },
          {
            text: `${storm.loads} loads, ${storm.evictions} evictions to make room, ${storm.unloads} unloads, ${storm.smaller} plans with something given up, ${storm.refused} refused`,
          },
          { text: `the cap: ${storm.how}` },
        ],
      },
    ];
  },
};

async function playLoads(count: number, { place, signal, say }: BenchContext) {
  const shapes: readonly ShapedModel[] = [
    shapedPresets.tiny,
    shapedPresets['0.5B-Q4_0'],
    shapedPresets['0.5B-Q8_0'],
    ...memoryShapes
      .map(({ model }) => model)
      .filter(({ name }) => ['many-heads', 'sliding', 'wide-heads'].includes(name)),
  ];
  const models = await Promise.all(
    shapes.map(async (shape) => ({ shape, candidate: await candidateOf(await place.model(shape)) })),
  );
  const random = createSeededRandom(9);
  const pick = <Item>(list: readonly Item[]): Item => {
    const item = list[Math.floor(random() * list.length)];
    if (item === undefined) throw new Error('Nothing to pick from.');
    return item;
  };
  await using watched = watchRuntime();
  const { runtime } = watched;
  const first = await runtime.load(`file:${await place.model('tiny')}`, { contextLength: 256, signal });
  await first[Symbol.asyncDispose]();
  const pid = watched.pid();
  await using bound = capMemory(pid, cap);
  const machine: Machine = {
    read: async () => ({
      memoryTotal: cap,
      memoryAvailable: cap - readMemory(pid).anonymous + own,
      cores: 2,
      coresFree: 2,
      power: 'mains',
      devices: [],
    }),
  };
  const keepFree = (): number => own;
  const told = { steps: 0, loads: 0, evictions: 0, unloads: 0, smaller: 0, refused: 0 };
  await using residency = createResidency<Model>({
    clock: performance,
    ledger: createMemoryLedger({ machine, keepFree }),
    onUnloaded: () => (told.evictions += 1),
  });
  for (; told.steps < count && watched.pid() === pid; told.steps += 1) {
    signal.throwIfAborted();
    const { shape, candidate } = pick(models);
    const contextLength = pick([1024, 2048, 4096, 8192]);
    const plan = planModels(
      { roles: [{ role: 'chat', candidates: [candidate], contextLength }] },
      { state: { ...(await machine.read()), memoryAvailable: cap }, keepFree },
    );
    if (plan.gaveUp.length > 0) told.smaller += 1;
    const planned = plan.models[0];
    if (!plan.fits || planned === undefined) continue;
    const key = `${planned.ref} ${planned.contextLength} ${planned.kvType}`;
    const load = { contextLength: planned.contextLength, kvType: planned.kvType, role: 'chat' } as const;
    const lease = await residency
      .use(key, {
        what: planned.name,
        estimate: () => Promise.resolve(planned.estimate),
        load(stop) {
          told.loads += 1;
          return runtime.load(planned.ref, { ...load, signal: AbortSignal.any([stop, signal]) });
        },
      })
      .catch((error: unknown) => {
        // What the process did not give back of models that are gone may be missing; to say so is right, to load all the same would not be.
        if (!NootropicError.is(error) || error.code !== 'MODEL_TOO_LARGE') throw error;
        told.refused += 1;
        return undefined;
      });
    if (lease === undefined) continue;
    const text = shapedWords(shape.vocabulary, 64, told.steps + 1);
    for await (const event of lease.model.generate(
      { messages: [{ role: 'user', content: text }], maxTokens: 2 },
      { signal },
    ))
      if (event.type === 'finish' && event.reason === 'aborted') break;
    lease.release();
    if (random() < 0.2 && (await residency.unload(key))) told.unloads += 1;
    if ((told.steps + 1) % 20 === 0)
      say(`${told.steps + 1} of ${count} steps, at the most ${Math.round(bound.peak() / mib)} MiB`);
  }
  const { crashes } = await runtime.health();
  return { ...told, how: bound.how, kills: Math.max(bound.kills(), crashes), peak: bound.peak() };
}

async function candidateOf(path: string): Promise<PlanCandidate> {
  const { name, bytes, header } = await checkGguf(path);
  return { ref: `file:${path}`, name, fileBytes: bytes, header };
}
