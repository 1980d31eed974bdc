import { NootropicError, type CallOptions, type ComputeGate, type Model, type ModelEvent } from '@nootropic/contracts';
import {
  createAdmission,
  createMemoryLedger,
  createResidency,
  createStepLoop,
  scheduleModel,
  type EvictionPolicy,
  type Residency,
  type ResidentSpec,
} from '@nootropic/scheduler';
import type { VirtualTime } from './scheduler-clock.ts';
import {
  createSimulatedMachine,
  createSimulatedModel,
  type HeldStates,
  type MachineProfile,
  type ServedCalls,
  type SimulatedMachine,
} from './scheduler-machine.ts';
import type { SimulatedModel, Trace, TracedCall } from './scheduler-trace.ts';

export const policyNames = ['nootropic', 'first in, first out', 'one model at a time'] as const;
export type PolicyName = (typeof policyNames)[number];

/** Something that serves calls on the simulated machine. */
export interface ServingPolicy {
  readonly machine: SimulatedMachine;
  /** Resolves when the call has ended, also by its signal; rejects when it was refused. */
  serve(call: TracedCall, signal: AbortSignal): Promise<void>;
  loads(): { readonly count: number; readonly seconds: number; readonly twiceAtOnce: number };
  end(): Promise<void>;
}

export interface ServingPlace {
  readonly time: VirtualTime;
  readonly trace: Trace;
  readonly profile: MachineProfile;
  readonly calls: ReadonlyMap<string, TracedCall>;
  readonly served: ServedCalls;
}

/** Lets every call compute at once, in batches as large as llama.cpp's. */
const openGate: ComputeGate = {
  acquire: (unit) => Promise.resolve({ tokens: Math.min(unit.tokens, 512), release: () => undefined }),
};

/**
 * - `nootropic`: the scheduler's own admission, residency and step loop, threads that fit the moment, and conversations that are
 *   written to the disk when their model is unloaded.
 * - `first in, first out`: calls run to their end in the order they came; all models that fit stay, the one used longest ago makes room;
 *   threads stay as they are; what a model has read is lost with it.
 * - `one model at a time`: the same, and a model is unloaded whenever another is asked for.
 */
export function createServingPolicy(name: PolicyName, place: ServingPlace): ServingPolicy {
  const ours = name === 'nootropic';
  const memory = createSimulatedMemory(place, { policy: ours ? 'gdsf' : 'lru', keepsStates: ours });
  return ours ? scheduled(place, memory) : inOrder(place, memory, name === 'one model at a time');
}

export interface SimulatedMemory {
  readonly machine: SimulatedMachine;
  readonly residency: Residency<Model>;
  spec(model: SimulatedModel): ResidentSpec<Model>;
  loads: ServingPolicy['loads'];
  use(gate: ComputeGate): void;
}

/** The scheduler's residency over a simulated memory; loads take the time that their models take. */
export function createSimulatedMemory(
  place: ServingPlace,
  how: { readonly policy: EvictionPolicy; readonly keepsStates: boolean },
): SimulatedMemory {
  const { time, profile, served, calls } = place;
  const machine = createSimulatedMachine(profile, { ...place, threads: how.keepsStates ? 'fitted' : 'fixed' });
  const held: HeldStates = new Map();
  const loading = new Set<string>();
  const totals = { count: 0, seconds: 0, twiceAtOnce: 0 };
  let taken = 0;
  let gate = openGate;
  const ledger = createMemoryLedger({
    machine: {
      read: () =>
        Promise.resolve({
          memoryTotal: profile.memory,
          memoryAvailable: profile.memory - taken,
          cores: 2,
          coresFree: 2,
          power: 'mains',
          devices: [],
        }),
    },
    keepFree: () => 0,
  });
  return {
    machine,
    residency: createResidency<Model>({ clock: time, timer: time.timer, ledger, policy: how.policy }),
    spec: (model) => ({
      what: model.key,
      estimate: () =>
        Promise.resolve({ weights: model.bytes, repack: 0, kvCache: 0, compute: 0, total: model.bytes, gpu: 0 }),
      async load() {
        if (loading.has(model.key)) totals.twiceAtOnce += 1;
        loading.add(model.key);
        await time.sleep(model.reloadSeconds * 1_000);
        loading.delete(model.key);
        totals.count += 1;
        totals.seconds += model.reloadSeconds;
        taken += model.bytes;
        return createSimulatedModel(model, {
          time,
          machine,
          gate,
          calls,
          held,
          served,
          unload: () => {
            taken -= model.bytes;
            for (const [key, state] of held) {
              if (!key.startsWith(`${model.key} `)) continue;
              if (how.keepsStates) state.onDisk = true;
              else held.delete(key);
            }
            return Promise.resolve();
          },
        });
      },
    }),
    loads: () => totals,
    use: (own) => (gate = own),
  };
}

