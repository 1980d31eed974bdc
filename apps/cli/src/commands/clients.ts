import type { HostClient } from '@nootropic/contracts';
import { Option, type Command } from 'commander';
import { numberOption, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { clientSetup, setupNames, type ClientSetup, type SetupName } from '../client-setups.ts';
import type { Finish } from '../program.ts';
import { tableLines } from '../table.ts';

interface AddOptions extends CommonOptions {
  readonly role?: HostClient['role'];
  readonly class?: NonNullable<HostClient['workClass']>;
  readonly requestsPerMinute?: number;
  readonly tokensPerDay?: number;
  readonly for?: SetupName;
}

// As in the contracts, whose schemas are not loaded for a command line.
const roles: readonly HostClient['role'][] = ['models', 'read-only', 'user', 'admin'];
const classes: readonly NonNullable<HostClient['workClass']>[] = ['completion', 'chat', 'agent', 'embed', 'batch'];

/** What a local model is loaded with, where no setting says otherwise. */
const usualContext = 16_384;

export function addClients(parent: Command, cli: Cli, finish: Finish): void {
  const clients = parent
    .command('clients')
    .helpCommand(false)
    .summary('let other programs use the models of this machine')
    .description('Other programs that use the host: editors, agents, scripts. Each has a key of its own.');

  const add = clients
    .command('add')
    .description('Makes a key for a program, shows it once, and prints what the program has to be told.')
    .argument('<name>', 'small letters, digits, dots and dashes')
    .addOption(new Option('--role <role>', 'what it may do (default: models)').choices(roles))
    .addOption(
      new Option('--class <class>', 'how urgent its requests are (default: by the kind of request)').choices(classes),
    )
    .option(
      '--requests-per-minute <number>',
      'how often it may ask',
      numberOption('--requests-per-minute', 1, 1_000_000),
    )
    .option(
      '--tokens-per-day <number>',
      'how many tokens it may have read and written',
      numberOption('--tokens-per-day', 1, 1_000_000_000),
    )
    .addOption(new Option('--for <program>', 'print the set-up of this program alone').choices(setupNames));
  withCommonOptions(add, [
    ['nootropic clients add zed --for zed', 'the key, and what goes into the settings of Zed'],
    ['nootropic clients add ci --class batch --tokens-per-day 2000000', 'work that gives way to everything else'],
    ['nootropic clients add phone --role read-only', 'may look at sessions, and change nothing'],
  ]).action((name: string, options: AddOptions) => finish(() => addClient(cli, name, options)));

  withCommonOptions(clients.command('list').description('Lists the programs that have a key, never the keys.'), [
    ['nootropic clients list', 'roles, limits, and when each key was last used'],
  ]).action((options: CommonOptions) => finish(() => list(cli, options)));

  withCommonOptions(
    clients
      .command('remove')
      .alias('rm')
      .description('Takes the key of a program back; its next request is refused.')
      .argument('<name>', 'as `clients list` shows it'),
    [['nootropic clients remove zed', 'its key is good for nothing from now on']],
  ).action((name: string, options: CommonOptions) => finish(() => remove(cli, name, options)));
}

async function addClient(cli: Cli, name: string, options: AddOptions): Promise<void> {
  const { client, key } = await withAssistant(cli, (assistant) =>
    assistant.clients.add(
      {
        name,
        ...(options.role && { role: options.role }),
        ...(options.class && { workClass: options.class }),
        ...(options.requestsPerMinute !== undefined && { requestsPerMinute: options.requestsPerMinute }),
        ...(options.tokensPerDay !== undefined && { tokensPerDay: options.tokensPerDay }),
      },
      { signal: cli.signal },
    ),
  );
  const { url, running, contextLength } = await address(cli);
  const setup: ClientSetup = { url, key, contextLength };
  const chosen = options.for === undefined ? setupNames : [options.for];
  if (options.json === true)
    return cli.json({
      ...{ client, key, url },
      setups: Object.fromEntries(chosen.map((program) => [program, clientSetup(program, setup)])),
    });
  await cli.out(
    `${cli.style.bold('Key')}      ${key}\n${cli.style.bold('OpenAI')}   ${url}/v1\n${cli.style.bold('Others')}   ${url}\n`,
  );
  for (const program of chosen) {
    const { title, where, text } = clientSetup(program, setup);
    await cli.out(`\n${cli.style.bold(title)}: ${where}\n\n${text}\n`);
  }
  await cli.talk(
    `\nThe key is shown only now; it is kept as a digest.${running ? '' : ' No host is running: start it with `nootropic serve --detach`.'}\n`,
  );
}

/** Where programs find the host: where it is, else where it will be. */
async function address(cli: Cli): Promise<Pick<ClientSetup, 'url' | 'contextLength'> & { readonly running: boolean }> {
  const host = await cli.loadHost();
  const running = await host.running();
  const { models, host: settings } = await host.config();
  return {
    url: typeof running === 'object' ? running.url : `http://127.0.0.1:${String(settings.port)}`,
    running: running !== undefined,
    contextLength: models.contextLength ?? usualContext,
  };
}

async function list(cli: Cli, options: CommonOptions): Promise<void> {
  const found = await withAssistant(cli, (assistant) => assistant.clients.list(undefined, { signal: cli.signal }));
  if (options.json === true) return cli.json({ clients: found });
  if (found.length === 0) return cli.talk('No program has a key. `nootropic clients add NAME` makes one.\n');
  const rows = found.map((client) => ({
    cells: [
      cli.cell(client.name),
      client.role,
      client.workClass ?? '',
      limitsOf(client),
      client.usedAt === undefined ? 'never' : new Date(client.usedAt).toISOString().slice(0, 16).replace('T', ' '),
      `${client.hint}…`,
    ],
  }));
  const columns = [
    { title: 'NAME', least: 10 },
    { title: 'ROLE' },
    { title: 'CLASS' },
    { title: 'LIMITS' },
    { title: 'USED (UTC)' },
    { title: 'KEY' },
  ];
  await cli.out(`${tableLines(columns, rows, cli).join('\n')}\n`);
}

function limitsOf({ requestsPerMinute, tokensPerDay }: HostClient): string {
  return [
    requestsPerMinute === undefined ? '' : `${String(requestsPerMinute)} requests a minute`,
    tokensPerDay === undefined ? '' : `${String(tokensPerDay)} tokens a day`,
  ]
    .filter((text) => text !== '')
    .join(', ');
}

async function remove(cli: Cli, name: string, options: CommonOptions): Promise<void> {
  const client = await withAssistant(cli, (assistant) => assistant.clients.remove({ name }, { signal: cli.signal }));
  if (options.json === true) return cli.json({ removed: client });
  await cli.talk(`The key of ${cli.cleanTalk(client.name)} is good for nothing now.\n`);
}
