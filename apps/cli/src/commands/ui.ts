import { NootropicError } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';

interface UiOptions extends CommonOptions {
  readonly print?: boolean;
}

export function addUi(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('ui')
    .summary('open the page of the host in your browser')
    .description(
      'Opens the page of this folder in your browser, at the host that runs; where none runs, one is started in the background. The address is good once and for 30 seconds. Where no browser can be opened, it is printed, with the reason.',
    )
    .option('--print', 'print the address and open nothing');
  withCommonOptions(command, [
    ['nootropic ui', 'the page of this folder'],
    ['nootropic ui --cwd ~/src/app', 'of another one'],
    ['nootropic ui --print', 'the address, for a browser of your choice'],
  ]).action((options: UiOptions) => finish(() => ui(cli, options)));
}

async function ui(cli: Cli, options: UiOptions): Promise<void> {
  const { json, print } = options;
  const workspace = await workspaceOf(cli, options);
  const host = await cli.loadHost();
  const running = await host.ensure({}, cli.signal);
  if (!(await running.hasPage()))
    throw new NootropicError('NOT_FOUND', 'The host that runs has no page: it was started without one.', {
      hint: 'Run `nootropic stop`, then `nootropic ui`. In a clone, `npm start -- ui` builds the page first.',
    });
  const { code, expiresAt } = await running.assistant.host.signIn(undefined, { signal: cli.signal });
  const page = `${running.url}/#${new URLSearchParams({ code, workspace }).toString()}`;
  const why = print === true ? 'you asked for the address' : await cli.surroundings.openAddress(page);
  const opened = why === undefined;
  if (json === true)
    return cli.json({ url: running.url, page, expiresAt, opened, isNew: running.isNew, ...(opened ? {} : { why }) });
  const started = running.isNew ? 'A host was started in the background; `nootropic stop` ends it. ' : '';
  if (opened) return cli.talk(`${started}The page is in your browser: ${running.url}\n`);
  const reason = print === true ? '' : `No browser was opened: ${why}. `;
  await cli.talk(`${started}${reason}This address is good once, within 30 seconds:\n`);
  await cli.out(`${page}\n`);
}
