import type { Command } from 'commander';
import { numberOption, withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { count } from '../sizes.ts';
import { refreshIndex } from './index-command.ts';

interface MapOptions extends CommonOptions {
  readonly tokens: number;
  readonly focus?: string[];
}

export function addMap(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('map')
    .summary('an outline of what matters most in this folder')
    .description(
      'Prints an outline of the most important files and symbols of this folder, as much as fits into a number of tokens. What matters is reckoned from what mentions what; a focus moves the point from which it is reckoned.',
    )
    .option('--tokens <number>', 'tokens at most, 64 to 100000', numberOption('--tokens', 64, 100_000), 1024)
    .option('--focus <path or symbol...>', 'what it is about: files, folders or names of symbols');
  withCommonOptions(command, [
    ['nootropic map', 'the heart of this folder'],
    ['nootropic map --tokens 4000 --focus src/session.ts', 'what matters to one file'],
    ['nootropic map --focus Session --json | jq -r .text', 'the outline alone'],
  ]).action((options: MapOptions) => finish(() => printMap(cli, options)));
}

async function printMap(cli: Cli, options: MapOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  await withAssistant(cli, async (assistant) => {
    if (cli.showsProgress && options.json !== true) await refreshIndex({ cli, assistant, workspace });
    const { tokens, focus } = options;
    const map = await assistant.map({ workspace, tokens, ...(focus && { focus }) }, { signal: cli.signal });
    for (const name of map.unknownFocus ?? []) {
      await cli.talk(`Nothing here is called ${cli.cleanTalk(name)}; it was left out of the focus.\n`);
    }
    if (options.json === true) return cli.json(map);
    if (map.text === '') return cli.talk('There is no code here to make a map of.\n');
    for (const line of map.text.split('\n')) {
      const isPath = line !== '' && !line.startsWith(' ');
      await cli.out(`${isPath ? cli.style.cyan(cli.clean(line)) : cli.clean(line)}\n`);
    }
    const left = map.filesLeftOut > 0 ? `; ${count(map.filesLeftOut, 'file')} left out` : '';
    await cli.talk(`${count(map.files.length, 'file')}, about ${count(map.tokens, 'token')}${left}.\n`);
  });
}
