import { NootropicError, type Assistant } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import { confirm } from '../confirm.ts';
import type { Finish } from '../program.ts';

type Found = Awaited<ReturnType<Assistant['trust']['show']>>;

interface TrustOptions extends CommonOptions {
  readonly remove?: boolean;
  readonly unattended?: boolean;
}

export function addTrust(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('trust')
    .summary('let a folder have a say, or no longer')
    .description(
      'Shows what this folder holds for agents (instructions, agents, skills, hooks, commands), and asks whether it may have a say. Only a person at a terminal can say yes.',
    )
    .option('--remove', 'trust the folder no longer')
    .option('--unattended', 'let commands run by themselves in this folder too, inside the sandbox (mode auto)');
  withCommonOptions(command, [
    ['nootropic trust', 'see what it holds, then answer'],
    ['nootropic trust --unattended', 'commands run by themselves in mode auto'],
    ['nootropic trust --remove', 'no longer'],
    ['nootropic trust --json', 'only show'],
  ]).action((options: TrustOptions) => finish(() => trust(cli, options)));
}

async function trust(cli: Cli, options: TrustOptions): Promise<void> {
  if (options.remove === true && options.unattended === true)
    throw new NootropicError('USAGE', '--remove and --unattended contradict each other.');
  const workspace = await workspaceOf(cli, options);
  await withAssistant(cli, async (assistant) => {
    const { signal } = cli;
    if (options.remove === true) {
      const found = await assistant.trust.set({ workspace, trusted: false, unattended: false }, { signal });
      return options.json === true ? cli.json(found) : cli.talk('This folder is trusted no longer.\n');
    }
    const found = await assistant.trust.show({ workspace }, { signal });
    if (options.json === true && options.unattended !== true) return cli.json(found);
    const isDone = found.trusted && (options.unattended !== true || found.unattended);
    await cli.out(`${stateText(found)}\n${heldText(cli, found)}`);
    if (isDone) return undefined;
    if (cli.surroundings.stdin.kind !== 'terminal')
      throw new NootropicError('DENIED', 'Only a person at a terminal can trust a folder.', {
        hint: 'Run `nootropic trust` in a terminal; `nootropic trust --json` shows what the folder holds.',
      });
    const question =
      options.unattended === true
        ? `May commands run by themselves in ${cli.cleanTalk(workspace)}, inside the sandbox?`
        : `Do you trust ${cli.cleanTalk(workspace)}?`;
    if (!(await confirm(cli, question, false))) return cli.talk('Nothing was changed.\n');
    const now = await assistant.trust.set(
      { workspace, trusted: true, ...(options.unattended === true && { unattended: true }) },
      { signal },
    );
    return options.json === true ? cli.json(now) : cli.talk(`${stateText(now)}\n`);
  });
}

function stateText({ trusted, unattended }: Found): string {
  if (!trusted) return 'This folder is not trusted.';
  return unattended
    ? 'This folder is trusted, and commands run by themselves in mode auto.'
    : 'This folder is trusted.';
}

/** What the folder holds: of which kind, and what. */
function held(found: Found): [kind: string, what: string][] {
  return [
    ...found.instructions.map(({ path }): [string, string] => ['instructions', path]),
    ...found.agents.map(({ name, origin }): [string, string] => ['agent', `${name} (${origin.path})`]),
    ...found.skills.map(({ name, origin }): [string, string] => ['skill', `${name} (${origin.path})`]),
    ...found.hooks.map(({ event, command, origin }): [string, string] => [
      'hook',
      `${event} runs ${command} (${origin.path})`,
    ]),
    ...found.commands.map(({ name, origin }): [string, string] => ['command', `/${name} (${origin.path})`]),
    ...found.ignored.map(({ path, what, reason }): [string, string] => [what, `${path} (not used: ${reason})`]),
  ];
}

function heldText(cli: Cli, found: Found): string {
  const all = held(found);
  if (all.length === 0) return '  It holds nothing for agents.\n';
  return all.map(([kind, what]) => `  ${cli.cell(kind).padEnd(12)}  ${cli.cell(what)}\n`).join('');
}
