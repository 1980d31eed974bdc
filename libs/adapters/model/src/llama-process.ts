import type { ChildProcess } from 'node:child_process';
import {
  NootropicError,
  type ErrorCode,
  type ModelEvent,
  type RuntimeHealth,
  type Telemetry,
} from '@nootropic/contracts';
import type { FromModelProcess, ToModelProcess } from './llama-protocol.ts';
import { memoryFolder, removeSwapFolders } from './model-process-swap.ts';

export interface LlamaProcessOptions {
  /** Starts the model process, with a message channel and its standard error piped. */
  readonly start: () => ChildProcess;
  readonly telemetry?: Telemetry | undefined;
  /** Milliseconds that only go forward. */
  readonly now: () => number;
  readonly limits?: LlamaProcessLimits | undefined;
}

export interface LlamaProcessLimits {
  /** How often a busy process is asked for a sign of life, in milliseconds. Default 2000. */
  readonly pingMs?: number;
  /** How many of these it may miss before it is ended. Default 8. Counted, not timed, so that a machine that slept ends nothing. */
  readonly missedPings?: number;
  /** How long one unit of native work may last. Default 180000: a chunk of a prompt takes a second, on a slow disk much longer at first. */
  readonly unitMs?: number;
  /** How long a start may take until the process has opened the native library. Default 60000. */
  readonly startMs?: number;
  /** Unexpected ends within `crashWindowMs` after which it is not started again. Default 3. */
  readonly crashes?: number;
  /** Default 600000. */
  readonly crashWindowMs?: number;
  /** Wait before the first restart; each further one waits four times longer. Default 100. */
  readonly backoffMs?: number;
}

type Request = Extract<ToModelProcess, { id: number }>;
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
export type Question = WithoutId<Exclude<Request, { type: 'abort' }>>;

/** A question under way. */
export interface Asked {
  /** What the process answered. Rejects with its error, or with `MODEL_CRASHED` when it ended first. */
  readonly answer: Promise<unknown>;
  abort(): void;
}

export interface AskHandlers {
  readonly onEvent?: (event: ModelEvent) => void;
  readonly onProgress?: () => void;
}

/** One life of the process. */
export interface LlamaLink {
  readonly alive: boolean;
  readonly pid: number | undefined;
  /** Questions without an answer yet. */
  readonly open: number;
  /** What computes beside the processor, once it is ready. */
  readonly gpu: string | false;
  ask(question: Question, handlers?: AskHandlers): Asked;
  /** Ends it at once; `why` stands in the errors of what was open. */
  kill(why: string): void;
}

/**
 * Supervises the model process: starts it when it is first needed, notices its end, starts it again with growing waits, and gives up
 * after three unexpected ends within ten minutes (`MODEL_DEGRADED`) until that time is over. A crash while a file was being loaded is
 * that file's fault and does not count against the process.
 */
export interface LlamaProcess {
  /** The running process, started if need be. Rejects with `MODEL_DEGRADED`, or with `MODEL_CRASHED` when it does not come up. */
  connect(): Promise<LlamaLink>;
  health(): Omit<RuntimeHealth, 'models'>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Open extends AskHandlers {
  readonly loads: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: NootropicError) => void;
}

export function superviseLlama(options: LlamaProcessOptions): LlamaProcess {
  const { now } = options;
  const { crashes: allowed = 3, crashWindowMs = 600_000, backoffMs = 100 } = options.limits ?? {};
  const ends: number[] = [];
  const waits = new Set<() => void>();
  let crashes = 0;
  let lastEnd = '';
  let starting: Promise<LlamaLink> | undefined;
  let link: (LlamaLink & { readonly ended: Promise<void> }) | undefined;
  let disposed = false;

  const recent = (): number => {
    while (ends.length > 0 && now() - (ends[0] ?? 0) > crashWindowMs) ends.shift();
    return ends.length;
  };

  const onEnd = (end: { readonly text: string; readonly loading: boolean }): NootropicError => {
    link = undefined;
    if (disposed) return new NootropicError('ABORTED');
    crashes += 1;
    lastEnd = end.text;
    if (!end.loading) ends.push(now());
    options.telemetry?.count('nootropic_model_crashes_total');
    options.telemetry?.log('error', `The model process ended: ${end.text}`);
    return new NootropicError('MODEL_CRASHED', `The model process ended unexpectedly (${end.text}).`);
  };

  const start = async (): Promise<LlamaLink> => {
    const count = recent();
    if (count > 0) {
      const wait = (ends.at(-1) ?? 0) + backoffMs * 4 ** (count - 1) - now();
      if (wait > 0) await sleep(wait, waits);
    }
    if (disposed) throw new NootropicError('ABORTED');
    const opened = openLink({ ...options, onEnd });
    link = opened;
    await opened.ready;
    return opened;
  };

  return {
    async connect() {
      if (disposed) throw new NootropicError('ABORTED');
      if (starting !== undefined) return starting;
      if (link?.alive === true) return link;
      if (recent() >= allowed) {
        throw new NootropicError(
          'MODEL_DEGRADED',
          `The model process ended unexpectedly ${ends.length} times within ten minutes and is not started again yet. Last: ${lastEnd}`,
        );
      }
      starting = start().finally(() => (starting = undefined));
      return starting;
    },
    health() {
      if (recent() >= allowed) return { state: 'degraded', crashes, detail: lastEnd };
      if (starting !== undefined && crashes > 0) return { state: 'restarting', crashes, detail: lastEnd };
      if (link?.alive === true) {
        const { pid } = link;
        return { state: 'ready', crashes, detail: `process ${pid ?? '?'}`, ...(pid !== undefined && { pid }) };
      }
      return {
        state: ends.length > 0 ? 'restarting' : 'idle',
        crashes,
        detail: ends.length > 0 ? `starts again at the next call; ${lastEnd}` : 'not started',
      };
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      for (const wake of waits) wake();
      const last = link;
      last?.kill('closed');
      await last?.ended;
    },
  };
}

