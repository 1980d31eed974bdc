import { exitCodes, type AuditEntry } from '@nootropic/contracts';
import type { Command } from 'commander';
import { numberOption, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { count } from '../sizes.ts';

interface AuditOptions extends CommonOptions {
  readonly limit: number;
}

export function addAudit(parent: Command, cli: Cli, finish: Finish): void {
  const audit = parent
    .command('audit')
    .helpCommand(false)
    .summary('what was permitted and done, and whether that record is whole')
    .description(
      'The record of what was permitted, run, changed and set. Each row is chained to the one before it, so that no row can be changed, taken out or moved without a trace.',
    );
  const list = audit
    .command('list', { isDefault: true })
    .summary('the newest rows')
    .description('Lists what was permitted and done, newest first.')
    .option('-n, --limit <count>', 'how many rows', numberOption('--limit', 1, 10_000), 20);
  withCommonOptions(list, [
    ['nootropic audit', 'the newest 20 rows'],
    ['nootropic audit list --limit 1000 --json', 'one JSON object per line'],
  ]).action((options: AuditOptions) => finish(() => listRows(cli, options)));
  const verify = audit
    .command('verify')
    .summary('check that no row was changed, deleted or moved')
    .description(
      'Computes the chain anew and compares it with the rows and with the anchor. Exit code 1 where they differ.',
    );
  withCommonOptions(verify, [
    ['nootropic audit verify', 'exit code 0: the record is as it was written'],
    ['nootropic audit verify --json | jq .fault', 'the first row that is not'],
  ]).action((options: CommonOptions) => finish(() => verifyRows(cli, options)));
}

async function listRows(cli: Cli, { limit, json }: AuditOptions): Promise<void> {
  const rows = await withAssistant(cli, (assistant) => assistant.audit.list({ limit }, { signal: cli.signal }));
  if (json === true) {
    for (const row of rows) await cli.json(row);
    return;
  }
  if (rows.length === 0) await cli.talk('Nothing was permitted or done yet.\n');
  for (const row of rows) await cli.out(`${rowText(cli, row)}\n`);
}

function rowText(cli: Cli, { seq, time, actor, action, detail }: AuditEntry): string {
  const facts = Object.entries(detail).map(([name, value]) => `${cli.style.dim(`${name}=`)}${cli.cell(String(value))}`);
  const at = new Date(time).toISOString().slice(0, 19).replace('T', ' ');
  return `${cli.style.dim(`${seq}  ${at}`)}  ${cli.cell(actor)}  ${cli.style.bold(cli.cell(action))}  ${facts.join('  ')}`;
}

async function verifyRows(cli: Cli, { json }: CommonOptions): Promise<number> {
  const verdict = await withAssistant(cli, (assistant) => assistant.audit.verify(undefined, { signal: cli.signal }));
  if (json === true) await cli.json(verdict);
  else if (verdict.ok) await cli.out(`${count(verdict.entries, 'row')}, all as they were written.\n`);
  else {
    const { seq, what } = verdict.fault ?? { seq: 0, what: 'It cannot be read.' };
    await cli.out(`The record is not as it was written. Row ${seq}: ${what}\n`);
  }
  return verdict.ok ? exitCodes.ok : exitCodes.error;
}
