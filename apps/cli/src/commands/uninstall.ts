import { NootropicError } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { confirm } from '../confirm.ts';
import type { Finish } from '../program.ts';
import { count, formatBytes } from '../sizes.ts';

interface UninstallOptions extends CommonOptions {
  readonly data?: boolean;
  readonly yes?: boolean;
}

export function addUninstall(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('uninstall')
    .summary('remove everything the program wrote')
    .description(
      'With --data: lists, then removes, everything the program wrote (settings, sessions, indexes, imported models, logs).\nFiles you imported from stay where they are.',
    )
    .option('--data', 'remove the data')
    .option('-y, --yes', 'do not ask; needed where there is no terminal');
  withCommonOptions(command, [
    ['nootropic uninstall --data', 'see what is there, then decide'],
    ['nootropic uninstall --data --yes && npm rm -g nootropic', 'leave nothing behind'],
  ]).action((options: UninstallOptions) => finish(() => uninstall(cli, options)));
}

async function uninstall(cli: Cli, options: UninstallOptions): Promise<void> {
  if (options.data !== true) {
    throw new NootropicError('USAGE', 'Nothing was removed: say what to remove.', {
      hint: '`nootropic uninstall --data` removes the data; `npm rm -g nootropic` removes the program.',
    });
  }
  const host = await cli.loadHost();
  const files = await host.written();
  for (const file of files)
    await (options.json === true
      ? cli.json(file)
      : cli.out(`${formatBytes(file.bytes).padStart(8)}  ${cli.clean(file.path)}\n`));
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (files.length === 0) {
    await cli.talk('Nothing was written, so there is nothing to remove.\n');
    return;
  }
  if (
    !(await confirm(
      cli,
      `Remove ${count(files.length, 'file')} (${formatBytes(total)}) for good?`,
      options.yes === true,
    ))
  ) {
    throw new NootropicError('DENIED', 'Nothing was removed.', { hint: '' });
  }
  await host.removeWritten();
  await cli.talk(`Removed ${count(files.length, 'file')} (${formatBytes(total)}).\n`);
}
