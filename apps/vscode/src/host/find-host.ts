import { spawn as nodeSpawn } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { errorTable, NootropicError, type ErrorCode } from '@nootropic/contracts';
import { z } from 'zod';
import { commandLine, findProgram, type Program } from './find-program.ts';
import type { Endpoint } from './host-state.ts';
import { installHint, isMatching, mismatchHint } from './versions.ts';

export interface FindHostOptions {
  /** The program as the setting names it. */
  readonly command: readonly string[];
  /** Of this extension. */
  readonly version: string;
  readonly signal?: AbortSignal;
  /** Milliseconds that the program may take to have a host run. Default 45 000: it waits 30 s itself. */
  readonly limitMs?: number;
  /** Default: Node's. */
  readonly spawn?: typeof nodeSpawn;
  readonly find?: typeof findProgram;
}

const answerSchema = z.object({
  // Nowhere else may the token go, whatever a program of that name says.
  url: z.url({ protocol: /^http$/u, hostname: /^127\.0\.0\.1$/u }),
  version: z.string(),
  tokenFile: z.string().optional(),
});
const failureSchema = z.object({ error: z.object({ code: z.string(), message: z.string(), hint: z.string() }) });

/**
 * The host of this user, which the program starts where none runs. It outlives the editor and ends by itself when nothing was to do for a while.
 *
 * Rejects with `NOT_FOUND` where the program is not there, `HOST_RUNNING` where program or host are of a version that does not match,
 * `UNAUTHORIZED` where the token cannot be trusted, and with what the program says itself.
 */
export async function findHost(options: FindHostOptions): Promise<Endpoint> {
  const { command, version, find = findProgram } = options;
  const program = await find(command);
  if (program === undefined)
    throw new NootropicError(
      'NOT_FOUND',
      `The program "${command[0] ?? ''}" is not installed where it is looked for.`,
      {
        hint: installHint,
      },
    );
  const said = lastObject(await run(program, options));
  const failed = failureSchema.safeParse(said);
  if (failed.success) {
    const { code, message, hint } = failed.data.error;
    throw new NootropicError(Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'INTERNAL', message, { hint });
  }
  const { success, data } = answerSchema.safeParse(said);
  if (!success)
    throw new NootropicError('HOST_UNREACHABLE', `"${program[0]}" is not the nootropic program, or an early one.`, {
      hint: `${installHint} Or name the right one in the setting \`nootropic.command\`.`,
    });
  if (!isMatching(version, data.version) || data.tokenFile === undefined)
    throw new NootropicError(
      'HOST_RUNNING',
      `The host is version ${data.version}, and this extension is ${version}: they cannot work together.`,
      { hint: mismatchHint(version, data.version) },
    );
  const token = await readToken(data.tokenFile);
  return { url: new URL(data.url).origin, token, version: data.version, program };
}

const mostOutput = 200_000;

async function run(
  program: Program,
  { signal, limitMs = 45_000, spawn = nodeSpawn }: FindHostOptions,
): Promise<string> {
  const { file, args, verbatim } = commandLine(program, ['serve', '--detach', '--json']);
  const limit = AbortSignal.timeout(limitMs);
  return new Promise<string>((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      windowsVerbatimArguments: verbatim,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    let out = '';
    let talk = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out = `${out}${text}`.slice(-mostOutput)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (talk = `${talk}${text}`.slice(-2000)));
    child.once('error', (cause) => {
      if (signal?.aborted === true) reject(new NootropicError('ABORTED', undefined, { cause }));
      else if (limit.aborted)
        reject(
          new NootropicError('HOST_UNREACHABLE', `"${program[0]}" did not have a host run within ${limitMs / 1000} s.`),
        );
      else
        reject(
          new NootropicError('HOST_UNREACHABLE', `"${program[0]}" cannot be started: ${cause.message}.`, { cause }),
        );
    });
    child.once('close', (code) => {
      if (out.trim() !== '') resolve(out);
      else
        reject(
          new NootropicError(
            'HOST_UNREACHABLE',
            `"${program[0]}" ended with ${String(code)} and said nothing of a host. ${talk.trim().slice(-500)}`.trim(),
          ),
        );
    });
  });
}

function lastObject(text: string): unknown {
  for (const line of text.trimEnd().split('\n').reverse())
    if (line.startsWith('{'))
      try {
        return JSON.parse(line);
      } catch {
        return undefined;
      }
  return undefined;
}

/** The token of this user's host, of a file that only the user can read. A link could lead to a file that somebody else wrote. */
export async function readToken(file: string): Promise<string> {
  const refuse = (fault: string, cause?: unknown) =>
    new NootropicError('UNAUTHORIZED', `The token of the host, ${file}, ${fault}.`, {
      hint: 'Run `nootropic stop`, then try again: the next host makes a new one.',
      ...(cause !== undefined && { cause }),
    });
  let handle;
  try {
    // Windows has neither the flag nor modes.
    handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (cause) {
    throw refuse('cannot be read', cause);
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw refuse('is no file');
    if (process.platform !== 'win32') {
      if (stat.uid !== process.getuid?.()) throw refuse('belongs to somebody else');
      if ((stat.mode & 0o077) !== 0) throw refuse('could be read by others');
    }
    const token = (await handle.readFile('utf8')).trim();
    if (!/^[\w-]{43}$/u.test(token)) throw refuse('was not written whole');
    return token;
  } finally {
    await handle.close();
  }
}
