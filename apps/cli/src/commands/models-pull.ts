import type { Command } from 'commander';
import { withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { formatBytes } from '../sizes.ts';
import { takeIn } from './models-intake.ts';

export function addModelsPull(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('pull')
    .summary('download a model, or go on with a download')
    .description(
      'Downloads a model and checks that every byte is the one that was promised. A download that was stopped goes on where it stopped.',
    )
    .argument('<reference>', 'hf:OWNER/REPO[/FILE.gguf], ollama:NAME[:TAG], or a name that `models recommend` shows');
  withCommonOptions(command, [
    ['nootropic models pull ollama:qwen3:4b', 'from the registry of Ollama'],
    ['nootropic models pull hf:OWNER/REPO/FILE.gguf', 'one file from Hugging Face'],
    ['nootropic models pull --json REF | jq .done', 'progress as JSON lines'],
  ]).action((ref: string, options: CommonOptions) => finish(() => pull(cli, ref, options)));
}

async function pull(cli: Cli, ref: string, options: CommonOptions): Promise<void> {
  await withAssistant(cli, async (assistant) => {
    try {
      const model = await takeIn(cli, await assistant.models.pull({ ref }, { signal: cli.signal }), options);
      if (options.json === true) return;
      await cli.out(`Installed ${cli.cell(model.name)} (${formatBytes(model.bytes)}, ${model.role})\n`);
      if (model.role === 'chat') await cli.talk(`Try it: nootropic ask --model ${cli.cleanTalk(model.name)} "…"\n`);
    } catch (error) {
      if (cli.signal.aborted)
        await cli.talk('Stopped. What has arrived is kept: the same command goes on where it stopped.\n');
      throw error;
    }
  });
}