/** What a call asks of its model. Admission counts characters, four a token. */
async function ask(model: Model, call: TracedCall, options: CallOptions): Promise<void> {
  if (call.texts !== undefined) {
    await model.embed(
      call.texts.map(() => ''),
      options,
    );
    return;
  }
  const text = 'a'.repeat(call.prompt * 4);
  const events: AsyncIterable<ModelEvent> =
    call.workClass === 'completion'
      ? model.infill({ prefix: text, suffix: '', maxTokens: call.answer }, options)
      : model.generate({ messages: [{ role: 'user', content: text }] }, options);
  for await (const event of events) if (event.type === 'finish') return;
}

/** A model that is loaded when it is called. */
function onDemand(model: SimulatedModel, memory: SimulatedMemory): Model {
  const lend = ({ signal, workClass }: CallOptions) =>
    memory.residency.use(
      model.key,
      { ...memory.spec(model), ...(workClass === 'completion' ? { patienceMs: 2_000 } : {}) },
      signal,
    );
  async function* stream(options: CallOptions, open: (loaded: Model) => AsyncIterable<ModelEvent>) {
    let lease;
    try {
      lease = await lend(options);
    } catch (error) {
      if (!NootropicError.is(error) || error.code !== 'ABORTED') throw error;
      yield { type: 'finish', reason: 'aborted', tokens: { read: 0, reused: 0, written: 0 } } satisfies ModelEvent;
      return;
    }
    try {
      yield* open(lease.model);
    } finally {
      lease.release();
    }
  }
  return {
    info: { ref: model.key, name: model.key, can: ['generate'], contextLength: 32_768, dimensions: 256, local: true },
    generate: (request, options = {}) => stream(options, (loaded) => loaded.generate(request, options)),
    infill: (request, options = {}) => stream(options, (loaded) => loaded.infill(request, options)),
    async embed(texts, options = {}) {
      const lease = await lend(options);
      try {
        return await lease.model.embed(texts, options);
      } finally {
        lease.release();
      }
    },
    rerank: (_query, documents) => Promise.resolve(documents.map(() => 0)),
    countTokens: (what) => Promise.resolve((typeof what === 'string' ? what : JSON.stringify(what)).length),
    tokenize: (text) => Promise.resolve([...text].map((character) => character.codePointAt(0) ?? 0)),
    detokenize: (tokens) => Promise.resolve(String.fromCodePoint(...tokens)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function scheduled({ time, profile }: ServingPlace, memory: SimulatedMemory): ServingPolicy {
  const admission = createAdmission({ clock: time });
  memory.use(createStepLoop({ clock: time, timer: time.timer }));
  const models = new Map<string, Model>();
  const modelOf = (model: SimulatedModel): Model => {
    const found = models.get(model.key);
    if (found !== undefined) return found;
    const speeds = { prompt: profile.promptSpeed * model.speed, write: profile.writeSpeed * model.speed };
    const made = scheduleModel(onDemand(model, memory), admission, {
      speeds: () => speeds,
      readyMs: () => memory.residency.readyMs(model.key),
    });
    models.set(model.key, made);
    return made;
  };
  return {
    machine: memory.machine,
    serve: ({ workClass, client, ...call }, signal) =>
      ask(modelOf(call.model), { workClass, client, ...call }, { workClass, client, session: call.id, signal }),
    loads: memory.loads,
    end: () => memory.residency[Symbol.asyncDispose](),
  };
}

function inOrder({ time }: ServingPlace, memory: SimulatedMemory, oneModel: boolean): ServingPolicy {
  const waiting: { readonly begin: () => void }[] = [];
  let busy = false;
  let current: string | undefined;

  const turn = async (signal: AbortSignal): Promise<boolean> => {
    if (signal.aborted) return false;
    if (!busy) {
      busy = true;
      return true;
    }
    return new Promise((resolve) => {
      const entry = {
        begin: () => {
          signal.removeEventListener('abort', onAbort);
          resolve(true);
        },
      };
      const onAbort = (): void => {
        waiting.splice(waiting.indexOf(entry), 1);
        resolve(false);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.push(entry);
    });
  };
  const next = (): void => {
    const first = waiting.shift();
    if (first === undefined) busy = false;
    else first.begin();
  };

  return {
    machine: memory.machine,
    async serve(call, signal) {
      if (!(await turn(signal))) return;
      try {
        if (oneModel && current !== undefined && current !== call.model.key) await memory.residency.unload(current);
        current = call.model.key;
        await ask(onDemand(call.model, memory), call, {
          workClass: call.workClass,
          client: call.client,
          session: call.id,
          signal,
        });
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        // A call that ends at once must not keep time from going on.
        await time.sleep(0);
        next();
      }
    },
    loads: memory.loads,
    end: () => memory.residency[Symbol.asyncDispose](),
  };
}
