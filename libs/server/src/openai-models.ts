import type { OpenaiEmbeddingRequest } from '@nootropic/contracts';
import type { GatewayModel } from '@nootropic/core';
import type { OpenaiParts } from './openai-chat.ts';
import { unsupportedField } from './openai-errors.ts';
import { answerHeaders } from './wire-answer.ts';
import type { WireAnswer, WireCall } from './wire-handler.ts';

export async function listModels({ gateway }: OpenaiParts): Promise<WireAnswer> {
  const data = (await gateway.models()).map(modelOf);
  const [first, last] = [data.at(0), data.at(-1)];
  return {
    kind: 'json',
    body: { object: 'list', data, has_more: false, first_id: first?.id ?? null, last_id: last?.id ?? null },
  };
}

export async function showModel({ gateway }: OpenaiParts, { params }: WireCall): Promise<WireAnswer> {
  return { kind: 'json', body: modelOf(await gateway.find(params['model'])) };
}

function modelOf({ info, name, role, loaded, importedAt }: GatewayModel) {
  return {
    id: name,
    object: 'model',
    created: Math.floor(importedAt / 1000),
    owned_by: info.local ? 'local' : info.ref.slice(0, Math.max(0, info.ref.indexOf(':'))),
    type: 'model',
    display_name: info.name,
    created_at: new Date(importedAt).toISOString(),
    context_length: info.contextLength,
    role,
    abilities: info.can,
    local: info.local,
    loaded,
  };
}

/** Answers `/v1/embeddings`. */
export async function answerEmbedding({ gateway }: OpenaiParts, call: WireCall): Promise<WireAnswer> {
  const { input, model, dimensions, encoding_format: format } = call.body as OpenaiEmbeddingRequest;
  const name = model ?? undefined;
  const texts =
    typeof input === 'string'
      ? [input]
      : input.every((part) => typeof part === 'string')
        ? input
        : await textsOf({ gateway, name }, input as number[] | number[][], call.caller);
  const answer = await gateway.embed({ texts, ...(name !== undefined && { model: name }) }, call.caller);
  const own = answer.vectors[0]?.length ?? answer.model.info.dimensions;
  if (typeof dimensions === 'number' && dimensions !== own)
    throw unsupportedField('dimensions', `The vectors of ${answer.model.name} have ${own} numbers, and are not cut.`);
  return {
    kind: 'json',
    body: {
      object: 'list',
      data: answer.vectors.map((vector, index) => ({
        object: 'embedding',
        index,
        embedding: format === 'base64' ? base64Of(vector) : [...vector],
      })),
      model: answer.model.name,
      usage: { prompt_tokens: answer.tokens, total_tokens: answer.tokens },
    },
    headers: answerHeaders({
      model: answer.model,
      contextLength: answer.model.info.contextLength,
      promptTokens: answer.tokens,
      arranged: [],
    }),
  };
}

async function textsOf(
  { gateway, name }: Pick<OpenaiParts, 'gateway'> & { readonly name: string | undefined },
  tokens: readonly number[] | readonly (readonly number[])[],
  caller: WireCall['caller'],
): Promise<readonly string[]> {
  const lists = typeof tokens[0] === 'number' ? [tokens as number[]] : (tokens as number[][]);
  const model = await gateway.open(name, 'embedding', caller);
  return Promise.all(lists.map((list) => model.detokenize(list)));
}

function base64Of(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}
