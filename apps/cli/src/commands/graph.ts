import { NootropicError, type Assistant } from '@nootropic/contracts';
import type { Command } from 'commander';
import { numberOption, withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import { printGraph } from '../graph-text.ts';
import type { Finish } from '../program.ts';
import { refreshIndex } from './index-command.ts';

interface GraphOptions extends CommonOptions {
  readonly depth?: number;
  readonly limit: number;
}

type Ask = Parameters<Assistant['graph']>[0]['ask'];

const questions: readonly {
  readonly ask: Exclude<Ask, 'path'>;
  readonly description: string;
  readonly depth: number;
  readonly example: string;
  readonly meaning: string;
}[] = [
  {
    ask: 'callers',
    description: 'What calls or uses a symbol.',
    depth: 1,
    example: 'createServer',
    meaning: 'each with the place of the call',
  },
  {
    ask: 'callees',
    description: 'What a symbol calls and uses.',
    depth: 1,
    example: 'Session.append --depth 2',
    meaning: 'and what that calls in turn',
  },
  {
    ask: 'impact',
    description:
      'What a change of a symbol may touch: its callers and their callers, what derives from it, its tests, files that change with its own, and who changed it last.',
    depth: 3,
    example: 'src/store.ts:save',
    meaning: 'of the one in this file',
  },
  {
    ask: 'tests',
    description: 'The tests of a symbol: those that reach it by calls, and those that are named after it.',
    depth: 2,
    example: 'parseBody --json',
    meaning: 'as JSON, for a script',
  },
];

const symbolHelp = 'a name, such as Session.append; `path:name` or `path:line` where it is not the only one';

export function addGraph(parent: Command, cli: Cli, finish: Finish): void {
  const graph = parent
    .command('graph')
    .helpCommand(false)
    .summary('what calls a symbol, what it calls, what a change of it touches')
    .description(
      'The graph of symbols: calls, uses, what derives from what. Edges are resolved through imports; one that is known by its name only is marked with `~`.',
    );
  for (const { ask, description, depth, example, meaning } of questions) {
    const command = graph.command(ask).description(description).argument('<symbol>', symbolHelp);
    withGraphOptions(command, depth, [[`nootropic graph ${ask} ${example}`, meaning]]).action(
      (symbol: string, options: GraphOptions) => finish(() => answer(cli, { ask, symbol }, options)),
    );
  }
  const path = graph
    .command('path')
    .description('The shortest chain of calls and uses from one symbol to another.')
    .argument('<symbol>', symbolHelp)
    .argument('<to>', 'the symbol that the chain leads to');
  withGraphOptions(path, 8, [['nootropic graph path main openDatabase', 'how the one comes to the other']]).action(
    (symbol: string, to: string, options: GraphOptions) =>
      finish(() => answer(cli, { ask: 'path', symbol, to }, options)),
  );
}

function withGraphOptions(
  command: Command,
  depth: number,
  examples: readonly (readonly [line: string, meaning: string])[],
): Command {
  command
    .option('--depth <number>', `steps at most, 1 to 20; otherwise ${String(depth)}`, numberOption('--depth', 1, 20))
    .option('-n, --limit <number>', 'show at most this many, 1 to 1000', numberOption('--limit', 1, 1000), 100);
  return withCommonOptions(command, examples);
}

interface Question {
  readonly ask: Ask;
  readonly symbol: string;
  readonly to?: string;
}

async function answer(cli: Cli, question: Question, options: GraphOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  await withAssistant(cli, async (assistant) => {
    if (cli.showsProgress && options.json !== true) await refreshIndex({ cli, assistant, workspace });
    const { depth, limit } = options;
    const found = await assistant.graph(
      { workspace, ...question, limit, ...(depth !== undefined && { depth }) },
      { signal: cli.signal },
    );
    if (found.unclear !== undefined) throw unclearName(found, found.unclear);
    if (options.json === true) await cli.json(found);
    else await printGraph(cli, question, found);
  });
}

type Found = Awaited<ReturnType<Assistant['graph']>>;

function unclearName({ symbols, near = [] }: Found, name: string): NootropicError {
  if (symbols.length === 0) {
    const hint =
      near.length > 0
        ? `Did you mean ${near.join(', ')}?`
        : 'Check the name; `nootropic search` finds symbols by words.';
    return new NootropicError('NOT_FOUND', `There is no symbol ${name} here.`, { hint });
  }
  const shown = symbols.slice(0, 10).map((symbol) => `${symbol.path}:${String(symbol.startLine)} (${symbol.name})`);
  const more = symbols.length > shown.length ? `, and ${String(symbols.length - shown.length)} more` : '';
  return new NootropicError(
    'INPUT_INVALID',
    `${name} may mean ${String(symbols.length)} symbols: ${shown.join(', ')}${more}.`,
    { hint: 'Name one as `path:line` or `path:name`.' },
  );
}
