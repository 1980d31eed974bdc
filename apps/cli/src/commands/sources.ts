import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { Finish } from '../program.ts';
import { addSourcesAdd } from './sources-add.ts';
import { addSourcesList } from './sources-list.ts';
import { addSourcesRefresh } from './sources-refresh.ts';
import { addSourcesRemove } from './sources-remove.ts';

export function addSources(parent: Command, cli: Cli, finish: Finish): void {
  const sources = parent
    .command('sources')
    .helpCommand(false)
    .summary('add documents, pages, the history and notes to this folder')
    .description(
      'Sources beside the files of this folder: folders of documents, web pages, the history of the repository, and notes. What is read of them is kept on this machine, and `ask`, `gather` and `search --source` use it.',
    );
  addSourcesAdd(sources, cli, finish);
  addSourcesList(sources, cli, finish);
  addSourcesRefresh(sources, cli, finish);
  addSourcesRemove(sources, cli, finish);
}
