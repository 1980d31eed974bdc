import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { NootropicError, type ParsedSource, type Parser } from '@nootropic/contracts';
import { languageOfPath } from './language-of-path.ts';
import { formatWorkerArguments, type FromParserWorker, type ToParserWorker } from './parser-protocol.ts';
import { refuseAborted, refuseLongText } from './text-limit.ts';

export interface ParserPoolOptions {
  /** The file that each worker process runs: it calls `runParserWorker`. */
  readonly entry: URL;
  /** Worker processes at most; each is started when there is work for it. Default: one less than the processors, at least 1. */
  readonly workers?: number;
  /**
   * Time for one text in a worker, in milliseconds; beyond it the worker is killed and the text given up. Default 20 000: the
   * parser itself takes a text as plain much earlier, unless it hangs or other programs leave it no processor.
   */
  readonly fileMs?: number;
  /**
   * Resident memory of one worker in bytes. A text that needs more is given up, and the worker is replaced. Half of it is the
   * limit of V8's heap, and 128 MiB at least. Default 768 MB.
   */
  readonly memoryBytes?: number;
  /** A worker that had no work for so many milliseconds ends, and its memory is free. Default 30 000. */
  readonly idleMs?: number;
  /** How long a worker may take to start, in milliseconds. Default 60 000. */
  readonly startMs?: number;
  /** Starts a worker with a message channel of advanced serialization. Default: `fork`. */
  readonly start?: (entry: URL, settings: { readonly execArgv: string[]; readonly argv: string[] }) => ChildProcess;
}

/** A `Parser` over worker processes. */
export interface ParserPool extends Parser {
  /** Worker processes at most. Callers that keep twice as many texts under way keep all of them busy. */
  readonly workers: number;
}

/** Texts that lie with one worker: the one it reads, and the next, so that it need not wait for an answer to be taken. */
const textsAhead = 2;

/** Workers in a row that end before they are ready, after which what waits is rejected. */
const failedStarts = 3;

/** Characters of a worker's standard error that are kept. */
const saidChars = 2_000;

interface Job extends ToParserWorker {
  /** Workers that ended while they read it. */
  ends: number;
  done: boolean;
  readonly resolve: (parsed: ParsedSource) => void;
  readonly reject: (error: NootropicError) => void;
}

interface Worker {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  ready: boolean;
  /** In the order in which they were sent; it reads the first. */
  readonly jobs: Job[];
  timer: NodeJS.Timeout | undefined;
  /** The end of what it wrote to its standard error. */
  said: string;
}

