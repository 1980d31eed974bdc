import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface OtherProgramOptions {
  readonly signal: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Called with what it prints, as it comes. */
  readonly onOutput?: (text: string) => void;
  /** Characters of each of stdout and stderr that are kept, from the end. Default 65 536. */
  readonly keepOutput?: number;
}

export interface OtherProgram extends AsyncDisposable {
  /** Absent where it could not be started. */
  readonly pid: number | undefined;
  /** The exit status, once it has ended; null after a signal. Rejects when it could not be started. */
  readonly ended: Promise<number | null>;
  /** What it printed to stdout and to stderr, as much of the end of each as is kept. */
  output(): { readonly stdout: string; readonly stderr: string };
}

const keptOutput = 65_536;

/** Starts another program. It ends when this is disposed, when the signal fires, and at the latest with this process. */
export function startProgram(command: string, args: readonly string[], options: OtherProgramOptions): OtherProgram {
  const { signal, env, cwd, onOutput, keepOutput = keptOutput } = options;
  signal.throwIfAborted();
  const child = spawn(command, args, {
    ...(env && { env }),
    ...(cwd !== undefined && { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const kill = (): void => void child.kill('SIGKILL');
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      texts[stream] = (texts[stream] + text).slice(-keepOutput);
      onOutput?.(text);
    });
  }
  signal.addEventListener('abort', kill, { once: true });
  process.once('exit', kill);
  const ended = once(child, 'close').then(
    ([status]) => status as number | null,
    (cause: unknown) => Promise.reject(new Error(`${command} could not be started.`, { cause })),
  );
  const forget = (): void => {
    signal.removeEventListener('abort', kill);
    process.removeListener('exit', kill);
  };
  ended.then(forget, forget);
  return {
    pid: child.pid,
    ended,
    output: () => texts,
    async [Symbol.asyncDispose]() {
      kill();
      await ended.catch(() => undefined);
    },
  };
}

/** Runs another program to its end and gives what it printed to stdout. Throws when it fails. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: OtherProgramOptions,
): Promise<string> {
  await using program = startProgram(command, args, options);
  const status = await program.ended;
  options.signal.throwIfAborted();
  const { stdout, stderr } = program.output();
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr.slice(-2_000)}`);
  return stdout;
}
