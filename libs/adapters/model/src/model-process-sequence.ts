import { NootropicError, type ComputeGate, type TokenCounts, type WorkClass } from '@nootropic/contracts';
import type { LlamaContextSequence, Token } from 'node-llama-cpp';

/** Prompt tokens in memory so far, of how many; at first also how many of them were there before. */
export interface ReadProgress {
  readonly done: number;
  readonly total: number;
  readonly reused?: number;
}

/** Whose work it is, for the gate. */
export interface GatedJob {
  readonly jobId: string;
  readonly workClass: WorkClass;
  readonly client: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ReadProgress) => void;
  /** Called before each unit of work. Who borrowed the sequence may be asked to give it up for a while: this then resolves when it is back. */
  readonly beforeUnit?: () => Promise<void>;
  /** The prompt is read in two parts around this number of tokens, and `reached` is called in between. */
  readonly mark?: { readonly at: number; readonly reached: () => Promise<void> };
}

/** What a job did on a sequence. */
export interface Loan {
  counts(): TokenCounts;
  /** The sequence is this job's again, after another had it. */
  resume(): void;
}

/** A sequence whose every evaluation passes the gate, on behalf of the job it is lent to. */
export interface GatedSequence {
  readonly sequence: LlamaContextSequence;
  /** Starts a job. The counts grow while it runs. */
  lend(job: GatedJob): Loan;
}

interface Borrowed {
  readonly job: GatedJob;
  first: boolean;
  read: number;
  reused: number;
  written: number;
}

/** Tokens that one lease for decoding asks for at most. */
const decodeUnit = 32;

/**
 * Puts the gate in front of a sequence. The library reads a whole prompt in one go and cannot be stopped on the way
 * (an abort was seen to take 12 s); so the prompt is fed to it in the chunks that the gate allows, and an abort or more urgent work
 * comes in between. Decoding asks the gate every few tokens. What the library builds on top - chat, grammars, infill - calls the same
 * two methods, so it stays as it is.
 */
export function gateSequence(sequence: LlamaContextSequence, gate: ComputeGate): GatedSequence {
  const readNow = sequence.evaluateWithoutGeneratingNewTokens.bind(sequence);
  const decodeNow = sequence.evaluate.bind(sequence);
  let current: Borrowed | undefined;

  const borrowed = (): Borrowed => {
    if (current === undefined) throw new NootropicError('INTERNAL', 'A sequence computed for nobody.');
    return current;
  };

  const lease = async (own: Borrowed, unit: { kind: 'prefill' | 'decode'; tokens: number; held: number }) => {
    await own.job.beforeUnit?.();
    const { jobId, workClass, client, signal } = own.job;
    return gate.acquire({ jobId, workClass, client, ...unit }, signal);
  };

  /** Reads all but the last `keep` tokens, chunk by chunk, and gives back what is left. */
  const readChunks = async (
    own: Borrowed,
    given: { readonly tokens: Token[]; readonly keep: number },
    options: Parameters<typeof readNow>[1],
  ): Promise<Token[]> => {
    const { tokens, keep } = given;
    const { job } = own;
    const start = sequence.nextTokenIndex;
    if (own.first) {
      own.first = false;
      own.reused = start;
      job.onProgress({ done: start, total: start + tokens.length, reused: start });
    }
    const end = tokens.length - keep;
    let at = 0;
    while (at < end) {
      const mark = (job.mark?.at ?? 0) - start;
      const stop = mark > at && mark < end ? mark : end;
      const granted = await lease(own, { kind: 'prefill', tokens: stop - at, held: start });
      const chunk = tokens.slice(at, at + granted.tokens);
      try {
        await readNow(chunk, options);
      } finally {
        granted.release(chunk.length);
      }
      at += chunk.length;
      own.read += chunk.length;
      job.onProgress({ done: start + at, total: start + tokens.length });
      job.signal.throwIfAborted();
      if (at === mark) await job.mark?.reached();
    }
    return tokens.slice(at);
  };

  sequence.evaluateWithoutGeneratingNewTokens = async (tokens, options) => {
    await readChunks(borrowed(), { tokens, keep: 0 }, options);
  };

  sequence.evaluate = async function* (tokens, options) {
    const own = borrowed();
    const rest = await readChunks(
      own,
      { tokens, keep: 1 },
      options?.contextShift === undefined ? {} : { contextShift: options.contextShift },
    );
    const iterator = decodeNow(rest, options);
    own.read += rest.length;
    let granted: Awaited<ReturnType<typeof lease>> | undefined;
    let used = 0;
    let input: void | Token | Token[] = undefined;
    const giveBack = (): void => {
      granted?.release(Math.max(1, used));
      granted = undefined;
    };
    try {
      for (;;) {
        if (granted === undefined || used >= granted.tokens) {
          giveBack();
          used = 0;
          granted = await lease(own, { kind: 'decode', tokens: decodeUnit, held: sequence.nextTokenIndex });
        }
        const step = await iterator.next(input);
        used += 1;
        if (step.done === true) return;
        own.written += 1;
        if (own.job.signal.aborted) return;
        input = yield step.value;
      }
    } finally {
      giveBack();
      await iterator.return();
    }
  };

  return {
    sequence,
    lend(job) {
      const own: Borrowed = { job, first: true, read: 0, reused: 0, written: 0 };
      current = own;
      return {
        counts: () => ({ read: own.read, reused: own.reused, written: own.written }),
        resume: () => (current = own),
      };
    },
  };
}
