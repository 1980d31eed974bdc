import {
  executeInputSchema,
  executeLanguages,
  NootropicError,
  type Assistant,
  type Config,
  type ExecuteEvent,
  type ExecuteInput,
  type ExecuteLanguage,
  type Runner,
  type RunResult,
} from '@nootropic/contracts';
import { executableLanguages, type LanguageRun } from './execute-languages.ts';
import { createMarkReader, runScript, type MarkReader } from './execute-script.ts';
import { reported, stoppable } from './stoppable.ts';

export interface ExecutePorts {
  /** Runs programs that are given no workspace. Its root is an empty folder. */
  readonly runner: () => Promise<Runner>;
  /** Runs programs that may read the folder with this absolute path, which is its root. Rejects with `PATH_NOT_FOUND`. */
  readonly workspaceRunner: (workspace: string) => Promise<Runner>;
  /** Writes files into a fresh folder that nobody else can read. Rejects with `PATH_OUTSIDE_ROOT` for a path that leads out of it. */
  readonly scratchFolder: (
    files: ExecuteInput['files'],
  ) => Promise<{ readonly path: string; [Symbol.asyncDispose](): Promise<void> }>;
  readonly config: Config['execute'];
  /** The Node that JavaScript and TypeScript run on, and what it needs to be told to be one. */
  readonly node: { readonly program: string; readonly env?: Readonly<Record<string, string>> };
  readonly now: () => number;
  readonly newId: () => string;
}

type Execute = Assistant['execute'];

const mebibyte = 2 ** 20;
/** How long looking for the programs of languages may take. */
const lookMs = 20_000;

/**
 * Runs programs in the sandbox, without a network, each in a folder of its own in memory that is gone afterwards. Nothing is ever run outside of the
 * sandbox: where there is none, everything rejects with `SANDBOX_UNAVAILABLE`.
 */
export function createExecute(ports: ExecutePorts): Execute {
  const { config, node } = ports;
  const languages = executableLanguages(node.program);
  let known: Promise<ReadonlySet<string>> | undefined;

  const look = async (): Promise<ReadonlySet<string>> => {
    const names = [...new Set(Object.values(languages).flatMap(({ needs }) => needs.flat()))];
    const { stdout } = await (
      await ports.runner()
    ).run({
      argv: [
        'sh',
        '-c',
        'for name in "$@"; do command -v "$name" > /dev/null && printf "%s\\n" "$name"; done; true',
        'sh',
        ...names,
      ],
      ...{ sandbox: { writes: false }, timeoutMs: lookMs },
    });
    return new Set(stdout.split('\n'));
  };
  const programs = async (): Promise<ReadonlySet<string>> => {
    known ??= look();
    known.catch(() => (known = undefined));
    return known;
  };
  const foundFor = (language: LanguageRun, all: ReadonlySet<string>): string[] | undefined => {
    const found = language.needs.map((choice) => choice.find((name) => all.has(name)));
    return found.includes(undefined) ? undefined : (found as string[]);
  };

  async function programsOf(language: ExecuteLanguage): Promise<readonly string[]> {
    const run = languages[language];
    let found = foundFor(run, await programs());
    if (found) return found;
    // It may have been installed since.
    known = undefined;
    found = foundFor(run, await programs());
    if (found) return found;
    throw new NootropicError('LANGUAGE_MISSING', `This machine has nothing to run ${language} with.`, {
      hint: run.hint,
    });
  }

  return {
    async languages() {
      const all = await programs();
      return executeLanguages.map((language) => {
        const found = foundFor(languages[language], all);
        const { hint, needs } = languages[language];
        const program = (found ?? needs.map((choice) => choice[0] ?? '')).at(-1) ?? '';
        return { language, available: found !== undefined, program, hint: found ? '' : hint };
      });
    },
    async run(asked, options?: { readonly signal?: AbortSignal | undefined }) {
      if (!config.enabled)
        throw new NootropicError('DENIED', 'Programs are not run here: `execute.enabled` is off.', {
          hint: 'Run `nootropic config set execute.enabled true`.',
        });
      const input = executeInputSchema.parse(asked);
      const runner = await (input.workspace === undefined ? ports.runner() : ports.workspaceRunner(input.workspace));
      const sandbox = await runner.sandbox();
      if (!sandbox.available)
        throw new NootropicError(
          'SANDBOX_UNAVAILABLE',
          `Programs cannot be confined on this machine: ${sandbox.reason}`,
        );
      const found = await programsOf(input.language);
      return stoppable(
        (signal) =>
          runProgram(
            { ports, input, runner, found, sandbox: sandbox.kind, language: languages[input.language] },
            signal,
          ),
        options?.signal,
      );
    },
  };
}

