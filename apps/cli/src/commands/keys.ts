import { NootropicError, type Assistant, type ProviderKey } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { nearestName } from '../nearest-name.ts';
import type { Finish } from '../program.ts';
import { tableLines } from '../table.ts';

export function addKeys(parent: Command, cli: Cli, finish: Finish): void {
  const keys = parent
    .command('keys')
    .helpCommand(false)
    .summary('keep the keys of providers on the internet')
    .description('Keys of providers on the internet. They are never shown, and never part of the settings.');

  withCommonOptions(keys.command('list').description('Says which providers have a key, and where it lies.'), [
    ['nootropic keys list', 'never the keys themselves'],
  ]).action((options: CommonOptions) => finish(() => list(cli, options)));

  const set = keys
    .command('set')
    .description(
      'Keeps the key of a provider, in the keychain of the system where there is one. It is asked for without showing it, or read from standard input; never from the command line, which the shell keeps.',
    )
    .argument('<provider>', 'openai, anthropic, google, xai')
    .allowExcessArguments();
  withCommonOptions(set, [
    ['nootropic keys set anthropic', 'asks, without showing what is typed'],
    ['pass show openai | nootropic keys set openai', 'from a password store'],
  ]).action((provider: string, options: CommonOptions, command: Command) =>
    finish(() => setKey(cli, { provider, given: command.args.length }, options)),
  );

  withCommonOptions(
    keys.command('rm').description('Forgets the key of a provider.').argument('<provider>', 'as `keys list` shows it'),
    [['nootropic keys rm anthropic', 'from the keychain and from the file']],
  ).action((provider: string, options: CommonOptions) => finish(() => remove(cli, provider, options)));
}

async function list(cli: Cli, options: CommonOptions): Promise<void> {
  const found = await withAssistant(cli, (assistant) => assistant.keys.list(undefined, { signal: cli.signal }));
  if (options.json === true) return cli.json({ keys: found });
  const rows = found.map(({ provider, place, enabled }) => ({
    cells: [cli.cell(provider), places[place], enabled ? 'yes' : 'no'],
  }));
  const columns = [{ title: 'PROVIDER', least: 10 }, { title: 'KEY', least: 10 }, { title: 'MAY BE USED' }];
  await cli.out(`${tableLines(columns, rows, cli).join('\n')}\n`);
  if (found.every(({ enabled }) => !enabled))
    await cli.talk('No provider may be used: `nootropic config set providers.enabled PROVIDER` permits one.\n');
}

const places: Readonly<Record<ProviderKey['place'], string>> = {
  environment: 'in the environment',
  keychain: 'in the keychain',
  file: 'in a file that only you can read',
  none: 'none',
};

async function setKey(
  cli: Cli,
  { provider, given }: { provider: string; given: number },
  options: CommonOptions,
): Promise<void> {
  if (given > 1) {
    throw new NootropicError('USAGE', 'A key is never an argument: the shell would keep it in its history.', {
      hint: `Run \`nootropic keys set ${provider}\` and type it, or pipe it in. Count the one you typed as seen by others.`,
    });
  }
  await withAssistant(cli, async (assistant) => {
    await checkProvider(cli, assistant, provider);
    const key = await readKey(cli, provider);
    cli.signal.throwIfAborted();
    const kept = await assistant.keys.set({ provider, key }, { signal: cli.signal });
    if (options.json === true) return cli.json(kept);
    await cli.out(`The key of ${cli.cell(kept.provider)} is ${places[kept.place]}.\n`);
    if (!kept.enabled)
      await cli.talk(
        `It is not used yet: \`nootropic config set providers.enabled ${provider}\` permits that provider. What is asked of its models then leaves this machine.\n`,
      );
  });
}

async function checkProvider(cli: Cli, assistant: Assistant, provider: string): Promise<void> {
  const known = (await assistant.keys.list(undefined, { signal: cli.signal })).map((key) => key.provider);
  if (known.length === 0 || known.includes(provider)) return;
  const near = nearestName(provider, known);
  throw new NootropicError('USAGE', `There is no provider "${provider}".`, {
    hint: near === undefined ? `There are: ${known.join(', ')}.` : `Did you mean ${near}?`,
  });
}

/** Far longer than any key; more than this is the wrong file. */
const longestKey = 10_000;

async function readKey(cli: Cli, provider: string): Promise<string> {
  const { stdin } = cli.surroundings;
  const hint = `For example: \`pass show ${provider} | nootropic keys set ${provider}\`.`;
  if (stdin.kind === 'nothing')
    throw new NootropicError('USAGE', 'There is no terminal to ask on, and nothing is piped in.', { hint });
  let text: string;
  if (stdin.kind === 'terminal') {
    await cli.talk(`Key of ${cli.cleanTalk(provider)} (it is not shown): `);
    text = await stdin.readHidden();
    await cli.talk('\n');
  } else text = await stdin.readAll();
  cli.signal.throwIfAborted();
  const key = text.trim();
  if (key === '') throw new NootropicError('USAGE', 'The key is empty: nothing was changed.', { hint });
  if (key.length > longestKey || /\s/u.test(key))
    throw new NootropicError('INPUT_INVALID', 'A key is one word on one line: nothing was changed.', { hint });
  return key;
}

async function remove(cli: Cli, provider: string, options: CommonOptions): Promise<void> {
  await withAssistant(cli, async (assistant) => {
    await checkProvider(cli, assistant, provider);
    const left = await assistant.keys.remove({ provider }, { signal: cli.signal });
    if (options.json === true) return cli.json(left);
    await cli.out(`The key of ${cli.cell(left.provider)} is forgotten.\n`);
    if (left.place !== 'none')
      await cli.talk(`There is still one ${places[left.place]}; only you can take that away.\n`);
  });
}
