import { Worker } from 'node:worker_threads';
import type { OpenPattern } from '@nootropic/context';
import { NootropicError } from '@nootropic/contracts';

/** What a worker is started with. */
export interface PatternSettings {
  readonly source: string;
  readonly flags: string;
}

export interface PatternRequest {
  readonly id: number;
  readonly text: string;
  readonly limit: number;
}

export interface PatternAnswer {
  readonly id: number;
  readonly lines: readonly number[];
  readonly columns: readonly number[];
}

export interface PatternWorkerOptions {
  /** The file that the worker runs. */
  readonly entry: URL;
  /** Milliseconds that one text may take. Default 2000. */
  readonly textMs?: number;
  /** Milliseconds that the worker may take to start. Default 10 000. */
  readonly startMs?: number;
}

interface Waiting {
  readonly resolve: (answer: PatternAnswer | undefined) => void;
  readonly reject: (error: NootropicError) => void;
}

/** The pattern filled the memory that it may have: no other pattern need do so. */
function tookTooMuch(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

/** Bounds what a pattern can keep in memory; V8's own stack for it is bounded already. */
const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 };

/**
 * Runs each regular expression in a worker thread of its own, which is ended when one text takes too long: JavaScript's engine backtracks, so
 * that a pattern such as `(a+)+$` may need more time than there is, and nothing else can stop it.
 *
 * @throws from `match`: `INTERNAL` when no worker can be started.
 */
export function createPatternWorkers({ entry, textMs = 2_000, startMs = 10_000 }: PatternWorkerOptions): OpenPattern {
  return (source, flags) => {
    const settings: PatternSettings = { source, flags };
    const waiting = new Map<number, Waiting>();
    let lastId = 0;
    let gaveUp = false;
    let timer: NodeJS.Timeout | undefined;
    let worker: Worker | undefined;
    let isReady = false;

    const start = (): Worker => {
      const started = new Worker(entry, { workerData: settings, resourceLimits, stdout: false, stderr: false });
      started.on('online', () => {
        isReady = true;
        watch();
      });
      started.on('message', ({ id, lines, columns }: PatternAnswer) => {
        waiting.get(id)?.resolve({ id, lines, columns });
        waiting.delete(id);
        watch();
      });
      started.on('error', (error: Error) => giveUp(tookTooMuch(error) ? undefined : error));
      started.on('exit', () => giveUp());
      return started;
    };
    /** Texts are answered in their order, so that time runs for the first of those that wait. */
    const watch = (): void => {
      clearTimeout(timer);
      // An answer may lie in the channel while this thread was busy: it is taken first.
      if (waiting.size > 0) {
        const first = waiting.keys().next().value;
        timer = setTimeout(() => setImmediate(late, first), isReady ? textMs : startMs);
      }
    };
    const late = (id: number | undefined): void => {
      if (id !== undefined && waiting.has(id)) giveUp();
    };
    /** Ends the worker and answers all that wait: with nothing, or with what kept it from working at all. */
    function giveUp(failure?: Error): void {
      gaveUp = true;
      clearTimeout(timer);
      for (const { resolve, reject } of waiting.values()) {
        if (failure === undefined) resolve(undefined);
        else
          reject(
            new NootropicError('INTERNAL', `Regular expressions cannot be run: ${failure.message}`, { cause: failure }),
          );
      }
      waiting.clear();
      void worker?.terminate();
    }

    return {
      async match(text, limit) {
        if (gaveUp) return undefined;
        if (limit < 1) return [];
        worker ??= start();
        const id = (lastId += 1);
        const { promise, resolve, reject } = Promise.withResolvers<PatternAnswer | undefined>();
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, text, limit } satisfies PatternRequest);
        if (waiting.size === 1) watch();
        const answer = await promise;
        return answer?.lines.map((line, at) => ({ startLine: line, endLine: line, column: answer.columns[at] ?? 0 }));
      },
      async [Symbol.asyncDispose]() {
        giveUp();
        await worker?.terminate();
      },
    };
  };
}