interface Program {
  readonly ports: ExecutePorts;
  readonly input: ExecuteInput;
  readonly runner: Runner;
  readonly found: readonly string[];
  readonly sandbox: string;
  readonly language: LanguageRun;
}

async function* runProgram(program: Program, signal: AbortSignal): AsyncGenerator<ExecuteEvent, void> {
  const { ports, input, runner, found, sandbox, language } = program;
  const { config, node, now } = ports;
  const startedAt = now();
  const { seconds, memoryMebibytes, processes, outputBytes } = input.limits;
  const memory = Math.min(memoryMebibytes, config.memory);
  const file = language.file(input.code);
  await using folder = await ports.scratchFolder([{ path: file, text: input.code }, ...input.files]);
  const plan = { found, file, code: input.code, input, memory };
  const mark = `nootropic-${ports.newId()}`;
  const script = runScript({
    ...{ source: folder.path, hasWorkspace: input.workspace !== undefined, mark, run: language.run(plan) },
    ...(language.compile && { compile: language.compile(plan) }),
  });
  yield { type: 'start', language: input.language, program: found.at(-1) ?? '', sandbox };
  const reader = createMarkReader(mark);
  try {
    const result = yield* reported<ExecuteEvent, RunResult>(async (report) => {
      const show = (stream: 'stdout' | 'stderr', text: string): void => {
        if (text !== '') report({ type: 'output', stream, text });
      };
      const ended = await runner.run({
        argv: ['sh', '-c', script, 'sh', ...input.args],
        sandbox: { writes: false, readable: [folder.path] },
        env: { ...node.env, PYTHONUNBUFFERED: '1' },
        stdin: input.stdin,
        timeoutMs: Math.min(seconds, config.seconds) * 1000,
        maxBytes: outputBytes,
        limits: { memory: memory * mebibyte, processes, fileBytes: memory * mebibyte },
        onOutput: (text, stream) => show(stream, stream === 'stderr' ? reader.take(text) : text),
        signal,
      });
      show('stderr', reader.rest());
      return ended;
    });
    yield endOf(result, reader, now() - startedAt);
  } catch (cause) {
    const error = NootropicError.from(cause);
    if (error.code !== 'ABORTED') throw error;
    yield { type: 'end', exitCode: null, reason: 'aborted', truncated: false, tookMs: now() - startedAt };
  }
}

/** A shell gives what a signal ended as 128 and its number. */
const signalled = (exitCode: number | null): boolean => exitCode === null || (exitCode > 128 && exitCode <= 128 + 64);

function endOf(result: RunResult, reader: MarkReader, tookMs: number): ExecuteEvent {
  const { exitCode, truncated, timedOut, limit, peakMemory } = result;
  const facts = { exitCode, truncated, tookMs, ...(peakMemory !== undefined && { peakBytes: peakMemory }) };
  const isStopped = timedOut || limit !== undefined;
  if (!isStopped && reader.stage() === undefined && exitCode !== 0)
    throw new NootropicError(
      'COMMAND_FAILED',
      `The program could not be laid out: ${result.stderr.trim().slice(0, 500)}`,
      {
        hint: 'Give it more memory, or fewer and smaller files: they count as memory.',
      },
    );
  const reason = timedOut
    ? 'time'
    : (limit ?? (reader.stage() === 'compile' ? 'compile' : signalled(exitCode) ? 'signal' : 'exit'));
  return { type: 'end', ...facts, reason };
}
