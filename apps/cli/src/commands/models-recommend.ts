import type { PlannedModel, Recommendation } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { gaveUpLines, indented, machineLine, paragraph } from '../plan-text.ts';
import type { Finish } from '../program.ts';
import { formatBytes, formatNumber, formatSpeed } from '../sizes.ts';
import { tableLines, type Column, type Row } from '../table.ts';

type Pick = Recommendation['picks'][number];

export function addModelsRecommend(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('recommend')
    .summary('name the set of models that fits this machine')
    .description(
      'Reads the machine and names the models that fit it together: one to answer, one to complete code, one to search with, with what each needs and why. Nothing is downloaded.',
    );
  withCommonOptions(command, [
    ['nootropic models recommend', 'the set, and the command that gets each'],
    ['nootropic models recommend --json | jq -r ".picks[].listing.ref"', 'the references alone'],
  ]).action((options: CommonOptions) =>
    finish(async () => {
      const found = await withAssistant(cli, (assistant) =>
        assistant.models.recommend(undefined, { signal: cli.signal }),
      );
      await (options.json === true ? cli.json(found) : print(cli, found));
    }),
  );
}

const columns: readonly Column[] = [
  { title: 'ROLE' },
  { title: 'MODEL', least: 16 },
  { title: 'DOWNLOAD', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'CONTEXT', align: 'right', spare: 3 },
  { title: 'READS/S', align: 'right', spare: 2 },
  { title: 'WRITES/S', align: 'right', spare: 1 },
];

async function print(cli: Cli, { plan, picks }: Recommendation): Promise<void> {
  const { style } = cli;
  await cli.out(`${paragraph(cli, `This machine: ${machineLine(cli, plan)}`)}\n`);
  if (picks.length === 0) {
    await cli.out('\nNo model of the catalogue fits. Answers stay extractive, which needs no model.\n');
    return cli.out(gaveUpLines(cli, plan));
  }
  const planned = (pick: Pick): PlannedModel | undefined => plan.models.find(({ role }) => role === pick.role);
  const rows = picks.map((pick): Row => ({ cells: rowOf(cli, pick, planned(pick)) }));
  const table = tableLines(columns, [...rows, totalOf(picks, plan)], cli);
  await cli.out(`\n${table.join('\n')}\n`);
  if (table[0]?.includes('/S') === true) await cli.out(style.dim('Speeds are tokens per second, expected here.\n'));

  await cli.out(`\n${style.bold('Why')}\n`);
  for (const { role, why } of picks) for (const line of indented(cli, `${role}: ${why}`)) await cli.out(line);
  await cli.out(gaveUpLines(cli, plan));

  const missing = picks.filter(({ installed }) => !installed);
  if (missing.length === 0) return cli.out('\nAll of them are installed.\n');
  await cli.out(`\n${style.bold('Get them')}\n`);
  const seen = new Set<string>();
  for (const { listing, installed } of picks) {
    if (installed || seen.has(listing.ref)) continue;
    seen.add(listing.ref);
    await cli.out(`  nootropic models pull ${cli.cell(listing.ref)}\n`);
  }
}

function rowOf(cli: Cli, pick: Pick, planned: PlannedModel | undefined): string[] {
  const { listing, installed, promptSpeed, writeSpeed, role } = pick;
  return [
    role,
    cli.cell(listing.name),
    installed ? 'installed' : listing.bytes === undefined ? '?' : formatBytes(listing.bytes),
    planned === undefined ? '' : planned.sharedWith === undefined ? formatBytes(planned.estimate.total) : 'shared',
    planned === undefined || planned.contextLength === 0 ? '' : formatNumber(planned.contextLength),
    promptSpeed === undefined ? '' : formatSpeed(promptSpeed),
    writeSpeed === undefined ? '' : formatSpeed(writeSpeed),
  ];
}

function totalOf(picks: readonly Pick[], { memory, gpu }: Recommendation['plan']): Row {
  const missing = new Map(
    picks.filter(({ installed }) => !installed).map(({ listing }) => [listing.ref, listing.bytes ?? 0]),
  );
  const download = [...missing.values()].reduce((sum, bytes) => sum + bytes, 0);
  return {
    cells: [
      'total',
      '',
      download === 0 ? '' : formatBytes(download),
      formatBytes(memory.planned + (gpu?.planned ?? 0)),
    ],
    strong: true,
  };
}
