import type { Assistant } from '@nootropic/contracts';
import type { Cli } from './cli.ts';
import { count, formatShare } from './sizes.ts';

type Found = Awaited<ReturnType<Assistant['graph']>>;
type Node = Found['nodes'][number];

const empty: Readonly<Record<string, string>> = {
  callers: 'Nothing in this folder calls or uses it.',
  callees: 'It calls and uses nothing in this folder.',
  impact: 'Nothing in this folder depends on it.',
  tests: 'No tests of it were found.',
  path: 'No chain of calls and uses leads from the one to the other.',
};

/** Prints an answer of the graph for a person: what was asked about, then what was found, by steps and by files. */
export async function printGraph(
  cli: Cli,
  question: { readonly ask: string; readonly symbol: string; readonly to?: string },
  found: Found,
): Promise<void> {
  const { style } = cli;
  const [first] = found.symbols;
  if (first !== undefined && question.ask !== 'path') {
    const signature = first.signature === '' ? '' : `  ${style.dim(cli.cell(first.signature))}`;
    await cli.out(`${style.bold(cli.clean(first.name))}  ${style.cyan(cli.clean(placeOf(first)))}${signature}\n\n`);
  }
  if (found.nodes.length === 0) await cli.talk(`${empty[question.ask] ?? 'Nothing found.'}\n`);
  if (question.ask === 'path') await printChain(cli, found.nodes);
  else await printByFile(cli, found.nodes);
  await printHistory(cli, found);
  if (found.nodes.some(({ strength }) => strength === 'name')) {
    await cli.talk('~ known by name only: it may be another of the same name.\n');
  }
  if (found.truncated) await cli.talk(`Only the first ${String(found.nodes.length)} are shown; --limit gives more.\n`);
}

function placeOf({ path, startLine, endLine }: Node['symbol']): string {
  return `${path}:${String(startLine)}${endLine > startLine ? `-${String(endLine)}` : ''}`;
}

async function printChain(cli: Cli, nodes: readonly Node[]): Promise<void> {
  for (const [at, { symbol, strength, at: edge }] of nodes.entries()) {
    const arrow = at === 0 ? '' : `${strength === 'name' ? '~' : ' '}→ `;
    const line = edge === undefined ? '' : `  ${cli.style.dim(`by ${cli.clean(edge.path)}:${String(edge.line)}`)}`;
    const indent = '  '.repeat(at);
    await cli.out(
      `${indent}${arrow}${cli.style.bold(cli.clean(nameOf(symbol)))}  ${cli.style.cyan(cli.clean(placeOf(symbol)))}${line}\n`,
    );
  }
}

function nameOf(symbol: Node['symbol']): string {
  return symbol.name === '' ? 'the file itself' : symbol.name;
}

/** One group for each number of steps, in it one for each file. */
async function printByFile(cli: Cli, nodes: readonly Node[]): Promise<void> {
  const { style } = cli;
  const depths = [...new Set(nodes.map(({ depth }) => depth))];
  for (const depth of depths) {
    const here = nodes.filter((node) => node.depth === depth);
    if (depths.length > 1) await cli.out(`${style.bold(count(depth, 'step'))}\n`);
    for (const path of new Set(here.map(({ symbol }) => symbol.path))) {
      await cli.out(`${style.cyan(cli.clean(path))}\n`);
      for (const node of here.filter(({ symbol }) => symbol.path === path)) await cli.out(`${lineOf(cli, node)}\n`);
    }
    await cli.out('\n');
  }
}

function lineOf(cli: Cli, { symbol, relation, strength, at }: Node): string {
  const mark = strength === 'name' ? '~' : ' ';
  // The place of a call lies in the caller; of what is called, its own place is of more use.
  const line = at !== undefined && at.path === symbol.path ? at.line : symbol.startLine;
  return ` ${mark}${String(line).padStart(6)}  ${cli.clean(nameOf(symbol))}  ${cli.style.dim(relation)}`;
}

async function printHistory(cli: Cli, { history }: Found): Promise<void> {
  if (history === undefined) return;
  const { style } = cli;
  if (history.changesWith.length > 0) {
    await cli.out(`${style.bold('Changes with')}\n`);
    for (const { path, share } of history.changesWith) {
      await cli.out(`  ${formatShare(share).padStart(4)}  ${style.cyan(cli.clean(path))}\n`);
    }
    await cli.out('\n');
  }
  if (history.lastChange !== undefined) {
    const { author, at, commit, message } = history.lastChange;
    await cli.out(
      `${style.bold('Last changed')}  ${at.slice(0, 10)} by ${cli.cell(author)}, ${commit.slice(0, 10)}: ${cli.cell(message.split('\n')[0] ?? '')}\n`,
    );
  }
}
