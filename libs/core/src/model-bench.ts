import { anchorLines, applyEdit, editFormats, editInstructions, type EditFormat } from '@nootropic/agents';
import {
  NootropicError,
  type GenerateRequest,
  type Model,
  type ModelProfile,
  type ModelStore,
  type StoredModel,
  type ToolCall,
} from '@nootropic/contracts';
import { benchTools, editTasks, speedPrompt, toolTasks, type ToolTask } from './bench-tasks.ts';
import { modelsStatus, type StatusPorts } from './model-status.ts';
import type { Models } from './models.ts';
import { reportOf } from './stoppable.ts';

export interface BenchPorts extends StatusPorts {
  readonly models: Models;
  readonly store: ModelStore;
  readonly now: () => number;
  readonly model: StoredModel;
}

export type BenchItem =
  | { readonly type: 'progress'; readonly task: string; readonly done: number; readonly total: number }
  | { readonly type: 'measured'; readonly profile: ModelProfile };

const runs = 3;
const speedLines = 24;
const writtenTokens = 48;
const clockSteps = 1 / 1000;
/** Who writes a whole file well writes a whole symbol well, so that is not asked for by itself. */
const benchFormats = editFormats.filter((format) => format !== 'whole-symbol');

interface Answer {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly promptSpeed: number;
  readonly writeSpeed: number;
}

/**
 * Measures a stored model on this machine, through the same queue as all else, and keeps the profile with it: the time to load, the
 * speed of reading and writing (the median of three runs), the memory, the share of tool calls that name the right tool with arguments
 * that meet its schema, and the share of edits, by format, that apply and give exactly the wanted text.
 * Nothing is asked twice, and nothing is forgiven: a model that talks beside the point gets 0.
 */
export function benchModel(ports: BenchPorts, signal: AbortSignal): AsyncGenerator<BenchItem, void> {
  return reportOf<BenchItem>(async (report) => {
    const { models, store, model: stored, now } = ports;
    const isEmbedder = stored.role === 'embedding' || stored.role === 'reranking';
    if (isEmbedder)
      throw new NootropicError(
        'MODEL_UNSUPPORTED',
        `${stored.name} writes no text: there is no speed of it to measure.`,
      );
    const total = 1 + runs + toolTasks.length + benchFormats.length * editTasks.length;
    let done = 0;
    const step = (task: string) => {
      signal.throwIfAborted();
      report({ type: 'progress', task, done: done++, total });
    };

    step('load');
    await models.unload(stored.ref).catch((cause: unknown) => {
      if (NootropicError.from(cause).code !== 'MODEL_NOT_FOUND') throw cause;
    });
    const startedAt = now();
    const { model } = await models.open(stored.ref, { role: stored.role }, signal);
    const loadMs = now() - startedAt;
    const bench = (request: GenerateRequest) => ask({ model, now, signal }, request);

    const speeds: Answer[] = [];
    for (let run = 1; run <= runs; run += 1) {
      step('speed');
      const content = speedPrompt(`${startedAt}-${run}`, speedLines);
      speeds.push(await bench({ messages: [{ role: 'user', content }], maxTokens: writtenTokens, temperature: 0 }));
    }
    const running = (await modelsStatus(ports)).models.find(({ ref }) => ref === model.info.ref);

    let right = 0;
    const canCall = model.info.can.includes('tools');
    for (const task of toolTasks) {
      step('tool calls');
      if (!canCall) continue;
      const { calls } = await bench({
        messages: [{ role: 'user', content: task.ask }],
        tools: benchTools,
        maxTokens: 128,
        temperature: 0,
      });
      if (isRight(calls, task)) right += 1;
    }

    const edits: Partial<Record<EditFormat, number>> = {};
    for (const format of benchFormats) {
      let applied = 0;
      for (const { path, before, ask: wish, after } of editTasks) {
        step(`edits, ${format}`);
        const shown =
          format === 'anchored-lines' ? `${anchorLines(before.trimEnd().split('\n')).join('\n')}\n` : before;
        const content = `The file ${path}:\n\`\`\`\n${shown}\`\`\`\n\n${wish}\n\n${editInstructions[format]}`;
        const { text } = await bench({ messages: [{ role: 'user', content }], maxTokens: 384, temperature: 0 });
        const edited = applyEdit({ format, file: before, answer: text });
        if (edited.ok && edited.text.trimEnd() === after.trimEnd()) applied += 1;
      }
      edits[format] = applied / editTasks.length;
    }

    const profile: ModelProfile = {
      measuredAt: now(),
      machine: await machineName(ports),
      threads: running?.threads ?? 0,
      promptSpeed: median(speeds.map(({ promptSpeed }) => promptSpeed)),
      writeSpeed: median(speeds.map(({ writeSpeed }) => writeSpeed)),
      memory: running?.measured ?? running?.planned ?? 0,
      loadMs,
      toolCalls: canCall ? right / toolTasks.length : null,
      edits,
    };
    await store.saveProfile(stored.name, profile);
    return { type: 'measured', profile };
  });
}

async function ask(
  { model, now, signal }: { readonly model: Model; readonly now: () => number; readonly signal: AbortSignal },
  request: GenerateRequest,
): Promise<Answer> {
  const startedAt = now();
  let firstAt: number | undefined;
  let text = '';
  const calls: ToolCall[] = [];
  let tokens = { read: 0, reused: 0, written: 0 };
  for await (const event of model.generate(request, { workClass: 'agent', client: 'bench', signal })) {
    if (event.type === 'text' || event.type === 'reasoning' || event.type === 'tool-call') firstAt ??= now();
    if (event.type === 'text') text += event.text;
    else if (event.type === 'tool-call') calls.push(event.call);
    else if (event.type === 'finish') {
      if (event.reason === 'aborted') throw new NootropicError('ABORTED');
      tokens = event.tokens;
    }
  }
  const endedAt = now();
  const first = firstAt ?? endedAt;
  const seconds = (from: number, to: number) => Math.max(clockSteps, (to - from) / 1000);
  return {
    text,
    calls,
    promptSpeed: tokens.read / seconds(startedAt, first),
    writeSpeed: Math.max(0, tokens.written - 1) / seconds(first, endedAt),
  };
}

/** One call, of the right tool, with every argument that its schema requires, of the right type, and those that matter as asked. */
function isRight(calls: readonly ToolCall[], task: ToolTask): boolean {
  const [call] = calls;
  if (calls.length !== 1 || call?.name !== task.tool) return false;
  const spec = benchTools.find(({ name }) => name === call.name);
  const properties = Object.entries(
    (spec?.parameters['properties'] ?? {}) as Record<string, { readonly type: string }>,
  );
  const known = new Set(properties.map(([name]) => name));
  const isValid =
    Object.keys(call.arguments).every((name) => known.has(name)) &&
    properties.every(([name, { type }]) => isOfType(call.arguments[name], type));
  return isValid && Object.entries(task.args).every(([name, value]) => call.arguments[name] === value);
}

function isOfType(value: unknown, type: string): boolean {
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}

async function machineName({ machine }: StatusPorts): Promise<string> {
  const { cores, memoryTotal, devices } = await machine.read();
  const names = devices.map(({ name }) => name);
  return [...names, `${cores} cores`, `${Math.round(memoryTotal / 2 ** 30)} GiB`].join(', ');
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
