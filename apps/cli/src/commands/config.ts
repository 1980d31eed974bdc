import { NootropicError } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Explained } from '../host.ts';
import { checkedModelSetting, modelSettings } from '../model-setting.ts';
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
      ['nootropic config set models.fallback qwen,ollama:qwen3', 'a list'],
    ],
  ).action((key: string, text: string, options: CommonOptions) => finish(() => set(cli, { key, text }, options)));

  withCommonOptions(
    config
      .command('unset')
      .description('Takes one setting out of your file, so that the layer below it holds again.')
      .argument('<key>', 'a dotted path'),
    [['nootropic config unset models.chat', 'the newest installed model answers again']],
  ).action((key: string, options: CommonOptions) => finish(() => unset(cli, key, options)));

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
  const value = await host.setConfig(key, await checkedText(cli, key, text));
  const explained = await host.explain(key);
  if (options.json === true) await cli.json({ key, value });
  else await cli.talk(`${key} is now ${cli.cleanTalk(shown(value))}\n`);
  if (explained.layer !== 'user') {
    await cli.talk(
      `note: the ${explained.layer} sets it to ${cli.cleanTalk(shown(explained.value))}, and that wins.\n`,
    );
  }
}

/** The text to write; where a setting names a model, one that exists. */
async function checkedText(cli: Cli, key: string, text: string): Promise<string> {
  if (!modelSettings.includes(key)) return text;
  if (key !== 'models.fallback') return checkedModelSetting(cli, text);
  const chain: string[] = [];
  for (const part of partsOf(text)) chain.push(await checkedModelSetting(cli, part));
  return JSON.stringify(chain);
}

/** Parts with commas between, or JSON where a part holds a comma itself. */
function partsOf(text: string): string[] {
  if (!text.trim().startsWith('[')) return text.split(',').filter((part) => part.trim() !== '');
  const invalid = (cause?: unknown): NootropicError =>
    new NootropicError('CONFIG_INVALID', 'This begins as a JSON list, but is no list of texts.', { cause });
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw invalid(cause);
  }
  if (Array.isArray(list) && list.every((part): part is string => typeof part === 'string')) return list;
  throw invalid();
}

async function unset(cli: Cli, key: string, options: CommonOptions): Promise<void> {
  const host = await cli.loadHost();
  const was = await host.unsetConfig(key);
  const { value, layer } = await host.explain(key);
  if (options.json === true) return cli.json({ key, removed: was, value: value ?? null });
  if (!was) await cli.talk(`${key} was not set in your file.\n`);
  await cli.talk(
    value === undefined ? `${key} has no value now.\n` : `${key} is ${cli.cleanTalk(shown(value))} (${layer}).\n`,
  );
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
