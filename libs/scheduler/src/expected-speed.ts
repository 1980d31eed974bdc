import type { GgufHeader, ModelRole } from '@nootropic/contracts';

export interface ExpectedSpeeds {
  /** Tokens per second. */
  readonly prompt: number;
  readonly write: number;
}

/** Parameters times tokens per second of reading a prompt, for one core: a 0.5B model read 160 tokens a second on one with AVX-512. */
const perCore = 75e9;
/** Bytes per second that writing an answer reads of the weights: what two memory channels of a laptop give, less what is lost on the way. */
const bandwidth = 15e9;

/**
 * How fast a model will probably be on the processor alone, from its header: reading a prompt is bound by computing, each token times each parameter that is
 * active; writing is bound by the memory, since every active weight is read for each token. Of experts only those that are used count.
 * Good to a factor of two: enough to tell a model that answers from one that one waits for.
 */
export function expectedSpeeds(header: GgufHeader, cores: number): ExpectedSpeeds {
  const { parameters, bytes } = activeOf(header);
  return { prompt: (Math.max(1, cores) * perCore) / Math.max(1, parameters), write: bandwidth / Math.max(1, bytes) };
}

/** What a person waits for, in tokens, and for how long gladly, in seconds. */
const usualWait: Partial<Readonly<Record<ModelRole, { read: number; written: number; seconds: number }>>> = {
  chat: { read: 2_000, written: 200, seconds: 30 },
  completion: { read: 40, written: 16, seconds: 1 },
};
/** Points of quality that a wait of twice the time costs. */
const perDoubling = 20;

/** Points by which a model is worth less in a role because one waits for it: none while it is as quick as one likes. */
export function waitingCost(role: ModelRole, { prompt, write }: ExpectedSpeeds): number {
  const usual = usualWait[role];
  if (usual === undefined) return 0;
  const seconds = usual.read / prompt + usual.written / write;
  return Math.max(0, perDoubling * Math.log2(seconds / usual.seconds));
}

function activeOf({ architecture, metadata, tensors, tensorBytes }: GgufHeader): { parameters: number; bytes: number } {
  const experts = Number(metadata[`${architecture}.expert_count`] ?? 0);
  const used = Number(metadata[`${architecture}.expert_used_count`] ?? experts);
  const share = experts > 0 ? Math.min(1, used / experts) : 1;
  // Four and a half bits for each parameter, as in the files that most people load.
  if (tensors === undefined) return { parameters: (tensorBytes * 8) / 4.5, bytes: tensorBytes };
  const hasOutput = tensors.some(({ name }) => name === 'output.weight');
  let parameters = 0;
  let bytes = 0;
  for (const tensor of tensors) {
    // One row of the table is looked up for a token; where there is no other matrix it is also what the answer is computed with.
    if (tensor.name === 'token_embd.weight' && hasOutput) continue;
    const part = /_exps\./.test(tensor.name) ? share : 1;
    parameters += tensor.numbers * part;
    bytes += tensor.bytes * part;
  }
  return { parameters, bytes };
}
