import {
  modelAbilities,
  NootropicError,
  type ModelAbility,
  type ModelInfo,
  type ModelRole,
  type StoredModel,
} from '@nootropic/contracts';
import type { ModelPrice } from './metered-model.ts';

/** What a model must be able to do, in place of its name. */
export interface ModelNeeds {
  /** Tokens of context at least. */
  readonly context: number;
  readonly abilities: readonly ModelAbility[];
  readonly local: boolean;
  /** US dollars for a million written tokens at most. */
  readonly cost: number;
}

/** A model that could be had now, with what is known of it before it is loaded. */
export interface ModelOffer {
  readonly info: ModelInfo;
  readonly stored?: StoredModel;
  /** Absent where it is not known; a local model costs nothing. */
  readonly price?: ModelPrice | undefined;
}

const form = 'needs:context>=16000,tools,json-schema,infill,local,cost<=1';

/** What a role needs of a model whatever else is asked. */
const roleAbility: Readonly<Record<ModelRole, ModelAbility>> = {
  chat: 'generate',
  completion: 'infill',
  embedding: 'embed',
  reranking: 'rerank',
};

export function isNeeds(ref: string): boolean {
  return ref.startsWith('needs:');
}

/** Reads `needs:context>=16000,tools,local,cost<=1`. @throws NootropicError `MODEL_REF_INVALID`, naming the part that is not understood. */
export function parseNeeds(text: string, role: ModelRole): ModelNeeds {
  const needs = { context: 0, abilities: new Set<ModelAbility>([roleAbility[role]]), local: false, cost: Infinity };
  const parts = text
    .slice('needs:'.length)
    .split(',')
    .map((part) => part.trim());
  for (const part of parts) {
    const context = /^context\s*>=\s*(\d+)$/u.exec(part)?.[1];
    const cost = /^cost\s*<=\s*(\d+(?:\.\d+)?)$/u.exec(part)?.[1];
    const ability = modelAbilities.find((each) => each === part);
    if (context !== undefined) needs.context = Number(context);
    else if (cost !== undefined) needs.cost = Number(cost);
    else if (part === 'local') needs.local = true;
    else if (ability !== undefined) needs.abilities.add(ability);
    else
      throw new NootropicError('MODEL_REF_INVALID', `"${part}" in "${text}" is not understood. Write it like ${form}.`);
  }
  return { ...needs, abilities: [...needs.abilities] };
}

/**
 * The offers that meet all needs, best first: local before remote; then the larger share of right tool calls, as measured here; then the larger
 * file, since more weights answer better; then the longer context; then by name, so that the same offers give the same choice.
 */
export function offersThatMeet(offers: readonly ModelOffer[], needs: ModelNeeds): ModelOffer[] {
  return offers.filter((offer) => whatIsMissing(offer, needs).length === 0).sort(better);
}

/** Why an offer does not meet the needs, a few words each. */
export function whatIsMissing({ info, price }: ModelOffer, needs: ModelNeeds): string[] {
  const missing: string[] = [];
  for (const ability of needs.abilities) if (!info.can.includes(ability)) missing.push(`no ${ability}`);
  if (info.contextLength < needs.context)
    missing.push(info.contextLength === 0 ? 'context not known' : `context ${info.contextLength}`);
  if (needs.local && !info.local) missing.push('not local');
  const cost = info.local ? 0 : price?.written;
  if (Number.isFinite(needs.cost) && (cost === undefined || cost > needs.cost))
    missing.push(cost === undefined ? 'cost not known' : `costs ${cost}`);
  return missing;
}

/** Why this one of those that meet the needs. */
export function whyOffer({ info, stored }: ModelOffer, text: string): string {
  const measured = stored?.profile?.toolCalls;
  const facts = [
    info.local ? 'local' : 'on another machine',
    `context ${info.contextLength}`,
    ...(measured != null ? [`${Math.round(measured * 100)} % of its tool calls were right here`] : []),
  ];
  return `the best that meets ${text}: ${facts.join(', ')}`;
}

/** What a stored model can do by its role and what was measured; exact once it is loaded. */
export function storedOffer(stored: StoredModel): ModelOffer {
  const generates: ModelAbility[] = [
    'generate',
    'json-schema',
    ...(stored.profile?.toolCalls === null ? [] : (['tools'] as const)),
  ];
  const can: Readonly<Record<ModelRole, readonly ModelAbility[]>> = {
    chat: generates,
    completion: [...generates, 'infill'],
    embedding: ['embed'],
    reranking: ['rerank'],
  };
  const { ref, name, contextLength, role } = stored;
  return { info: { ref, name, can: can[role], contextLength, dimensions: 0, local: true }, stored };
}

function better(a: ModelOffer, b: ModelOffer): number {
  const of = ({ info, stored }: ModelOffer) => [
    info.local ? 1 : 0,
    stored?.profile?.toolCalls ?? 0,
    stored?.bytes ?? 0,
    info.contextLength,
  ];
  const [left, right] = [of(a), of(b)];
  for (const [index, value] of left.entries()) {
    const difference = (right[index] ?? 0) - value;
    if (difference !== 0) return difference;
  }
  return a.info.ref < b.info.ref ? -1 : 1;
}
