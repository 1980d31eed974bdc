import {
  NootropicError,
  type Assistant,
  type ModelAbility,
  type OllamaEmbed,
  type OllamaEmbeddings,
  type OllamaListed,
  type OllamaPull,
  type OllamaShow,
} from '@nootropic/contracts';
import type { Gateway, GatewayModel } from '@nootropic/core';
import { nanoseconds } from './ollama-answers.ts';
import type { WireAnswer, WireCall } from './wire-handler.ts';

/** Answers `/api/tags`. */
export async function listOllama(gateway: Gateway): Promise<WireAnswer> {
  return { kind: 'json', body: { models: (await gateway.models()).map(listed) } };
}

/** No model leaves at a time that is known before: it stays for as long as the memory suffices. */
const never = '9999-12-31T23:59:59Z';

/** Answers `/api/ps`. */
export async function listRunning(gateway: Gateway): Promise<WireAnswer> {
  const models = (await gateway.models())
    .filter(({ loaded }) => loaded)
    .map((model) => ({
      ...listed(model),
      expires_at: never,
      size_vram: 0,
      context_length: model.info.contextLength,
    }));
  return { kind: 'json', body: { models } };
}

/** Answers `/api/show`. */
export async function showOllama(gateway: Gateway, { body }: WireCall): Promise<WireAnswer> {
  const model = await gateway.find(nameIn(body as OllamaShow));
  const { info } = model;
  const architecture = model.architecture ?? 'unknown';
  return {
    kind: 'json',
    body: {
      license: '',
      modelfile: '',
      parameters: '',
      template: '',
      details: detailsOf(model),
      model_info: {
        'general.architecture': architecture,
        'general.basename': model.name,
        ...(info.contextLength > 0 && { [`${architecture}.context_length`]: info.contextLength }),
        ...(info.dimensions > 0 && { [`${architecture}.embedding_length`]: info.dimensions }),
      },
      capabilities: info.can.flatMap((ability) => capabilities[ability] ?? []),
      modified_at: new Date(model.importedAt).toISOString(),
    },
  };
}

const capabilities: Partial<Record<ModelAbility, string>> = {
  generate: 'completion',
  tools: 'tools',
  infill: 'insert',
  embed: 'embedding',
};

function listed(model: GatewayModel): OllamaListed {
  const name = tagged(model.name);
  return {
    name,
    model: name,
    modified_at: new Date(model.importedAt).toISOString(),
    size: model.bytes,
    digest: model.sha256 ?? '',
    details: detailsOf(model),
  };
}

/** Names of this API have a tag. */
function tagged(name: string): string {
  return name.includes(':') ? name : `${name}:latest`;
}

function detailsOf({ architecture = '', bytes }: GatewayModel): OllamaListed['details'] {
  return {
    parent_model: '',
    format: bytes > 0 ? 'gguf' : '',
    family: architecture,
    families: architecture === '' ? [] : [architecture],
    parameter_size: '',
    quantization_level: '',
  };
}

function nameIn({ model, name }: OllamaShow | OllamaPull): string {
  const asked = model || name;
  if (!asked) throw new NootropicError('INPUT_INVALID', 'model: the name of a model is missing.');
  return asked;
}

/** Answers `/api/embed`. */
export async function answerOllamaEmbed(
  { gateway, clock }: { readonly gateway: Gateway; readonly clock: () => number },
  { body, caller }: WireCall,
): Promise<WireAnswer> {
  const { input, model: name, dimensions } = body as OllamaEmbed;
  const startedAt = clock();
  const texts = typeof input === 'string' ? [input] : input;
  const { model, vectors, tokens } = await gateway.embed({ model: name, texts }, caller);
  const length = vectors[0]?.length ?? model.info.dimensions;
  if (typeof dimensions === 'number' && dimensions !== length)
    throw new NootropicError('INPUT_INVALID', `dimensions: the vectors of ${model.name} have ${length} numbers.`);
  return {
    kind: 'json',
    body: {
      model: name,
      embeddings: vectors.map((vector) => [...vector]),
      total_duration: nanoseconds(clock() - startedAt),
      load_duration: 0,
      prompt_eval_count: tokens,
    },
    headers: { 'x-nootropic-model': encodeURI(model.name.toWellFormed()) },
  };
}

/** Answers `/api/embeddings`. */
export async function answerOllamaEmbeddings(gateway: Gateway, { body, caller }: WireCall): Promise<WireAnswer> {
  const { model, prompt } = body as OllamaEmbeddings;
  const { vectors } = await gateway.embed({ model, texts: [prompt] }, caller);
  return { kind: 'json', body: { embedding: [...(vectors[0] ?? [])] } };
}

/** Answers `/api/pull`. */
export async function answerOllamaPull(models: Pick<Assistant['models'], 'pull'>, call: WireCall): Promise<WireAnswer> {
  const body = call.body as OllamaPull;
  const run = pullLines(models, refOf(nameIn(body)), call.caller.signal);
  if (body.stream !== false) return { kind: 'lines', lines: run };
  let last: object = {};
  for await (const line of run) last = line;
  return { kind: 'json', body: last };
}

async function* pullLines(
  models: Pick<Assistant['models'], 'pull'>,
  ref: string,
  signal: AbortSignal,
): AsyncGenerator<object> {
  yield { status: 'pulling manifest' };
  let digest = ref;
  for await (const event of await models.pull({ ref }, { signal })) {
    if (event.type === 'resolved') {
      digest = /sha256:[0-9a-f]{64}/u.exec(event.ref)?.[0] ?? event.ref;
      yield { status: `pulling ${digest}`, digest, total: event.bytes, completed: 0 };
    } else if (event.type === 'progress')
      yield { status: `pulling ${digest}`, digest, total: event.total, completed: event.done };
    else {
      yield { status: 'verifying sha256 digest' };
      yield { status: 'success' };
    }
  }
}

/** A name as Ollama takes it for a reference: its own registry, or a repository on Hugging Face. */
export function refOf(name: string): string {
  if (/^(?:hf|ollama):/u.test(name)) return name;
  const repository = /^(?:https?:\/\/)?(?:www\.)?(?:hf\.co|huggingface\.co)\/(?<path>.+)$/u.exec(name)?.groups?.[
    'path'
  ];
  return repository === undefined ? `ollama:${name}` : `hf:${repository}`;
}
