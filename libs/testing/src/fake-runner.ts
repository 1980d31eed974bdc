import { NootropicError, type Runner, type RunRequest } from '@nootropic/contracts';

/** What a scripted program gives back. Output is text; the limit and the time are the runner's. */
export interface FakeProgramResult {
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** Bytes of memory that it takes, and processes: a limit below it ends it. */
  readonly memory?: number;
  readonly processes?: number;
}

/** A program in place of a real one. Returning a promise that never settles is a program that hangs. */
export type FakeProgram = (request: RunRequest) => FakeProgramResult | Promise<FakeProgramResult>;

function leadsOut(path: string): boolean {
  if (path.startsWith('/') || path.includes('\\') || /^[a-z]:/iu.test(path)) return true;
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

function capped(text: string, maxBytes: number): { readonly text: string; readonly truncated: boolean } {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= maxBytes) return { text, truncated: false };
  // A decoder that expects more bytes keeps an unfinished character back.
  return { text: new TextDecoder().decode(bytes.subarray(0, maxBytes), { stream: true }), truncated: true };
}

const silent = { exitCode: null, stdout: '', stderr: '', truncated: false, timedOut: false } as const;

function passed(
  { memory = 0, processes = 1 }: FakeProgramResult,
  limits: RunRequest['limits'] = {},
): 'memory' | 'processes' | undefined {
  if (processes > (limits.processes ?? Infinity)) return 'processes';
  return memory > (limits.memory ?? Infinity) ? 'memory' : undefined;
}

export interface FakeRunnerOptions {
  /** What `sandbox()` says. Default: available, of the kind `fake`. */
  readonly sandbox?: Awaited<ReturnType<Runner['sandbox']>>;
}

/**
 * A `Runner` that runs functions by the name of the program; a name that is not there cannot be started. A program is given the request as it came,
 * with its policy, its environment and its listener; nothing is confined. What it returns is told to the listener in one piece.
 */
export function createFakeRunner(
  programs: Readonly<Record<string, FakeProgram>>,
  { sandbox = { available: true, kind: 'fake' } }: FakeRunnerOptions = {},
): Runner {
  return {
    async sandbox() {
      return sandbox;
    },
    async run(request) {
      const { argv, cwd = '.', signal, timeoutMs = 60_000, maxBytes = 1024 * 1024 } = request;
      const aborted = (): NootropicError =>
        new NootropicError('ABORTED', `${argv[0]} was cancelled.`, { cause: signal?.reason });
      if (signal?.aborted) throw aborted();
      if (leadsOut(cwd))
        throw new NootropicError('PATH_OUTSIDE_ROOT', `${JSON.stringify(cwd)} leads out of the workspace.`);
      if (request.sandbox && !sandbox.available)
        throw new NootropicError(
          'SANDBOX_UNAVAILABLE',
          `Programs cannot be confined here: ${sandbox.reason ?? 'no reason given'}`,
        );
      const program = Object.hasOwn(programs, argv[0]) ? programs[argv[0]] : undefined;
      if (!program) throw new NootropicError('COMMAND_FAILED', `${JSON.stringify(argv[0])} cannot be started.`);

      let timer: ReturnType<typeof setTimeout> | undefined;
      let onAbort: () => void = () => undefined;
      const timedOut = new Promise<'timed out'>((resolve) => {
        timer = setTimeout(() => {
          resolve('timed out');
        }, timeoutMs);
      });
      const cancelled = new Promise<never>((_resolve, reject) => {
        onAbort = () => {
          reject(aborted());
        };
        signal?.addEventListener('abort', onAbort, { once: true });
      });
      try {
        const ended = await Promise.race([Promise.resolve(program(request)), timedOut, cancelled]);
        if (ended === 'timed out') return { ...silent, timedOut: true };
        const peak = request.limits && ended.memory !== undefined && { peakMemory: ended.memory };
        const limit = passed(ended, request.limits);
        if (limit) return { ...silent, limit, ...peak };
        const stdout = capped(ended.stdout ?? '', maxBytes);
        const stderr = capped(ended.stderr ?? '', maxBytes);
        if (stdout.text !== '') request.onOutput?.(stdout.text, 'stdout');
        if (stderr.text !== '') request.onOutput?.(stderr.text, 'stderr');
        return {
          exitCode: ended.exitCode ?? 0,
          stdout: stdout.text,
          stderr: stderr.text,
          truncated: stdout.truncated || stderr.truncated,
          timedOut: false,
          ...peak,
        };
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      }
    },
  };
}
