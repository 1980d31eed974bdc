import type { Command } from 'commander';
import { numberOption, withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { shortIds } from '../short-ids.ts';

interface SearchOptions extends CommonOptions {
  readonly here?: boolean;
  readonly limit: number;
}

export function addSessionsSearch(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('search')
    .description('Finds sessions by what was asked and answered in them, and by their titles.')
    .argument('<words...>', 'words, or their beginnings, that one turn and its title hold together')
    .option('--here', 'only sessions about this folder')
    .option('-n, --limit <number>', 'at most so many', numberOption('--limit', 1, 200), 20);
  withCommonOptions(command, [
    ['nootropic sessions search migration rollback', 'best first'],
    ['nootropic sessions search parse --here --json', 'of this folder, one JSON object per line'],
  ]).action((words: string[], options: SearchOptions) => finish(() => search(cli, words.join(' '), options)));
}

async function search(cli: Cli, query: string, options: SearchOptions): Promise<void> {
  const { here, limit, json } = options;
  const workspace = here === true ? await workspaceOf(cli, options) : undefined;
  const hits = await withAssistant(cli, (assistant) =>
    assistant.sessions.search({ query, limit, ...(workspace !== undefined && { workspace }) }, { signal: cli.signal }),
  );
  if (json === true) {
    for (const hit of hits) await cli.json(hit);
    return;
  }
  if (hits.length === 0) await cli.talk('Nothing was said of that.\n');
  const { style } = cli;
  const ids = shortIds(hits.map(({ session }) => session.id));
  for (const { session, snippet, turnId } of hits) {
    const when = new Date(session.updatedAt).toISOString().slice(0, 16).replace('T', ' ');
    const id = ids.get(session.id) ?? session.id;
    await cli.out(`${style.cyan(id)}  ${style.dim(when)}  ${style.bold(cli.cell(session.title))}\n`);
    if (turnId !== undefined) await cli.out(`  ${cli.cell(snippet)}\n`);
  }
}
