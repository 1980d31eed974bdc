import type { Command } from 'commander';
import { formatAge } from '../durations.ts';
import { withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { formatBytes, formatNumber } from '../sizes.ts';
import { tableLines } from '../table.ts';

export function addContextList(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent.command('list').description('Lists the texts in the store, newest first.');
  withCommonOptions(command, [
    ['nootropic context list', 'what there is'],
    ['nootropic context list --json | jq .entries[0].id', 'the newest, for a script'],
  ]).action((options: CommonOptions) => finish(() => list(cli, options)));
}

async function list(cli: Cli, options: CommonOptions): Promise<void> {
  const entries = await withAssistant(cli, (assistant) => assistant.contexts.list(undefined, { signal: cli.signal }));
  if (options.json === true) return cli.json({ entries });
  if (entries.length === 0) {
    await cli.talk('The store is empty. Put a text in: nootropic context put FILE\n');
    return;
  }
  const now = cli.surroundings.now();
  const rows = entries.map((entry) => ({
    cells: [
      ...[entry.id, cli.cell(entry.name ?? ''), cli.cell(entry.title), entry.kind, formatBytes(entry.bytes)],
      ...[formatNumber(entry.lines), formatNumber(entry.tokens), formatAge(now - entry.createdAt)],
    ],
  }));
  const columns = [
    { title: 'ID' },
    { title: 'NAME', least: 8, spare: 1 },
    { title: 'TITLE', least: 12 },
    { title: 'KIND', spare: 3 },
    { title: 'SIZE', align: 'right' as const },
    { title: 'LINES', align: 'right' as const, spare: 4 },
    { title: 'TOKENS', align: 'right' as const },
    { title: 'AGE', align: 'right' as const, spare: 2 },
  ];
  await cli.out(`${tableLines(columns, rows, cli).join('\n')}\n`);
}
