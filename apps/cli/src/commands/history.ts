import type { Command } from 'commander';
import { numberOption, withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import { changeLines, stepTitle, type ShownStep } from '../change-lines.ts';
import type { Finish } from '../program.ts';

interface HistoryOptions extends CommonOptions {
  readonly session?: string;
  readonly limit: number;
}

export function addHistory(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('history')
    .summary('what the agent changed in this folder')
    .description(
      'Lists what the agent and its commands changed in this folder, newest first. Every step can be taken back.',
    )
    .option('-s, --session <id>', 'only the steps of this session')
    .option('-n, --limit <count>', 'how many steps', numberOption('--limit', 1, 10_000), 20);
  withCommonOptions(command, [
    ['nootropic history', 'the newest 20 steps'],
    ['nootropic history --session 0198a2', 'of one conversation'],
    ['nootropic history --json | jq -r .label', 'one JSON object per line'],
  ]).action((options: HistoryOptions) => finish(() => history(cli, options)));
}

async function history(cli: Cli, options: HistoryOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  const steps = await withAssistant(cli, async (assistant) => {
    const { signal } = cli;
    const sessionId =
      options.session === undefined
        ? undefined
        : (await assistant.sessions.show({ id: options.session }, { signal })).session.id;
    return assistant.changes.list(
      { workspace, limit: options.limit, ...(sessionId !== undefined && { sessionId }) },
      { signal },
    );
  });
  if (options.json === true) {
    for (const step of steps) await cli.json(step);
    return;
  }
  if (steps.length === 0) await cli.talk('The agent has changed nothing in this folder.\n');
  for (const step of steps) await cli.out(stepText(cli, step));
}

function stepText(cli: Cli, step: ShownStep): string {
  const lines = changeLines(cli, step.changes, step.state === 'undone');
  return `${stepTitle(cli, step)}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
