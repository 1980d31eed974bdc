import {
  llamacppRoutes,
  type LlamacppDetokenize,
  type LlamacppRerank,
  type LlamacppTokenize,
} from '@nootropic/contracts';
import type { Gateway, GatewayModel } from '@nootropic/core';
import { llamacppError, llamacppErrorEvent } from './llamacpp-errors.ts';
import { answerCompletion, answerInfill, settingsOf, type LlamacppParts } from './llamacpp-generation.ts';
import type { WireAnswer, WireApi, WireCall } from './wire-handler.ts';

export interface LlamacppApiOptions {
  readonly gateway: Gateway;
  /** Of this program, for `/props`. */
  readonly version: string;
  /** Default `performance.now`: milliseconds that only go forward. */
  readonly now?: () => number;
}

/** The routes of llama.cpp's own server over the gateway, beside those that are OpenAI's. */
export function createLlamacppApi({ gateway, version, now = () => performance.now() }: LlamacppApiOptions): WireApi {
  const parts: LlamacppParts = { gateway, now };
  const rerank = (call: WireCall): Promise<WireAnswer> => answerRerank(gateway, call);
  return {
    family: 'llamacpp',
    routes: llamacppRoutes,
    handlers: {
      'llamacpp.infill': (call) => answerInfill(parts, call),
      'llamacpp.completion': (call) => answerCompletion(parts, call),
      'llamacpp.tokenize': (call) => answerTokenize(gateway, call),
      'llamacpp.detokenize': async ({ body, caller }) => {
        const { tokens, model } = body as LlamacppDetokenize;
        const opened = await gateway.open(model ?? undefined, 'chat', caller);
        return { kind: 'json', body: { content: await opened.detokenize(tokens) } };
      },
      'llamacpp.props': ({ caller }) => answerProps(gateway, caller, version),
      'llamacpp.health': async () => ({ kind: 'json', body: { status: 'ok' } }),
      'llamacpp.rerank': rerank,
      'llamacpp.rerankRoot': rerank,
    },
    error: llamacppError,
    errorEvent: llamacppErrorEvent,
  };
}

async function answerTokenize(gateway: Gateway, { body, caller }: WireCall): Promise<WireAnswer> {
  const { content, model, with_pieces: withPieces, parse_special: special } = body as LlamacppTokenize;
  const opened = await gateway.open(model ?? undefined, 'chat', caller);
  const tokens = await opened.tokenize(content, { special: special ?? true });
  if (withPieces !== true) return { kind: 'json', body: { tokens } };
  const pieces = new Map<number, string>();
  for (const id of new Set(tokens)) {
    caller.signal.throwIfAborted();
    pieces.set(id, await opened.detokenize([id]));
  }
  return { kind: 'json', body: { tokens: tokens.map((id) => ({ id, piece: pieces.get(id) ?? '' })) } };
}

/** The model that answers is loaded for this: how long its context is, is known only then. */
async function answerProps(gateway: Gateway, caller: WireCall['caller'], version: string): Promise<WireAnswer> {
  const found = await gateway.find(undefined, 'chat');
  const { info } = await gateway.open(undefined, 'chat', caller);
  return {
    kind: 'json',
    body: {
      default_generation_settings: settingsOf({}, info.contextLength),
      total_slots: 1,
      model_alias: found.name,
      model_path: fileOf(found),
      modalities: { vision: false, audio: false },
      build_info: `nootropic-${version}`,
    },
  };
}

/** Of a path only its end: folders are nobody's business. */
function fileOf({ info, name }: GatewayModel): string {
  return info.ref.startsWith('file:') ? (info.ref.split(/[\\/]/u).at(-1) ?? name) : name;
}

async function answerRerank(gateway: Gateway, { body, caller }: WireCall): Promise<WireAnswer> {
  const asked = body as LlamacppRerank;
  const documents = asked.documents.map((document) => (typeof document === 'string' ? document : document.text));
  const { model, scores, tokens } = await gateway.rerank(
    { ...(asked.model && { model: asked.model }), query: asked.query, documents },
    caller,
  );
  const results = scores
    .map((score, index) => ({
      index,
      relevance_score: score,
      ...(asked.return_documents === true && { document: { text: documents[index] ?? '' } }),
    }))
    .sort((a, b) => b.relevance_score - a.relevance_score || a.index - b.index)
    .slice(0, asked.top_n ?? documents.length);
  return {
    kind: 'json',
    body: { object: 'list', model: model.name, usage: { prompt_tokens: tokens, total_tokens: tokens }, results },
    headers: { 'x-nootropic-model': encodeURI(model.name.toWellFormed()) },
  };
}
