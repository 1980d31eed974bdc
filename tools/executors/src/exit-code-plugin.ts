import { cannotGoOn } from './package-desktop-executor.ts';

interface Results {
  readonly taskResults: Readonly<Record<string, { readonly status: string; readonly terminalOutput?: string }>>;
}

const environment = process.env['NODE_ENV'];

/**
 * A plugin of Nx: lets Nx end with 3 where a task has done what can be done on this machine, and its last line says so. Nx itself ends with 1 for whatever
 * did not succeed. It works where plugins run in the process of Nx (`NX_ISOLATE_PLUGINS=false`, see `.env`).
 */
export const name = 'exit-code';

/** Reading a configuration of Vite sets this for its whole process, and a build that comes after would be one for development. */
export function preTasksExecution(): void {
  if (environment === undefined) delete process.env['NODE_ENV'];
  else process.env['NODE_ENV'] = environment;
}

export function postTasksExecution(_options: unknown, { taskResults }: Results): void {
  const failed = Object.values(taskResults).filter(({ status }) => status === 'failure');
  if (failed.length === 0 || !failed.every(({ terminalOutput = '' }) => terminalOutput.trimEnd().endsWith(cannotGoOn)))
    return;
  process.on('exit', () => {
    process.exitCode = 3;
  });
}
