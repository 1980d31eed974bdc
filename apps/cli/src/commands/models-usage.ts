import type { UsageRow } from '@nootropic/contracts';
import type { Command } from 'commander';
import { numberOption, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { count, formatCost, formatNumber } from '../sizes.ts';
import { tableLines, type Column, type Row } from '../table.ts';

interface UsageOptions extends CommonOptions {
  readonly days: number;
}

type Sum = Omit<UsageRow, 'model' | 'client' | 'local'>;

export function addModelsUsage(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('usage')
    .summary('count tokens and cost, by model and client')
    .description(
      'Adds up what models were used for: tokens read, tokens that need not be read again, tokens written, and the cost of those that run elsewhere.',
    )
    .option('--days <number>', 'of the last so many days, 1 to 3650', numberOption('--days', 1, 3650), 30);
  withCommonOptions(command, [
    ['nootropic models usage', 'of the last 30 days'],
    ['nootropic models usage --days 1 --json | jq .total.cost', 'what today cost'],
  ]).action((options: UsageOptions) => finish(() => usage(cli, options)));
}

async function usage(cli: Cli, { days, json }: UsageOptions): Promise<void> {
  const rows = await withAssistant(cli, (assistant) => assistant.models.usage({ days }, { signal: cli.signal }));
  const [here, elsewhere] = [rows.filter(({ local }) => local), rows.filter(({ local }) => !local)];
  if (json === true) {
    return cli.json({ days, rows, local: sumOf(here), remote: sumOf(elsewhere), total: sumOf(rows) });
  }
  if (rows.length === 0) return cli.talk(`No model was used in the last ${count(days, 'day')}.\n`);
  const lines = [
    ...group(cli, here, 'on this machine'),
    ...group(cli, elsewhere, 'elsewhere'),
    ...(here.length > 0 && elsewhere.length > 0 ? [sumRow('total', sumOf(rows))] : []),
  ];
  await cli.out(`${tableLines(columns, lines, cli).join('\n')}\n`);
}

const columns: readonly Column[] = [
  { title: 'MODEL', least: 16 },
  { title: 'CLIENT', least: 6, spare: 2 },
  { title: 'CALLS', align: 'right', spare: 1 },
  { title: 'READ', align: 'right' },
  { title: 'REUSED', align: 'right', spare: 3 },
  { title: 'WRITTEN', align: 'right' },
  { title: 'COST', align: 'right' },
];

function group(cli: Cli, rows: readonly UsageRow[], name: string): Row[] {
  if (rows.length === 0) return [];
  return [
    ...rows.map((row) => ({ cells: [cli.cell(row.model), cli.cell(row.client), ...numbers(row)] })),
    sumRow(name, sumOf(rows)),
  ];
}

function sumRow(name: string, sum: Sum): Row {
  return { cells: [name, '', ...numbers(sum)], strong: true };
}

function numbers({ calls, tokensRead, tokensReused, tokensWritten, cost }: Sum): string[] {
  return [...[calls, tokensRead, tokensReused, tokensWritten].map(formatNumber), cost === 0 ? '' : formatCost(cost)];
}

function sumOf(rows: readonly UsageRow[]): Sum {
  const sum = { calls: 0, tokensRead: 0, tokensReused: 0, tokensWritten: 0, cost: 0 };
  for (const row of rows) {
    sum.calls += row.calls;
    sum.tokensRead += row.tokensRead;
    sum.tokensReused += row.tokensReused;
    sum.tokensWritten += row.tokensWritten;
    sum.cost += row.cost;
  }
  return sum;
}
