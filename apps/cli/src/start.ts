import { createProcessSurroundings } from './process-surroundings.ts';
import { reportCrash } from './report-crash.ts';
import { runProgram } from './program.ts';

/** Runs the program in this process and ends it with the program's exit code. */
export async function start(args: readonly string[], version: string): Promise<void> {
  process.on('uncaughtException', (error) => void reportCrash(error));
  const surroundings = createProcessSurroundings(version);
  const code = await runProgram(args, surroundings, async (env = surroundings.env) => {
    const { createServerHost } = await import('./server-host.ts');
    const { stderr } = surroundings;
    return createServerHost({ env, version, stderr });
  });
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))),
  );
  // A handle that is still open, such as a pipe on standard input, must not hold the command.
  process.exit(code);
}
