import type { Command } from 'commander';
import { withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import { formatAge } from '../durations.ts';
import type { Finish } from '../program.ts';
import { formatBytes, formatNumber } from '../sizes.ts';
import { tableLines } from '../table.ts';

export function addSourcesList(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('list')
    .description('Lists the sources of this folder, and which of them have changed.');
  withCommonOptions(command, [
    ['nootropic sources list', 'what there is, and how old it is'],
    ['nootropic sources list --json | jq .sources[].name', 'for a script'],
  ]).action((options: CommonOptions) => finish(() => list(cli, options)));
}

async function list(cli: Cli, options: CommonOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  const sources = await withAssistant(cli, (assistant) =>
    assistant.sources.list({ workspace }, { signal: cli.signal }),
  );
  if (options.json === true) return cli.json({ sources });
  if (sources.length === 0) {
    await cli.talk('This folder has no sources. Add one: nootropic sources add docs PATH\n');
    return;
  }
  const now = cli.surroundings.now();
  const rows = sources.map((source) => ({
    cells: [
      ...[cli.cell(source.name), source.kind, formatNumber(source.entries), formatBytes(source.bytes)],
      source.refreshedAt === 0 ? 'never' : formatAge(now - source.refreshedAt),
      source.state === 'fresh' ? 'fresh' : `${source.state}: ${cli.cell(source.detail)}`,
      cli.cell(source.place),
    ],
  }));
  const columns = [
    { title: 'NAME', least: 10 },
    { title: 'KIND' },
    { title: 'TEXTS', align: 'right' as const },
    { title: 'SIZE', align: 'right' as const },
    { title: 'AGE', align: 'right' as const },
    { title: 'STATE', least: 12 },
    { title: 'PLACE', least: 12, spare: 1 },
  ];
  await cli.out(`${tableLines(columns, rows, cli).join('\n')}\n`);
  if (sources.some(({ state }) => state === 'stale'))
    await cli.talk('`nootropic sources refresh` reads what changed.\n');
}
