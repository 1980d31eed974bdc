import { join } from 'node:path';
import type { BenchContext } from './bench-line.ts';
import { workspaceRoot } from './child-run.ts';
import { startProgram } from './other-program.ts';

export interface ServedHostOptions {
  /** Path of a GGUF file. */
  readonly model: string;
  readonly threads: number;
  readonly contextLength: number;
}

/** A server of the OpenAI API in a process of its own. */
export interface ServedHost extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** How long it may take until it answers, in milliseconds. */
const startMs = 60_000;

/** A host as `nootropic serve` starts it, with a home of its own. */
export async function serveHost(
  { place, signal }: Pick<BenchContext, 'place' | 'signal'>,
  { model, threads, contextLength }: ServedHostOptions,
): Promise<ServedHost> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await place.folder());
  const host = stack.use(
    await startServer(
      [join(workspaceRoot, 'apps/cli/src/main.ts'), 'serve', '--json', '--port', '0', '--cwd', path],
      {
        NOOTROPIC_HOME: join(path, 'home'),
        NOOTROPIC_MODELS_CHAT: `file:${model}`,
        NOOTROPIC_MODELS_THREADS: String(threads),
        NOOTROPIC_MODELS_CONTEXT_LENGTH: String(contextLength),
        // The peers compute on the processor as well.
        NOOTROPIC_MODELS_GPU: 'off',
        NOOTROPIC_LOG_LEVEL: 'silent',
      },
      signal,
    ),
  );
  const owned = stack.move();
  return { ...host, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A server that answers every request at once with nothing. */
export function serveNothing(signal: AbortSignal): Promise<ServedHost> {
  return startServer([join(import.meta.dirname, 'empty-server.ts')], {}, signal);
}

/** Starts a program of Node that prints its address and its token as one JSON object. */
async function startServer(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ServedHost> {
  await using stack = new AsyncDisposableStack();
  const started = Promise.withResolvers<{ readonly url: string; readonly token: string }>();
  let output = '';
  const onOutput = (text: string): void => {
    output += text;
    const line = output.split('\n').find((each) => each.startsWith('{"url"') && each.endsWith('}'));
    if (line !== undefined) started.resolve(JSON.parse(line) as { url: string; token: string });
  };
  const program = stack.use(
    startProgram(process.execPath, args, { signal, env: { ...process.env, ...env }, onOutput }),
  );
  const failed = program.ended.then((status) => {
    throw new Error(`${args.join(' ')} ended with ${status}: ${program.output().stderr.slice(-2_000)}`);
  });
  failed.catch(() => undefined);
  const timer = setTimeout(() => started.reject(new Error(`${args.join(' ')} did not start.`)), startMs);
  try {
    const { url, token } = await Promise.race([started.promise, failed]);
    const owned = stack.move();
    return {
      url: `${url}/v1`,
      headers: { authorization: `Bearer ${token}` },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } finally {
    clearTimeout(timer);
  }
}
