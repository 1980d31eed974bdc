import { NootropicError, type Assistant } from '@nootropic/contracts';
import type { Command } from 'commander';
import { numberOption, withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { count, formatNumber } from '../sizes.ts';
import { readPipedText } from '../stdin-text.ts';
import { place } from '../transcript.ts';
import { refreshIndex } from './index-command.ts';

interface GatherOptions extends CommonOptions {
  readonly tokens: number;
}

/** Passages that are named when they were left out; the rest are counted. */
const leftOutShown = 10;

export function addGather(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('gather')
    .summary('show what a model would be given with a question')
    .description(
      'Shows what a model would be given with a question, packed into a number of tokens: what the question is about as a whole, the signatures around it, its types and tests, then what a search finds. Says what was left out, and why.',
    )
    .argument('[query...]', 'the question; `-` reads it from standard input')
    .option('--tokens <number>', 'the room, 64 to 1000000', numberOption('--tokens', 64, 1_000_000), 3000);
  withCommonOptions(command, [
    ['nootropic gather "where are sessions stored?"', 'as for a question'],
    ['nootropic gather parseBody --tokens 800', 'one function and what belongs to it'],
    ['nootropic gather --json retry | jq .leftOut', 'what found no room'],
  ]).action((words: string[], options: GatherOptions) => finish(() => gather(cli, words.join(' '), options)));
}

async function gather(cli: Cli, words: string, options: GatherOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  const given = words.trim();
  const query = given === '-' || given === '' ? ((await readPipedText(cli))?.trim() ?? '') : given;
  if (query === '')
    throw new NootropicError('USAGE', 'There is no question.', { hint: 'For example: nootropic gather parseBody' });
  await withAssistant(cli, async (assistant) => {
    if (cli.showsProgress && options.json !== true) await refreshIndex({ cli, assistant, workspace });
    const found = await assistant.gather({ workspace, query, tokens: options.tokens }, { signal: cli.signal });
    if (options.json === true) await cli.json(found);
    else await print(cli, found, options.tokens);
  });
}

type Found = Awaited<ReturnType<Assistant['gather']>>;

async function print(cli: Cli, { blocks, tokens, leftOut, counted }: Found, room: number): Promise<void> {
  const { style } = cli;
  for (const { citation, text, role } of blocks) {
    const symbol = citation.symbol === undefined ? '' : `  ${style.bold(cli.clean(citation.symbol))}`;
    const why = role === undefined ? '' : `  ${style.dim(`(${role})`)}`;
    const lines = cli
      .clean(text)
      .split('\n')
      .map((line) => `  ${style.dim(line)}\n`);
    await cli.out(`${style.cyan(cli.clean(place(citation)))}${symbol}${why}\n${lines.join('')}\n`);
  }
  const by = counted === 'estimate' ? 'estimated' : `counted by ${cli.cleanTalk(counted)}`;
  await cli.talk(
    `${count(blocks.length, 'passage')}, ${formatNumber(tokens)} of ${formatNumber(room)} tokens (${by}).\n`,
  );
  if (leftOut.length === 0) return;
  await cli.talk('Left out:\n');
  for (const each of leftOut.slice(0, leftOutShown))
    await cli.talk(`  ${cli.cleanTalk(place(each))}  about ${formatNumber(each.tokens)} tokens, ${each.why}\n`);
  if (leftOut.length > leftOutShown)
    await cli.talk(`  and ${leftOut.length - leftOutShown} more; --json names them all\n`);
}
