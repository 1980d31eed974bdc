import { exitCodes, type AgentMode, type Assistant } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import { modeOption } from '../mode-option.ts';
import type { Finish } from '../program.ts';

interface CheckOptions extends CommonOptions {
  readonly mode?: AgentMode;
  readonly tool: string;
}

type Decision = Awaited<ReturnType<Assistant['permissions']['check']>>['decision'];

export function addPermissions(parent: Command, cli: Cli, finish: Finish): void {
  const permissions = parent
    .command('permissions')
    .helpCommand(false)
    .summary('what agents may do')
    .description('Rules that allow, ask or deny. Of all that match, the strictest wins.');

  withCommonOptions(
    permissions
      .command('check')
      .description(
        'Says what the rules make of a command, and of every command in it. Runs nothing. Ends with 4 where it is denied.',
      )
      .argument('<command>', 'a line for the shell; with --tool, a path or a host')
      .addOption(modeOption())
      .option('--tool <name>', 'what would be used: run, edit, write, read, web-fetch', 'run'),
    [
      ["nootropic permissions check 'git log | head'", 'allow, ask or deny'],
      ["nootropic permissions check 'npm test' --mode auto", 'where commands run by themselves'],
      ['nootropic permissions check --tool edit package.json', 'a file'],
    ],
  ).action((subject: string, options: CheckOptions) => finish(() => check(cli, subject, options)));

  withCommonOptions(
    permissions.command('list').description('Lists every rule for commands that comes with the program, and your own.'),
    [
      ['nootropic permissions list', 'a line each'],
      ['nootropic permissions list --json | jq -c .rule', 'with their examples'],
    ],
  ).action((options: CommonOptions) => finish(() => list(cli, options)));
}

async function check(cli: Cli, subject: string, { mode, tool, ...options }: CheckOptions): Promise<number> {
  const workspace = await workspaceOf(cli, options);
  const verdict = await withAssistant(cli, async (assistant) =>
    assistant.permissions.check({ workspace, tool, subject, ...(mode && { mode }) }, { signal: cli.signal }),
  );
  if (options.json === true) await cli.json(verdict);
  else {
    await cli.out(`${shown(cli, verdict.decision)}  ${cli.cell(verdict.reason)}\n`);
    const parts = verdict.commands ?? [];
    for (const { decision, words } of parts) await cli.out(`  ${shown(cli, decision)}  ${cli.cell(words.join(' '))}\n`);
    const offers = (verdict.offers ?? []).map(
      ({ command, path, host, tool: named }) => command ?? path ?? host ?? named,
    );
    if (offers.length > 0)
      await cli.talk(`Can be allowed as: ${offers.map((each) => cli.cleanTalk(each)).join(' | ')}\n`);
  }
  return verdict.decision === 'deny' ? exitCodes.denied : exitCodes.ok;
}

async function list(cli: Cli, options: CommonOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  const rules = await withAssistant(cli, async (assistant) =>
    assistant.permissions.list({ workspace }, { signal: cli.signal }),
  );
  for (const each of rules) {
    if (options.json === true) {
      await cli.json(each);
      continue;
    }
    const { decision, tool, command, path, host, reason } = each.rule;
    const about = [tool, command ?? path ?? host ?? ''].filter((part) => part !== '').join(' ');
    await cli.out(
      `${shown(cli, decision)}  ${each.own ? 'yours    ' : 'built in '} ${cli.cell(about)}${reason === undefined ? '' : `  (${cli.cell(reason)})`}\n`,
    );
  }
}

function shown(cli: Cli, decision: Decision): string {
  const { style } = cli;
  const text = decision.padEnd(5);
  if (decision === 'deny') return style.red(text);
  return decision === 'ask' ? style.yellow(text) : style.green(text);
}
