import { exitCodes, NootropicError, type Assistant } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, workspaceOf, type Cli, type CommonOptions } from './cli.ts';
import { changeLines, stepTitle } from './change-lines.ts';
import { count } from './sizes.ts';
import { selectionOf, withSelection, type SelectionOptions } from './step-selection.ts';

export interface ReversalOptions extends CommonOptions, SelectionOptions {
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

type Way = 'undo' | 'redo';

type Outcome = Awaited<ReturnType<Assistant['changes'][Way]>>;

/** Adds the ways to say which steps are meant, and how. */
export function withReversalOptions(command: Command, verb: string): Command {
  return withSelection(command, verb)
    .option('-f, --force', 'go over what you changed since; that is kept as a step of its own')
    .option('--dry-run', 'only say what would be done');
}

/** Takes steps back or makes them again, and says what came of it. Gives the exit code: 1 where something was left alone. */
export async function reverse(
  cli: Cli,
  way: Way,
  options: ReversalOptions & { readonly step: string | undefined },
): Promise<number> {
  const workspace = await workspaceOf(cli, options);
  const { force = false, dryRun = false } = options;
  const outcome = await withAssistant(cli, async (assistant) => {
    const selection = await selectionOf(cli, assistant, options);
    return assistant.changes[way]({ workspace, ...selection, force, dryRun }, { signal: cli.signal });
  });
  if (outcome.steps.length === 0)
    throw new NootropicError('NOT_FOUND', `There is nothing to ${way}.`, {
      hint: 'Run `nootropic history` for what the agent changed in this folder.',
    });
  if (options.json === true) await cli.json(outcome);
  else await show(cli, way, { outcome, dryRun });
  return outcome.conflicts.length > 0 || outcome.lost.length > 0 ? exitCodes.error : exitCodes.ok;
}

async function show(
  cli: Cli,
  way: Way,
  { outcome, dryRun }: { readonly outcome: Outcome; readonly dryRun: boolean },
): Promise<void> {
  const { steps, restored, conflicts, lost } = outcome;
  const { style, errorStyle } = cli;
  const done = way === 'undo' ? 'Undone' : 'Made again';
  await cli.out(
    `${style.bold(dryRun ? `Would ${way}` : done)}: ${count(steps.length, 'step')}, ${count(restored.length, 'path')}\n`,
  );
  for (const step of steps) await cli.out(`${stepTitle(cli, step)}\n`);
  for (const line of changeLines(cli, restored)) await cli.out(`  ${line}\n`);
  if (conflicts.length > 0) {
    await cli.talk(`${errorStyle.yellow('Left alone')}, because it is not as the agent left it:\n`);
    for (const { path, reason } of conflicts) await cli.talk(`  ${cli.cleanTalk(path)}: ${cli.cleanTalk(reason)}\n`);
    const first = steps[0]?.id ?? '';
    await cli.talk(
      `See what the step changed: nootropic diff ${first}\nGo over these as well: nootropic ${way} ${first} --force (what they hold is kept as a step of its own)\n`,
    );
  }
  if (lost.length > 0) {
    await cli.talk(
      `${errorStyle.yellow('Cannot be brought back')}: too large, or over the limit \`agent.undoLimit\`, so it was not kept:\n`,
    );
    for (const path of lost) await cli.talk(`  ${cli.cleanTalk(path)}\n`);
  }
}
