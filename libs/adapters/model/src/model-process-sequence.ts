import { NootropicError, type ComputeGate, type TokenCounts, type WorkClass } from '@nootropic/contracts';
import type { LlamaContextSequence, Token } from 'node-llama-cpp';

/** Whose work it is, for the gate. */
export interface GatedJob {
  readonly jobId: string;
  readonly workClass: WorkClass;
  readonly client: string;
  readonly signal: AbortSignal;
  /** Prompt tokens in memory so far, of how many. */
  readonly onProgress: (done: number, total: number) => void;
}

/** A sequence whose every evaluation passes the gate, on behalf of the job it is lent to. */
export interface GatedSequence {
  readonly sequence: LlamaContextSequence;
  /** Starts a job. The counts grow while it runs. */
  lend(job: GatedJob): { counts(): TokenCounts };
  /** Whether the text so far is worth going back to: how many tokens are held. */
  readonly held: number;
}

/**
 * Puts the gate in front of a sequence. The library reads a whole prompt in one go and cannot be stopped on the way
 * (an abort was seen to take 12 s); so the prompt is fed to it in the chunks that the gate allows, and an abort or more urgent work
 * comes in between. Decoding asks the gate every few tokens. What the library builds on top - chat, grammars, infill - calls the same
 * two methods, so it stays as it is.
 */
export function gateSequence(sequence: LlamaContextSequence, gate: ComputeGate): GatedSequence {
  const readNow = sequence.evaluateWithoutGeneratingNewTokens.bind(sequence);
  const decodeNow = sequence.evaluate.bind(sequence);
  let current: { readonly job: GatedJob; first: boolean; read: number; reused: number; written: number } | undefined;

  const lease = async (kind: 'prefill' | 'decode', tokens: number) => {
    if (current === undefined) throw new NootropicError('INTERNAL', 'A sequence computed for nobody.');
    const { jobId, workClass, client, signal } = current.job;
    return gate.acquire({ jobId, workClass, client, kind, tokens }, signal);
  };

  /** Reads all but the last `keep` tokens, chunk by chunk, and gives back what is left. */
  const readChunks = async (
    tokens: Token[],
    keep: number,
    options: Parameters<typeof readNow>[1],
  ): Promise<Token[]> => {
    const { job } = current ?? {};
    const start = sequence.nextTokenIndex;
    if (current?.first === true) {
      current.first = false;
      current.reused = start;
    }
    let at = 0;
    while (at < tokens.length - keep) {
      const granted = await lease('prefill', tokens.length - keep - at);
      const chunk = tokens.slice(at, at + granted.tokens);
      try {
        await readNow(chunk, options);
      } finally {
        granted.release(chunk.length);
      }
      at += chunk.length;
      if (current !== undefined) current.read += chunk.length;
      job?.onProgress(start + at, start + tokens.length);
      job?.signal.throwIfAborted();
    }
    return tokens.slice(at);
  };

  sequence.evaluateWithoutGeneratingNewTokens = async (tokens, options) => {
    await readChunks(tokens, 0, options);
  };

  sequence.evaluate = async function* (tokens, options) {
    const rest = await readChunks(
      tokens,
      1,
      options?.contextShift === undefined ? {} : { contextShift: options.contextShift },
    );
    const iterator = decodeNow(rest, options);
    if (current !== undefined) current.read += rest.length;
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
          granted = await lease('decode', 32);
        }
        const step = await iterator.next(input);
        used += 1;
        if (step.done === true) return;
        if (current !== undefined) current.written += 1;
        if (current?.job.signal.aborted === true) return;
        input = yield step.value;
      }
    } finally {
      giveBack();
      await iterator.return();
    }
  };

  return {
    sequence,
    get held() {
      return sequence.nextTokenIndex;
    },
    lend(job) {
      const own = { job, first: true, read: 0, reused: 0, written: 0 };
      current = own;
      return { counts: () => ({ read: own.read, reused: own.reused, written: own.written }) };
    },
  };
}
