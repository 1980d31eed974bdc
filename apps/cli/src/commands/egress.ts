import type { EgressRow } from '@nootropic/contracts';
import type { Command } from 'commander';
import { numberOption, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { formatBytes, formatNumber } from '../sizes.ts';
import { tableLines, type Column } from '../table.ts';

interface EgressOptions extends CommonOptions {
  readonly days: number;
}

export function addEgress(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('egress')
    .summary('what left this machine')
    .description(
      'Lists what the program and its children sent off this machine and received, by day, host and cause: normally nothing. Days are those of UTC. SECURITY.md says what it can see.',
    )
    .option('--days <count>', 'how many days, today among them', numberOption('--days', 1, 3650), 1);
  withCommonOptions(command, [
    ['nootropic egress', 'today'],
    ['nootropic egress --days 30', 'the last month'],
    ['nootropic egress --json | jq -s "map(.sent) | add"', 'one JSON object per line'],
  ]).action((options: EgressOptions) => finish(() => egress(cli, options)));
}

const columns: readonly Column[] = [
  { title: 'DAY', spare: 1 },
  { title: 'HOST', least: 12 },
  { title: 'CAUSE' },
  { title: 'PROGRAM', spare: 2 },
  { title: 'CONNECTIONS', align: 'right', spare: 3 },
  { title: 'REFUSED', align: 'right' },
  { title: 'SENT', align: 'right' },
  { title: 'RECEIVED', align: 'right' },
];

async function egress(cli: Cli, { days, json }: EgressOptions): Promise<void> {
  const rows = await withAssistant(cli, (assistant) => assistant.egress.list({ days }, { signal: cli.signal }));
  if (json === true) {
    for (const row of rows) await cli.json(row);
    return;
  }
  if (rows.length === 0) {
    await cli.out(days === 1 ? 'Nothing left this machine today.\n' : `Nothing left this machine in ${days} days.\n`);
    return;
  }
  const table = tableLines(columns, [...rows.map((row) => ({ cells: cellsOf(cli, row) })), sumOf(rows)], cli);
  await cli.out(`${table.join('\n')}\n`);
  if (rows.some(({ host }) => host === '(not counted)'))
    await cli.talk('What is not counted ran outside of the sandbox, by your leave: what it sent cannot be seen.\n');
}

function cellsOf(cli: Cli, { day, host, cause, program, connections, refused, sent, received }: EgressRow): string[] {
  const bytes = host === '(not counted)' ? ['?', '?'] : [formatBytes(sent), formatBytes(received)];
  return [
    ...[day, cli.cell(host), cause, cli.cell(program), formatNumber(connections)],
    ...[refused === 0 ? '' : formatNumber(refused), ...bytes],
  ];
}

function sumOf(rows: readonly EgressRow[]): { readonly cells: string[]; readonly strong: true } {
  const sum = (name: 'connections' | 'refused' | 'sent' | 'received'): number =>
    rows.reduce((all, row) => all + row[name], 0);
  return {
    cells: [
      ...[
        '',
        'together',
        '',
        '',
        formatNumber(sum('connections')),
        sum('refused') === 0 ? '' : formatNumber(sum('refused')),
      ],
      ...[formatBytes(sum('sent')), formatBytes(sum('received'))],
    ],
    strong: true,
  };
}
