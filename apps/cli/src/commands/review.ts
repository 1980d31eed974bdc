import type { Command } from 'commander';
import { withCommonOptions, type Cli } from '../cli.ts';
import type { Finish } from '../program.ts';
import type { ReviewOptions } from '../review-changes.ts';

export function addReview(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('review')
    .summary('look for faults in a change, each with a scenario that fails')
    .description(
      'Asks the model narrow questions about a change, one at a time, and prints what it found. Without an argument the change is all that is not committed\nyet, new files too. A finding without a place in the files, an input and a wrong outcome is dropped.',
    )
    .argument('[what...]', 'files and folders, or one revision: a commit, A..B, A...B')
    .option('--staged', 'only what is staged')
    .option('--fail', 'exit with 1 where something was found')
    .option('-m, --model <ref>', 'ask this model');
  withCommonOptions(command, [
    ['nootropic review', 'what is not committed yet'],
    ['nootropic review main...HEAD', 'what this branch adds'],
    ['nootropic review --staged --fail', 'in a hook: exit 1 where something was found'],
  ]).action((what: string[], options: ReviewOptions) =>
    finish(async () => {
      const { reviewChanges } = await import('../review-changes.ts');
      return reviewChanges(cli, what, options);
    }),
  );
}
