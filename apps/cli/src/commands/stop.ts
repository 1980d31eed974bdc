import type { Command } from 'commander';
import { numberOption, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';

interface StopOptions extends CommonOptions {
  readonly force?: boolean;
  readonly timeout: number;
}

export function addStop(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('stop')
    .summary('end the host')
    .description(
      'Ends the host of this user and waits for it: turns that run are stopped and kept in their sessions, every stream gets its last event, jobs go back into the queue. Where none runs, what one that was killed left behind is removed.',
    )
    .option('--force', 'kill it where it does not end by itself')
    .option('--timeout <seconds>', 'how long it may take', numberOption('--timeout', 1, 3600), 8);
  withCommonOptions(command, [
    ['nootropic stop', 'with its work brought to an end'],
    ['nootropic stop --force', 'also one that hangs'],
  ]).action((options: StopOptions) => finish(() => stop(cli, options)));
}

async function stop(cli: Cli, { force = false, timeout, json }: StopOptions): Promise<void> {
  const host = await cli.loadHost();
  const ended = await host.end({ force, limitMs: timeout * 1000 });
  if (json === true) return cli.json({ stopped: ended !== undefined, ...(ended && { pid: ended.pid }) });
  await cli.out(ended === undefined ? 'No host was running.\n' : `The host has ended, process ${String(ended.pid)}.\n`);
}
