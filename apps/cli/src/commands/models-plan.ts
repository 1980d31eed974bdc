import { exitCodes, type MemoryPlan, type ModelRole, type PlannedModel } from '@nootropic/contracts';
import type { Command } from 'commander';
import { numberOption, userModelRef, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { factLines } from '../fact-lines.ts';
import { withModelNamed } from '../model-names.ts';
import { roleOption } from '../model-role-option.ts';
import { contextText, gaveUpLines, layersText, machineLine, paragraph } from '../plan-text.ts';
import type { Finish } from '../program.ts';
import { formatBytes } from '../sizes.ts';
import { tableLines, type Row } from '../table.ts';

interface PlanOptions extends CommonOptions {
  readonly context?: number;
  readonly role?: ModelRole;
}

export function addModelsPlan(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('plan')
    .summary('say whether a model fits, before it is downloaded')
    .description(
      'Says whether a model fits and what it costs: disk, memory by part, layers on the GPU, and what must be given up. Nothing is downloaded but the header of the file. Exits with 3 where it does not fit.',
    )
    .argument('<model>', 'a name, file:PATH, hf:OWNER/REPO/FILE.gguf or ollama:NAME[:TAG]')
    .option('--context <tokens>', 'with a context of so many tokens', numberOption('--context', 256, 1_048_576))
    .addOption(roleOption('for this role (default: what it is made for)'));
  withCommonOptions(command, [
    ['nootropic models plan ollama:qwen3:4b', 'before any download'],
    ['nootropic models plan qwen --context 32768', 'with a long context'],
    ['nootropic models plan REF && nootropic models pull REF', 'get it only if it fits'],
  ]).action((ref: string, options: PlanOptions) => finish(() => plan(cli, ref, options)));
}

async function plan(cli: Cli, given: string, options: PlanOptions): Promise<number> {
  const ref = userModelRef(cli, given);
  const input = {
    ref,
    ...(options.context === undefined ? {} : { contextLength: options.context }),
    ...(options.role === undefined ? {} : { role: options.role }),
  };
  const found = await withAssistant(cli, (assistant) =>
    withModelNamed({ cli, assistant }, ref, () => assistant.models.plan(input, { signal: cli.signal })),
  );
  if (options.json === true) await cli.json(found);
  else await printPlan(cli, found);
  return found.plan.fits ? exitCodes.ok : exitCodes.noModel;
}

async function printPlan(cli: Cli, { plan, download }: { plan: MemoryPlan; download: number }): Promise<void> {
  const { style } = cli;
  await cli.out(`${paragraph(cli, machineLine(cli, plan))}\n`);
  for (const model of plan.models) {
    const verdict = plan.fits ? style.green('fits') : style.red('does not fit');
    await cli.out(`\n${style.bold(cli.cell(model.name))} for ${model.role}: ${verdict}\n`);
    await cli.out(
      factLines(cli, [
        ['disk', diskText(model, download)],
        ['context', contextText(model)],
        ['layers', layersText(model, plan.gpu)],
      ]),
    );
    await cli.out(`\n${memoryLines(cli, model).join('\n')}\n`);
  }
  if (plan.models.length === 0) await cli.out(`\n${style.red('It does not fit.')}\n`);
  await cli.out(gaveUpLines(cli, plan));
  await cli.out(
    `\n${afterLines(plan)
      .map((line) => paragraph(cli, line))
      .join('\n')}\n`,
  );
}

function diskText({ fileBytes }: PlannedModel, download: number): string {
  return download > 0 ? `${formatBytes(download)} to download` : `${formatBytes(fileBytes)}, nothing to download`;
}

function memoryLines(cli: Cli, { estimate, sharedWith }: PlannedModel): string[] {
  if (sharedWith !== undefined) return [`No memory of its own: it is the model for ${sharedWith}.`];
  const parts: [string, number, string][] = [
    ['weights', estimate.weights, ''],
    ['repacked weights', estimate.repack, 'copies that the processor reads faster'],
    ['context', estimate.kvCache, 'what it has read'],
    ['compute', estimate.compute, 'while it works'],
    ['total', estimate.total, ''],
    ['on the GPU', estimate.gpu, ''],
    ['in memory', estimate.gpu > 0 ? Math.max(0, estimate.total - estimate.gpu) : 0, ''],
  ];
  const rows: Row[] = parts
    .filter(([name, bytes]) => bytes > 0 || name === 'total')
    .map(([name, bytes, meaning]) => ({ cells: [name, formatBytes(bytes), meaning], strong: name === 'total' }));
  const columns = [{ title: 'MEMORY' }, { title: 'BYTES', align: 'right' as const }, { title: '', least: 8, spare: 1 }];
  return tableLines(columns, rows, cli);
}

/** What is left when it is loaded, or what is missing. */
function afterLines({ fits, memory, gpu }: MemoryPlan): string[] {
  const left = (name: string, usable: number, planned: number): string =>
    planned <= usable
      ? `${name}: ${formatBytes(usable - planned)} left for other models`
      : `${name}: ${formatBytes(planned - usable)} too much`;
  const free = fits ? `, ${formatBytes(Math.max(0, memory.available - memory.planned))} free on the machine` : '';
  const lines = [`${left('Memory', memory.usable, memory.planned)}${free}.`];
  if (gpu !== undefined) lines.push(`${left('GPU', gpu.usable, gpu.planned)}.`);
  return lines;
}
