import type { ModelRole } from '@nootropic/contracts';
import type { Command } from 'commander';
import { userModelRef, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { formatDuration } from '../durations.ts';
import { withModelNamed } from '../model-names.ts';
import { roleOption } from '../model-role-option.ts';
import { paragraph } from '../plan-text.ts';
import type { Finish } from '../program.ts';
import { formatBytes, formatNumber } from '../sizes.ts';

interface LoadOptions extends CommonOptions {
  readonly role?: ModelRole;
}

export function addModelsLoad(parent: Command, cli: Cli, finish: Finish): void {
  const load = parent
    .command('load')
    .summary('load a model now')
    .description(
      'Loads a model, so that the first answer need not wait. In the host that runs it stays; without one, this only shows that it loads.',
    )
    .argument('<model>', 'a name of `models list`, or a reference')
    .addOption(roleOption('what to load it for (default: what it is made for)'));
  withCommonOptions(load, [
    ['nootropic models load qwen', 'into the running host'],
    ['nootropic models load nomic --role embedding', 'for one role'],
  ]).action((ref: string, options: LoadOptions) => finish(() => loadModel(cli, ref, options)));

  const unload = parent
    .command('unload')
    .summary('free the memory of a model')
    .description('Takes a model out of memory. It is loaded again when something needs it.')
    .argument('<running>', 'a name or reference that `models ps` shows');
  withCommonOptions(unload, [['nootropic models unload qwen', 'and say how much it freed']]).action(
    (ref: string, options: CommonOptions) => finish(() => unloadModel(cli, ref, options)),
  );
}

async function loadModel(cli: Cli, given: string, options: LoadOptions): Promise<void> {
  const ref = userModelRef(cli, given);
  await withAssistant(cli, async (assistant, host) => {
    const bar = cli.progress(options);
    const began = cli.surroundings.now();
    bar.update(0, 0, 'Loading …');
    const input = { ref, ...(options.role === undefined ? {} : { role: options.role }) };
    const model = await withModelNamed({ cli, assistant }, ref, () =>
      assistant.models.load(input, { signal: cli.signal }),
    ).finally(() => bar.clear());
    if (options.json === true) return cli.json(model);
    const facts = [
      `${formatBytes(model.planned)} planned`,
      ...(model.measured === undefined ? [] : [`${formatBytes(model.measured)} measured`]),
      `${formatNumber(model.contextLength)} tokens of context`,
      ...(model.gpuLayers > 0 ? [`${model.gpuLayers} layers on the GPU`] : []),
      ...(model.threads > 0 ? [`${model.threads} threads`] : []),
    ];
    const took = formatDuration(cli.surroundings.now() - began);
    const loaded = `Loaded ${cli.cell(model.name)} for ${model.role} in ${took}: ${facts.join(', ')}`;
    await cli.out(`${paragraph(cli, loaded)}\n`);
    if (!host.remote)
      await cli.talk(
        'It is freed again now, because this command ran without a host. `nootropic serve --detach` starts one that keeps models.\n',
      );
  });
}

async function unloadModel(cli: Cli, given: string, options: CommonOptions): Promise<void> {
  const ref = userModelRef(cli, given);
  await withAssistant(cli, async (assistant) => {
    const done = await withModelNamed({ cli, assistant }, ref, () =>
      assistant.models.unload({ ref }, { signal: cli.signal }),
    );
    if (options.json === true) return cli.json(done);
    const name = cli.cell(done.ref);
    await cli.out(
      done.freed > 0 ? `Unloaded ${name}: ${formatBytes(done.freed)} freed\n` : `${name} was not in memory\n`,
    );
  });
}
