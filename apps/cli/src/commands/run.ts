import type { Command } from 'commander';
import { withCommonOptions, type Cli } from '../cli.ts';
import { imageOption } from '../image-option.ts';
import { modeOption } from '../mode-option.ts';
import type { Finish } from '../program.ts';
import type { RunOptions } from '../run-task.ts';

export function addRun(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('run')
    .summary('let the agent do a task in this folder')
    .description(
      'Gives the agent a task, and prints what it says and does. What it may do by itself is said by the mode; at a terminal it asks\nfor the rest with one key, without one the rest is refused. What it changes in files can be undone: `nootropic undo`.',
    )
    .argument('[task...]', 'what to do; `-` reads it from standard input')
    .addOption(modeOption())
    .option(
      '-m, --model <ref>',
      'work with this model: file:PATH, the name of an installed one, ollama:NAME[@URL], openai:NAME@URL',
    )
    .option('--agent <name>', 'a persona by its name: commit, review, explain, test, or one of your own')
    .option('-s, --session <id>', 'go on with this session: an id, a unique start of one, or `latest`')
    .option('-c, --continue', 'go on with the newest session of this folder')
    .addOption(imageOption())
    .option('--worktree [name]', 'work in a git worktree of its own, and leave your files alone')
    .option('--verbose', 'say which model worked and why, and the tokens, the time and the cost');
  withCommonOptions(command, [
    ['nootropic run "rename parseBody to readBody"', 'asks before it changes something'],
    ['nootropic run --mode auto-edit "fix the failing test"', 'changes files by itself'],
    ['nootropic run --json --mode plan "…" < /dev/null', 'every event as a JSON line'],
    ['nootropic run --worktree fix --mode auto-edit "…"', 'in a worktree of its own'],
  ])
    .addHelpText(
      'after',
      '\nExit codes: 0 done; 1 an error, or it was stopped before it was done; 3 no model; 4 something was refused since nobody could be asked; 130 interrupted.',
    )
    .action((words: string[], { worktree, ...options }: RunOptions & { readonly worktree?: string | true }) =>
      finish(async () => {
        if (worktree !== undefined) {
          const { runInWorktree } = await import('../run-in-worktree.ts');
          return runInWorktree(cli, words.join(' '), { ...options, worktree });
        }
        const { runTask } = await import('../run-task.ts');
        return runTask(cli, words.join(' '), options);
      }),
    );
}