function forkWorker(entry: URL, { execArgv, argv }: { execArgv: string[]; argv: string[] }): ChildProcess {
  return fork(entry, argv, { execArgv, serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
}

/**
 * A `Parser` whose texts are read in worker processes, so that no text can hold up, crash or fill this one. Texts are read in the
 * order in which they are given; a worker holds two at a time, and all others wait with their callers.
 *
 * A text that takes longer than `fileMs`, or more memory than a worker may have, is given up: `parse` rejects with `INPUT_INVALID`
 * and a message for people that says why; so it does for a text whose worker ended twice while it was read. The worker is replaced
 * and the texts behind are read by another. A cancelled text rejects at once with `ABORTED`, whatever its worker does.
 *
 * @throws from `parse`, beside what a `Parser` throws: `INTERNAL` when no worker can be started, or once the pool is closed.
 */
export function createParserPool(options: ParserPoolOptions): ParserPool {
  const { entry, fileMs = 20_000, memoryBytes = 768_000_000, idleMs = 30_000, startMs = 60_000 } = options;
  const start = options.start ?? forkWorker;
  const most = Math.max(1, options.workers ?? availableParallelism() - 1);
  const settings = {
    execArgv: [`--max-old-space-size=${String(Math.max(128, Math.ceil(memoryBytes / 2 / 1024 / 1024)))}`],
    argv: formatWorkerArguments(memoryBytes),
  };
  const running = new Set<Worker>();
  const ending = new Set<Promise<void>>();
  let waiting: Job[] = [];
  let nextId = 1;
  let failed = 0;
  let said = '';
  let closed = false;

  function settle(job: Job, how: () => void): void {
    if (job.done) return;
    job.done = true;
    how();
  }

  function giveUp(job: Job, why: string): void {
    settle(job, () => job.reject(new NootropicError('INPUT_INVALID', `${job.path} ${why}`)));
  }

  /** Starts the clock of the text that the worker reads now, of its start, or of its idleness. */
  function watch(worker: Worker): void {
    clearTimeout(worker.timer);
    const head = worker.jobs[0];
    if (worker.ready && head === undefined) {
      worker.timer = setTimeout(() => retire(worker), idleMs).unref();
      return;
    }
    const wasReady = worker.ready;
    const late = (): void => {
      if (!running.has(worker) || worker.ready !== wasReady || worker.jobs[0] !== head) return;
      if (worker.ready && head) {
        worker.jobs.shift();
        giveUp(head, `was given up after ${String(fileMs / 1000)} s of parsing.`);
      }
      retire(worker);
    };
    // An answer may lie in the channel while this process was busy: it is taken first.
    worker.timer = setTimeout(() => setImmediate(late), worker.ready ? fileMs : startMs);
  }

  /** Ends a worker; the texts that lay with it go to the next one. */
  function retire(worker: Worker): void {
    if (!running.delete(worker)) return;
    clearTimeout(worker.timer);
    if (!worker.ready && !closed) {
      failed += 1;
      said = worker.said;
    }
    waiting.unshift(...worker.jobs.splice(0));
    worker.child.kill('SIGKILL');
    dispatch();
  }

  /** A worker that ended by itself, or that something else ended. */
  function lose(worker: Worker, how: string): void {
    const head = worker.jobs[0];
    if (running.has(worker) && worker.ready && head) {
      head.ends += 1;
      if (head.ends >= 2) giveUp(head, `ended the process that parsed it twice (${how}).`);
    }
    retire(worker);
  }

  function receive(worker: Worker, message: FromParserWorker): void {
    if (!running.has(worker)) return;
    if (message.type === 'ready') {
      worker.ready = true;
      failed = 0;
    } else {
      const job = worker.jobs.shift();
      if (job?.id !== message.id) {
        if (job) worker.jobs.unshift(job);
        lose(worker, 'an answer out of order');
        return;
      }
      settle(job, () => {
        if (message.type === 'parsed') job.resolve(message.parsed);
        else job.reject(new NootropicError(message.code, message.message));
      });
      if (message.spent) {
        retire(worker);
        return;
      }
    }
    watch(worker);
    dispatch();
  }

  function startWorker(): Worker {
    const child = start(entry, settings);
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => child.pid === undefined && resolve());
    });
    const worker: Worker = { child, ended, ready: false, jobs: [], timer: undefined, said: '' };
    child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (worker.said = `${worker.said}${text}`.slice(-saidChars)));
    child.on('message', (message) => receive(worker, message as FromParserWorker));
    child.on('exit', (code, signal) => lose(worker, signal ?? `exit code ${String(code)}`));
    child.on('error', (error) => lose(worker, error.message));
    ending.add(ended);
    void ended.then(() => ending.delete(ended));
    running.add(worker);
    watch(worker);
    return worker;
  }

  function dispatch(): void {
    if (closed) return;
    if (failed >= failedStarts) {
      failed = 0;
      const error = new NootropicError('INTERNAL', `The process that parses (${entry.pathname}) cannot be started.`, {
        cause: said,
      });
      for (const job of waiting.splice(0)) settle(job, () => job.reject(error));
    }
    while (waiting.length > 0) {
      let worker = leastBusy();
      if ((worker === undefined || worker.jobs.length > 0) && running.size < most) worker = startWorker();
      if (worker === undefined || worker.jobs.length >= textsAhead) break;
      const job = waiting.shift();
      if (job === undefined || job.done) continue;
      worker.jobs.push(job);
      const { id, path, text } = job;
      // A channel that is closed belongs to a worker that ends, which is seen by its end.
      worker.child.send({ id, path, text } satisfies ToParserWorker, () => undefined);
      if (worker.jobs.length === 1 && worker.ready) watch(worker);
    }
    for (const { child, jobs } of running) hold(child, jobs.length > 0);
  }

  function leastBusy(): Worker | undefined {
    let found: Worker | undefined;
    for (const worker of running) if (found === undefined || worker.jobs.length < found.jobs.length) found = worker;
    return found;
  }

  return {
    workers: most,
    language: languageOfPath,

    async parse(path, text, signal): Promise<ParsedSource> {
      refuseAborted(signal);
      if (closed) throw new NootropicError('INTERNAL', 'The parser is closed.');
      refuseLongText(path, text);
      let abort: (() => void) | undefined;
      try {
        return await new Promise<ParsedSource>((resolve, reject) => {
          const job: Job = { id: nextId, path, text, ends: 0, done: false, resolve, reject };
          nextId += 1;
          abort = () => {
            settle(job, () =>
              reject(new NootropicError('ABORTED', 'Parsing was cancelled.', { cause: signal?.reason })),
            );
            waiting = waiting.filter((other) => other !== job);
          };
          signal?.addEventListener('abort', abort, { once: true });
          waiting.push(job);
          dispatch();
        });
      } finally {
        if (abort) signal?.removeEventListener('abort', abort);
      }
    },

    async [Symbol.asyncDispose]() {
      closed = true;
      const error = new NootropicError('ABORTED', 'The parser was closed.');
      for (const job of [...waiting, ...[...running].flatMap((worker) => worker.jobs)])
        settle(job, () => job.reject(error));
      for (const worker of [...running]) {
        hold(worker.child, true);
        retire(worker);
      }
      await Promise.all(ending);
    },
  };
}

/** A worker with nothing to do keeps this process from ending no more than a closed one does. */
function hold(child: ChildProcess, busy: boolean): void {
  if (busy) child.ref();
  else child.unref();
  for (const handle of [child.channel, child.stderr] as (
    { ref?: () => void; unref?: () => void } | null | undefined
  )[]) {
    if (busy) handle?.ref?.();
    else handle?.unref?.();
  }
}
