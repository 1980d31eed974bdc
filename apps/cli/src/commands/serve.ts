import { InvalidArgumentError, type Command } from 'commander';
import { withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';

interface ServeOptions extends CommonOptions {
  readonly port?: number;
}

export function addServe(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('serve')
    .summary('serve a page and an HTTP API on this machine')
    .description(
      'Serves the assistant on the loopback of this machine, until it is interrupted: a page to open, and the HTTP API of docs/reference/openapi.json. The token is new each time.',
    )
    .option('--port <number>', 'listen on this port (default: any that is free)', parsePort);
  withCommonOptions(command, [
    ['nootropic serve', 'prints the address of the page'],
    ['nootropic serve --port 4650 --json', 'prints address and token as one JSON object'],
  ]).action((options: ServeOptions) => finish(() => serve(cli, options)));
}

async function serve(cli: Cli, options: ServeOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  const host = await cli.loadHost();
  await using open = await host.open({ stays: true });
  await using served = await host.serve(open.assistant, options.port);
  const page = `${served.url}/#${new URLSearchParams({ token: served.token, workspace }).toString()}`;
  if (options.json === true) await cli.json({ url: served.url, token: served.token, page });
  else {
    await cli.out(
      `${cli.style.bold('Page')}   ${page}\n${cli.style.bold('API')}    ${served.url}   Authorization: Bearer ${served.token}\n`,
    );
    await cli.talk(
      `Other commands use its models with NOOTROPIC_HOST=${served.url} NOOTROPIC_TOKEN=${served.token}\nServing this machine only. Ctrl-C ends it.\n`,
    );
  }
  await interrupted(cli.signal);
}

async function interrupted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/u.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}
