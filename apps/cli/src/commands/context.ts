import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { Finish } from '../program.ts';
import { addContextList } from './context-list.ts';
import { addContextMerge } from './context-merge.ts';
import { addContextPut } from './context-put.ts';
import { addContextRm } from './context-rm.ts';
import { addContextSearch } from './context-search.ts';
import { addContextShow } from './context-show.ts';

export function addContext(parent: Command, cli: Cli, finish: Finish): void {
  const context = parent
    .command('context')
    .helpCommand(false)
    .summary('keep, page and search texts that are too long for a prompt')
    .description(
      'Texts that are too long for a prompt - logs, documents, files of any size - kept compressed on this machine, read by pages and searched like code. The entries without a name that were not read for longest go first when the store is full.',
    );
  addContextPut(context, cli, finish);
  addContextList(context, cli, finish);
  addContextShow(context, cli, finish);
  addContextSearch(context, cli, finish);
  addContextMerge(context, cli, finish);
  addContextRm(context, cli, finish);
}
