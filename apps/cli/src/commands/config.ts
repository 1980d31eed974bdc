import { NootropicError } from '@nootropic/contracts';
import type { Command } from 'commander';
import { userModelRef, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Explained } from '../host.ts';
import type { Finish } from '../program.ts';

export function addConfig(parent: Command, cli: Cli, finish: Finish): void {
  const config = parent
    .command('config')
    .helpCommand(false)
    .summary('read, change and explain settings')
    .description('Settings. Later layers win: default, your file, environment, command line.');

  withCommonOptions(
    config
      .command('get')
      .description('Prints one setting, or all of them.')
      .argument('[key]', 'a dotted path, such as answer.maxTokens'),
    [
      ['nootropic config get', 'everything, as JSON'],
      ['nootropic config get answer.maxTokens', 'one value'],
    ],
  ).action((key: string | undefined, options: CommonOptions) => finish(() => get(cli, key, options)));

  withCommonOptions(
    config
      .command('set')
      .description('Writes one setting to your file.')
      .argument('<key>', 'a dotted path')
      .argument('<value>', 'what it should be'),
    [
      ['nootropic config set models.chat file:qwen.gguf', 'the model that answers'],
      ['nootropic config set answer.maxTokens 2048', 'a number'],
    ],
  ).action((key: string, text: string, options: CommonOptions) => finish(() => set(cli, { key, text }, options)));

  withCommonOptions(
    config
      .command('explain')
      .description('Says what a setting means and which layer its value comes from.')
      .argument('[key]', 'a dotted path; without it, all settings are listed'),
    [['nootropic config explain models.chat', 'the meaning, the value, and who set it']],
  ).action((key: string | undefined, options: CommonOptions) => finish(() => explain(cli, key, options)));

  withCommonOptions(config.command('path').description('Prints where the file with your settings is, or will be.'), [
    ['$EDITOR "$(nootropic config path)"', 'edit it'],
  ]).action((options: CommonOptions) =>
    finish(async () => {
      const { config: path } = (await cli.loadHost()).paths();
      await (options.json === true ? cli.json({ path }) : cli.out(`${path}\n`));
    }),
  );
}

async function get(cli: Cli, key: string | undefined, options: CommonOptions): Promise<void> {
  const host = await cli.loadHost();
  if (key === undefined) {
    const config = await host.config();
    return options.json === true ? cli.json(config) : cli.out(`${JSON.stringify(config, null, 2)}\n`);
  }
  const { value } = await host.explain(key);
  if (options.json === true) return cli.json({ key, value: value ?? null });
  if (value === undefined)
    throw new NootropicError('NOT_FOUND', `${key} has no value.`, { hint: `Run \`nootropic config explain ${key}\`.` });
  await cli.out(`${cli.clean(shown(value))}\n`);
}

async function set(cli: Cli, { key, text }: { key: string; text: string }, options: CommonOptions): Promise<void> {
  const host = await cli.loadHost();
  const value = await host.setConfig(key, key.startsWith('models.') ? userModelRef(cli, text) : text);
  const explained = await host.explain(key);
  if (options.json === true) await cli.json({ key, value });
  else await cli.talk(`${key} is now ${cli.cleanTalk(shown(value))}\n`);
  if (explained.layer !== 'user') {
    await cli.talk(
      `note: the ${explained.layer} sets it to ${cli.cleanTalk(shown(explained.value))}, and that wins.\n`,
    );
  }
}

async function explain(cli: Cli, key: string | undefined, options: CommonOptions): Promise<void> {
  const host = await cli.loadHost();
  if (key !== undefined) return explainOne(cli, await host.explain(key), options);
  for (const setting of host.settings()) {
    await (options.json === true
      ? cli.json(setting)
      : cli.out(`${cli.style.bold(setting.key)}\n  ${setting.description}\n`));
  }
}

async function explainOne(cli: Cli, explained: Explained, options: CommonOptions): Promise<void> {
  if (options.json === true) return cli.json(explained);
  const { style } = cli;
  await cli.out(
    `${style.bold(explained.key)} = ${cli.clean(shown(explained.value))}  ${style.dim(`(${explained.layer})`)}\n${explained.description}\n`,
  );
  for (const { layer, value } of explained.layers) {
    await cli.out(
      `  ${layer === explained.layer ? '→' : ' '} ${layer.padEnd(12)} ${value === undefined ? style.dim('not set') : cli.clean(shown(value))}\n`,
    );
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? 'not set' : JSON.stringify(value);
}
