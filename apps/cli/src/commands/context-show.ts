import type { Command } from 'commander';
import { numberOption, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';

interface ShowOptions extends CommonOptions {
  readonly from?: number;
  readonly lines?: number;
  readonly offset?: number;
  readonly tokens?: number;
}

const most = Number.MAX_SAFE_INTEGER;

export function addContextShow(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('show')
    .summary('print a text, or a page of it')
    .description('Prints a text of the store, or a page of it, as it was put in.')
    .argument('<id>', 'as `context list` shows it: an id, a beginning of one, or a name')
    .option('--from <line>', 'begin at this line', numberOption('--from', 1, most))
    .option('--offset <characters>', 'begin after so many characters', numberOption('--offset', 0, most))
    .option('-n, --lines <number>', 'so many lines at most', numberOption('--lines', 0, most))
    .option('--tokens <number>', 'about so many tokens at most, in whole lines', numberOption('--tokens', 1, most));
  withCommonOptions(command, [
    ['nootropic context show ctx_0a1b', 'all of it'],
    ['nootropic context show boot --from 1200 -n 40', 'forty lines'],
    ['nootropic context show boot --tokens 4000 --json', 'a page, with where it begins'],
  ]).action((id: string, options: ShowOptions) => finish(() => show(cli, id, options)));
}

async function show(cli: Cli, id: string, options: ShowOptions): Promise<void> {
  const range = {
    ...(options.from !== undefined && { line: options.from }),
    ...(options.lines !== undefined && { lines: options.lines }),
    ...(options.offset !== undefined && { offset: options.offset }),
    ...(options.tokens !== undefined && { tokens: options.tokens }),
  };
  await withAssistant(cli, async (assistant) => {
    let last = '\n';
    for await (const piece of await assistant.contexts.show({ id, ...range }, { signal: cli.signal })) {
      if (options.json === true) await cli.json(piece);
      else await cli.out(cli.clean(piece.text));
      last = piece.text.at(-1) ?? last;
    }
    // A terminal gets its line end; a pipe gets the text as it is.
    if (options.json !== true && last !== '\n' && cli.surroundings.stdout.isTTY) await cli.out('\n');
  });
}
