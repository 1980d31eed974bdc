import {
  NootropicError,
  type CallOptions,
  type ComputeGate,
  type Model,
  type ModelEvent,
  type TokenCounts,
} from '@nootropic/contracts';
import type { VirtualTime } from './scheduler-clock.ts';
import type { SimulatedModel, Trace, TracedCall } from './scheduler-trace.ts';

/** Tokens per second of the smallest model on the free machine. */
export interface MachineProfile {
  readonly name: string;
  readonly promptSpeed: number;
  readonly writeSpeed: number;
  /** Bytes that models may take. */
  readonly memory: number;
  /** Share of its speed that is left while another program takes one core: with threads as before, and with threads that fit. */
  readonly contended: { readonly fixed: number; readonly fitted: number };
}

/**
 * The numbers of two cores with AVX-512 and a 0.5B model of four bits; with one core taken, generation fell from 49 to 16 tokens a second
 * at two threads and to 31 at one.
 */
export const laptop: MachineProfile = {
  name: '2 cores, 220 and 45 tokens/s',
  promptSpeed: 220,
  writeSpeed: 45,
  memory: 5 * 1024 ** 3,
  contended: { fixed: 0.33, fitted: 0.63 },
};

export const slowLaptop: MachineProfile = {
  name: 'slow laptop, 80 and 16 tokens/s',
  promptSpeed: 80,
  writeSpeed: 16,
  memory: 4 * 1024 ** 3,
  contended: { fixed: 0.33, fitted: 0.63 },
};

/** What starting a chunk costs, in tokens of reading: 64-token chunks were 5 to 9 % slower than 128-token ones, 16-token ones 30 to 45 %. */
const chunkCost = 8;
/** Reading a conversation's state back from the disk, milliseconds a token. */
const restoreMs = 0.02;

export interface SimulatedMachine {
  /** Milliseconds that reading or writing so many tokens takes from now on. */
  readMs(model: SimulatedModel, tokens: number): number;
  writeMs(model: SimulatedModel, tokens: number): number;
}

export function createSimulatedMachine(
  profile: MachineProfile,
  place: { time: VirtualTime; trace: Trace; threads: 'fixed' | 'fitted' },
): SimulatedMachine {
  const { time, trace, threads } = place;
  const speedNow = (): number =>
    trace.busy.some(({ from, to }) => time.now() >= from && time.now() < to) ? profile.contended[threads] : 1;
  const prompt = (model: SimulatedModel): number => profile.promptSpeed * model.speed;
  const write = (model: SimulatedModel): number => profile.writeSpeed * model.speed;
  return {
    readMs: (model, tokens) => ((tokens + chunkCost) * 1_000) / prompt(model) / speedNow(),
    writeMs: (model, tokens) => (tokens * 1_000) / write(model) / speedNow(),
  };
}

/** What each conversation's model still holds, by model and conversation: tokens, and whether they lie on the disk. */
export type HeldStates = Map<string, { tokens: number; onDisk: boolean }>;

export interface ServedCalls {
  /** Milliseconds of computing by client. */
  readonly computing: Map<string, number>;
  /** Called by the model at the first token of a call. */
  readonly firstToken: (callId: string) => void;
}

/**
 * A loaded model of the simulated machine: it does what the runtime's process does - asks the gate for each unit, computes for as long as
 * the machine takes, stops between units when it is aborted - with time in place of numbers. A call names its `TracedCall` as its session.
 */
export function createSimulatedModel(
  model: SimulatedModel,
  place: {
    readonly time: VirtualTime;
    readonly machine: SimulatedMachine;
    readonly gate: ComputeGate;
    readonly calls: ReadonlyMap<string, TracedCall>;
    readonly held: HeldStates;
    readonly served: ServedCalls;
    readonly unload: () => Promise<void>;
  },
): Model {
  const { time, machine, gate, held, served } = place;

  const traced = (options: CallOptions): TracedCall => {
    const found = place.calls.get(options.session ?? '');
    if (found === undefined) throw new NootropicError('INTERNAL', `No call ${options.session ?? ''} is in the trace.`);
    return found;
  };
  const compute = async (client: string, milliseconds: number): Promise<void> => {
    served.computing.set(client, (served.computing.get(client) ?? 0) + milliseconds);
    await time.sleep(milliseconds);
  };

  async function* generate(options: CallOptions): AsyncGenerator<ModelEvent> {
    const call = traced(options);
    const { signal, workClass = 'chat', client = 'local' } = options;
    const key = `${model.key} ${call.session}`;
    const state = held.get(key) ?? { tokens: 0, onDisk: false };
    held.set(key, state);
    const reused = Math.min(state.tokens, call.common, call.prompt - 1);
    const tokens = { read: 0, reused, written: 0 };
    const unit = { jobId: call.id, workClass, client };
    const finish = (reason: 'stop' | 'aborted'): ModelEvent => ({
      type: 'finish',
      reason,
      tokens: { ...tokens } satisfies TokenCounts,
    });
    try {
      if (state.onDisk) await compute(client, reused * restoreMs);
      state.onDisk = false;
      state.tokens = reused;
      while (state.tokens < call.prompt) {
        const lease = await gate.acquire(
          { ...unit, kind: 'prefill', tokens: call.prompt - state.tokens, held: state.tokens },
          signal,
        );
        await compute(client, machine.readMs(model, lease.tokens));
        state.tokens += lease.tokens;
        tokens.read += lease.tokens;
        lease.release();
        signal?.throwIfAborted();
      }
      while (tokens.written < call.answer) {
        const lease = await gate.acquire(
          { ...unit, kind: 'decode', tokens: call.answer - tokens.written, held: state.tokens },
          signal,
        );
        let done = 0;
        while (done < lease.tokens && signal?.aborted !== true) {
          // The first token by itself, for its time; the rest of the unit in one.
          const step = tokens.written === 0 ? 1 : lease.tokens - done;
          await compute(client, machine.writeMs(model, step));
          if (tokens.written === 0) served.firstToken(call.id);
          done += step;
          tokens.written += step;
          state.tokens += step;
        }
        yield { type: 'text', text: '.' };
        lease.release(done);
        signal?.throwIfAborted();
      }
      yield finish('stop');
    } catch (error) {
      if (signal?.aborted !== true) throw error;
      yield finish('aborted');
    }
  }

  return {
    info: { ref: model.key, name: model.key, can: ['generate'], contextLength: 32_768, dimensions: 256, local: true },
    generate: (_request, options = {}) => generate(options),
    infill: (_request, options = {}) => generate(options),
    async embed(texts, options = {}) {
      const call = traced(options);
      const { workClass = 'embed', client = 'local', signal } = options;
      for (const tokens of call.texts ?? []) {
        const lease = await gate.acquire({ jobId: call.id, workClass, client, kind: 'embed', tokens }, signal);
        await compute(client, machine.readMs(model, tokens));
        lease.release();
      }
      served.firstToken(call.id);
      return texts.map(() => new Float32Array(0));
    },
    rerank: (_query, documents) => Promise.resolve(documents.map(() => 0)),
    countTokens: (what) => Promise.resolve((typeof what === 'string' ? what : JSON.stringify(what)).length),
    tokenize: (text) => Promise.resolve([...text].map((character) => character.codePointAt(0) ?? 0)),
    detokenize: (tokens) => Promise.resolve(String.fromCodePoint(...tokens)),
    [Symbol.asyncDispose]: place.unload,
  };
}
