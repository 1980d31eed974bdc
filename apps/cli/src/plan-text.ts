import type { MemoryPlan, PlannedModel } from '@nootropic/contracts';
import type { Cli } from './cli.ts';
import { formatBytes, formatNumber } from './sizes.ts';
import { wrapped } from './text-width.ts';

/** The machine of a plan in one line. */
export function machineLine(cli: Cli, { memory, gpu }: MemoryPlan): string {
  const parts = [
    `${formatBytes(memory.total)} memory`,
    `${formatBytes(memory.available)} available`,
    `${formatBytes(memory.usable)} for models`,
    gpu === undefined ? 'no GPU' : `${cli.cell(gpu.name)} ${formatBytes(gpu.total)}`,
  ];
  return parts.join(', ');
}

/** What was given up, one sentence to a line; nothing where nothing was. */
export function gaveUpLines(cli: Cli, plan: MemoryPlan): string {
  if (plan.gaveUp.length === 0) return '';
  const lines = plan.gaveUp.flatMap((sentence) => indented(cli, sentence, '· '));
  return `\n${cli.style.bold('Given up to make it fit')}\n${lines.join('')}`;
}

/** A text in lines of the terminal's width. */
export function paragraph(cli: Cli, text: string): string {
  return wrapped(text, cli.width).join('\n');
}

/** A sentence below a heading, wrapped to the terminal; its first line begins with a mark. */
export function indented(cli: Cli, sentence: string, mark = ''): string[] {
  return wrapped(cli.cell(sentence), cli.width - 2 - mark.length).map(
    (line, at) => `  ${at === 0 ? mark : ' '.repeat(mark.length)}${line}\n`,
  );
}

/** Where the layers of a model compute. */
export function layersText({ gpuLayers, layers }: PlannedModel, gpu: MemoryPlan['gpu']): string {
  if (gpu === undefined || gpuLayers === 0) return `all ${layers} on the processor`;
  return gpuLayers >= layers
    ? `all ${layers} on the GPU`
    : `${gpuLayers} of ${layers} on the GPU, the rest on the processor`;
}

/** `8,192 tokens, kept as f16`. */
export function contextText({ contextLength, kvType }: PlannedModel): string {
  return `${formatNumber(contextLength)} tokens${contextLength > 0 ? `, kept as ${kvType}` : ''}`;
}
