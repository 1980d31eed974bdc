import type { Cli } from './cli.ts';

/** How long a socket may stay silent: parent programs open one and often never write to it, nor close it. */
const socketPatienceMs = 500;

/**
 * What was piped or redirected in; undefined where there is nothing to read. A pipe and a file are read to
 * their end; while a pipe is silent, a line on standard error says what the program waits for.
 */
export async function readPipedText(cli: Cli): Promise<string | undefined> {
  const { stdin } = cli.surroundings;
  if (stdin.kind === 'terminal' || stdin.kind === 'nothing') return undefined;
  const text = await stdin.readAll({
    ...(stdin.kind === 'socket' ? { firstByteMs: socketPatienceMs } : {}),
    onWait: () => void cli.talk('Reading standard input to its end (use `< /dev/null` to go without).\n'),
  });
  return text === '' ? undefined : text;
}
