import type { Assistant } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { tableLines, type Row } from '../table.ts';

type Found = Awaited<ReturnType<Assistant['trust']['show']>>;

export function addAgents(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('agents')
    .summary('what you and this folder have written for agents')
    .description(
      'Lists the instructions, agents, skills, hooks and slash commands that count here, each with the file it comes from, and what is left out and why. Of a folder that is not trusted only your own count.',
    );
  withCommonOptions(command, [
    ['nootropic agents', 'what the agent works with in this folder'],
    ['nootropic agents --json | jq .skills[].name', 'for a script'],
  ]).action((options: CommonOptions) => finish(() => show(cli, options)));
}

async function show(cli: Cli, options: CommonOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  const found = await withAssistant(cli, (assistant) => assistant.trust.show({ workspace }, { signal: cli.signal }));
  if (options.json === true) return cli.json(found);
  const rows = rowsOf(found, cli);
  const columns = [
    { title: 'KIND' },
    { title: 'NAME', least: 10 },
    { title: 'WHAT IT IS FOR', least: 16, spare: 1 },
    { title: 'FROM', least: 12 },
  ];
  if (rows.length > 0) await cli.out(`${tableLines(columns, rows, cli).join('\n')}\n`);
  else await cli.talk('There is nothing for agents here. Write an AGENTS.md, or .nootropic/agents/NAME.md.\n');
  if (found.ignored.length > 0) {
    const lines = found.ignored.map(
      ({ path, what, reason }) => `  ${[what, path].filter(Boolean).join('  ')}: ${reason}`,
    );
    await cli.talk(`Left out:\n${lines.map((line) => `${cli.cleanTalk(line)}\n`).join('')}`);
  }
  if (!found.trusted && found.ignored.length > 0)
    await cli.talk('This folder is not trusted: look at what it holds, then run `nootropic trust`.\n');
}

function rowsOf({ instructions, agents, skills, hooks, commands }: Found, cli: Cli): Row[] {
  const row = (kind: string, name: string, { what, from }: { what: string; from: string }): Row => ({
    cells: [kind, cli.cell(name), cli.cell(what), cli.cell(from)],
  });
  return [
    ...instructions.map(({ path }) => row('instructions', '', { what: '', from: path })),
    ...agents.map(({ name, description, origin }) => row('agent', name, { what: description, from: origin.path })),
    ...skills.map(({ name, description, origin }) => row('skill', name, { what: description, from: origin.path })),
    ...commands.map(({ name, description, origin }) =>
      row('command', `/${name}`, { what: description, from: origin.path }),
    ),
    ...hooks.map(({ event, command, origin }) => row('hook', event, { what: command, from: origin.path })),
  ];
}