function sleep(ms: number, waits: Set<() => void>): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      waits.delete(wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    waits.add(wake);
  });
}

interface LinkOptions extends LlamaProcessOptions {
  /** Notes the end, and gives the error of what was open. */
  readonly onEnd: (end: { readonly text: string; readonly loading: boolean }) => NootropicError;
}

function openLink(options: LinkOptions) {
  const { pingMs = 2_000, missedPings = 8, unitMs = 180_000, startMs = 60_000 } = options.limits ?? {};
  const child = options.start();
  const open = new Map<number, Open>();
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  ready.promise.catch(() => undefined);
  let ids = 0;
  let alive = true;
  let missed = 0;
  let gpu: string | false = false;
  let why = '';
  let errors = '';
  let ticker: ReturnType<typeof setInterval> | undefined;

  const send = (message: ToModelProcess): void => {
    // A pipe that is closing reports through `close`; the callback keeps it from throwing.
    if (alive && child.connected) child.send(message, () => undefined);
  };

  const kill = (reason: string): void => {
    if (!alive) return;
    why ||= reason;
    // Whoever waits for the end must be able to see it.
    child.ref();
    (child.stderr as { ref?: () => void } | null)?.ref?.();
    child.kill('SIGKILL');
  };

  const startTimer = setTimeout(() => kill(`it did not start within ${startMs} ms`), startMs);

  /** While nothing is open, neither the process nor its watch keeps the program alive or costs anything. */
  const settle = (): void => {
    if (open.size > 0 && ticker === undefined) {
      missed = 0;
      ticker = setInterval(tick, pingMs);
      child.ref();
      child.channel?.ref();
    } else if (open.size === 0 && why === '') {
      clearInterval(ticker);
      ticker = undefined;
      child.unref();
      child.channel?.unref();
    }
  };

  const tick = (): void => {
    if (missed >= missedPings && ![...open.values()].some((entry) => entry.loads)) kill('it gave no sign of life');
    missed += 1;
    send({ type: 'ping' });
  };

  const finish = (text: string): void => {
    if (!alive) return;
    alive = false;
    clearTimeout(startTimer);
    clearInterval(ticker);
    if (child.pid !== undefined) removeSwapFolders(memoryFolder, (pid) => pid === child.pid);
    const entries = [...open.values()];
    open.clear();
    // With other work under way it cannot be told what ended the process.
    const loading = entries.length > 0 && entries.every((entry) => entry.loads);
    const error = options.onEnd({ text, loading });
    ready.reject(error);
    for (const entry of entries) entry.reject(error);
    ended.resolve();
  };

  child.on('message', (raw) => {
    const message = raw as FromModelProcess;
    missed = 0;
    if (message.type === 'ready') {
      clearTimeout(startTimer);
      gpu = message.gpu;
      ready.resolve();
      settle();
    } else if (message.type === 'log') options.telemetry?.log(message.level, `llama.cpp: ${message.message}`);
    else if (message.type === 'pong') {
      if (message.busyMs > unitMs) kill(`one step took longer than ${Math.round(unitMs / 1_000)} s`);
    } else receive(message);
  });

  const receive = (message: Exclude<FromModelProcess, { type: 'ready' | 'log' | 'pong' }>): void => {
    const entry = open.get(message.id);
    if (entry === undefined) return;
    if (message.type === 'events') for (const event of message.events) entry.onEvent?.(event);
    else if (message.type === 'progress') entry.onProgress?.();
    else {
      open.delete(message.id);
      settle();
      if (message.type === 'done') entry.resolve(message.value);
      else
        entry.reject(
          new NootropicError(message.error.code as ErrorCode, message.error.message, { hint: message.error.hint }),
        );
    }
  };

  child.on('error', (error) => finish(error.message));
  child.on('close', (code, signal) =>
    finish([why || (signal ?? `exit code ${code}`), lastLine(errors)].filter((part) => part !== '').join('; ')),
  );
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4_000)));
  (child.stderr as { unref?: () => void } | null)?.unref?.();

  return {
    ready: ready.promise,
    ended: ended.promise,
    get alive() {
      return alive;
    },
    get pid() {
      return child.pid;
    },
    get open() {
      return open.size;
    },
    get gpu() {
      return gpu;
    },
    ask(question: Question, handlers: AskHandlers = {}): Asked {
      const id = ++ids;
      const answer = Promise.withResolvers<unknown>();
      answer.promise.catch(() => undefined);
      if (!alive) answer.reject(new NootropicError('MODEL_CRASHED'));
      else {
        open.set(id, { ...handlers, loads: question.type === 'load', resolve: answer.resolve, reject: answer.reject });
        settle();
        send({ ...question, id });
      }
      return { answer: answer.promise, abort: () => send({ type: 'abort', id }) };
    },
    kill,
  };
}

/** What a native abort says of itself, usually the line that holds an assertion. */
function lastLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const telling =
    lines.find((line) => /assert|abort|terminate|error/i.test(line)) ?? lines.findLast((line) => line !== '');
  return (telling ?? '').slice(0, 300);
}
