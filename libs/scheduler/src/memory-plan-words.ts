import type { ModelRole, PlannedModel } from '@nootropic/contracts';
import { inWords } from './memory-room.ts';
import { contexts, type FilledRole } from './memory-rungs.ts';

export interface PlanToExplain {
  readonly filled: readonly FilledRole[];
  readonly models: readonly PlannedModel[];
  readonly fits: boolean;
  /** Of main memory. */
  readonly usable: number;
  readonly needed: number;
  readonly gpu?: { readonly name: string; readonly usable: number };
}

const without: Readonly<Record<ModelRole, string>> = {
  reranking: 'No reranking model: search results keep the order that the index gives them.',
  embedding: 'No embedding model: the built-in embedder is used.',
  completion: 'No completion model: code is not completed while somebody types.',
  chat: 'No chat model.',
};

/** What was given up to make it fit, one sentence each, what was wished first. */
export function explainPlan(plan: PlanToExplain): string[] {
  const sentences = plan.filled.flatMap((filled) => explainRole(filled, plan));
  if (plan.fits) return sentences;
  const smallest = plan.models.map(({ name, contextLength }) => `${name} with ${contextLength} tokens`).join(' and ');
  if (smallest === '') return [...sentences, 'There is no model for any of the roles that were asked for.'];
  return [
    ...sentences,
    `Not even ${smallest} fits: ${inWords(plan.needed)} are needed, ${inWords(plan.usable)} of memory may be used.`,
  ];
}

function explainRole({ wanted, rung, sharedWith }: FilledRole, plan: PlanToExplain): string[] {
  const { role, candidates } = wanted;
  const [best] = candidates;
  const model = plan.models.find((planned) => planned.role === role);
  if (best === undefined && sharedWith === undefined) return [`No ${role} model is known.`];
  if (model === undefined) return [`${without[role]} ${best?.name ?? ''} would not fit beside the others.`];
  if (rung === undefined)
    return best === undefined || best.ref === model.ref
      ? []
      : [`${model.name} does ${role} as well: ${best.name} would not fit beside it.`];
  const sentences: string[] = [];
  if (best !== undefined && rung.place > 0)
    sentences.push(`${rung.candidate.name} instead of ${best.name} for ${role}: the larger one would not fit.`);
  const kvType = wanted.kvType ?? 'f16';
  if (model.kvType !== kvType)
    sentences.push(
      `${model.name} keeps what it has read as ${model.kvType} instead of ${kvType}, to take less memory.`,
    );
  const wish = wanted.contextLength ?? contexts[role].usual;
  const known = trainedFor(rung.candidate.header.metadata);
  // What nobody asked for is not given up.
  if (model.contextLength < wish && (wanted.contextLength !== undefined || known > model.contextLength))
    sentences.push(shorter(model, wish, known));
  if (plan.gpu !== undefined && model.gpuLayers < model.layers)
    sentences.push(
      `${model.gpuLayers} of ${model.layers} layers of ${model.name} on ${plan.gpu.name}: the rest would not fit into the ${inWords(plan.gpu.usable)} that may be used there.`,
    );
  return sentences;
}

function trainedFor(metadata: Readonly<Record<string, unknown>>): number {
  return Number(metadata[`${String(metadata['general.architecture'])}.context_length`] ?? Number.POSITIVE_INFINITY);
}

function shorter(model: PlannedModel, wish: number, trained: number): string {
  const from = `Context of ${model.name} shortened from ${wish} to ${model.contextLength} tokens`;
  return trained <= model.contextLength
    ? `${from}: it was not trained for more.`
    : `${from}: the rest would not fit beside the model.`;
}
