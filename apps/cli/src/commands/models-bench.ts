import { NootropicError, type ModelProfile } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { factLines } from '../fact-lines.ts';
import { withModelNamed } from '../model-names.ts';
import { profileFacts } from '../profile-facts.ts';
import type { Finish } from '../program.ts';

export function addModelsBench(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('bench')
    .summary('measure a model on this machine')
    .description(
      'Measures how fast a model reads and writes here, the memory it takes, and how often its tool calls and edits are right. The result is kept with the model.\nClose what uses the processor: a busy machine gives numbers that mean nothing.',
    )
    .argument('<model>', 'its name, or a unique start of it');
  withCommonOptions(command, [['nootropic models bench qwen', 'takes some minutes']]).action(
    (name: string, options: CommonOptions) => finish(() => bench(cli, name, options)),
  );
}

async function bench(cli: Cli, name: string, options: CommonOptions): Promise<void> {
  await withAssistant(cli, (assistant) =>
    withModelNamed({ cli, assistant }, name, async () => {
      const bar = cli.progress(options);
      try {
        for await (const event of await assistant.models.bench({ name }, { signal: cli.signal })) {
          if (options.json === true) await cli.json(event);
          if (event.type === 'progress') bar.update(event.done, event.total, cli.cleanTalk(event.task));
          else {
            bar.clear();
            if (options.json !== true) await printProfile(cli, event.profile);
            return;
          }
        }
      } finally {
        bar.clear();
      }
      cli.signal.throwIfAborted();
      throw new NootropicError('INTERNAL', 'The measurement broke off without an end.');
    }),
  );
}

async function printProfile(cli: Cli, profile: ModelProfile): Promise<void> {
  await cli.out(factLines(cli, profileFacts(profile)));
  await cli.talk('Kept with the model: `nootropic models show` repeats it.\n');
}
