import { createProcessSurroundings } from './process-surroundings.ts';
import { runProgram } from './program.ts';

/** Runs the program in this process and ends it with the program's exit code. */
export async function start(args: readonly string[], version: string): Promise<void> {
  const surroundings = createProcessSurroundings(version);
  const code = await runProgram(args, surroundings, async () => {
    const { createServerHost } = await import('./server-host.ts');
    return createServerHost(surroundings);
  });
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))),
  );
  // A handle that is still open, such as a pipe on standard input, must not hold the command.
  process.exit(code);
}
