import { exitCodes, type DoctorCheck } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';

export function addDoctor(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('doctor')
    .summary('check what this installation needs')
    .description('Checks everything that this installation needs. Exits with 1 when something is wrong.');
  withCommonOptions(command, [
    ['nootropic doctor', 'what works, what does not, and what to do'],
    ['nootropic doctor --json', 'one JSON object per check'],
  ]).action((options: CommonOptions) => finish(() => doctor(cli, options)));
}

async function doctor(cli: Cli, options: CommonOptions): Promise<number> {
  const workspace = await workspaceOf(cli, options);
  const checks = await withAssistant(cli, (assistant) => assistant.doctor({ workspace }, { signal: cli.signal }));
  for (const check of checks) await (options.json === true ? cli.json(check) : cli.out(checkText(cli, check)));
  return checks.some(({ state }) => state === 'problem') ? exitCodes.error : exitCodes.ok;
}

function checkText(cli: Cli, check: DoctorCheck): string {
  const { style } = cli;
  const mark = { ok: style.green('✓'), note: style.yellow('·'), problem: style.red('✗') }[check.state];
  const hint = check.hint === '' ? '' : `  ${style.dim('→')} ${cli.clean(check.hint)}\n`;
  return `${mark} ${style.bold(cli.clean(check.name))}  ${cli.clean(check.detail)}\n${hint}`;
}
