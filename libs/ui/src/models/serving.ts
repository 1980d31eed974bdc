import type { ModelAbility, ModelRole, Setting } from '@nootropic/contracts';
import type { Listed } from './here-tab.tsx';

export interface Served {
  /** The reference that a person chose; `undefined` where the program chooses. */
  readonly chosen: string | undefined;
  /** The name of the model that the program would choose, where that can be told. */
  readonly automatic: string | undefined;
}

/** Which model serves a role. Without a setting: for chat the newest installed one, for completion one made for it, else the one that answers. */
export function servingOf(role: ModelRole, listed: Listed, setting: Setting | undefined): Served {
  const set = setting !== undefined && setting.layer !== 'default' && setting.layer !== 'unset';
  const chosen = set && typeof setting.value === 'string' ? setting.value : undefined;
  const nameOf = (ref: string): string => listed.stored.find((model) => model.ref === ref)?.name ?? ref;
  const newest = (wanted: ModelRole) =>
    listed.stored
      .filter((model) => model.role === wanted)
      .toSorted((one, other) => other.importedAt - one.importedAt)[0];
  const answers = listed.chat === '' || listed.chat === 'none' ? undefined : nameOf(listed.chat);
  switch (role) {
    case 'chat':
      return { chosen, automatic: chosen === undefined ? (answers ?? 'none') : newest('chat')?.name };
    case 'completion':
      return { chosen, automatic: newest('completion')?.name ?? answers };
    case 'embedding':
      return { chosen, automatic: 'builtin:embedder' };
    default:
      return { chosen, automatic: 'none' };
  }
}

const needs: Record<ModelRole, ModelAbility> = {
  chat: 'generate',
  completion: 'generate',
  embedding: 'embed',
  reranking: 'rerank',
};

export interface Choice {
  readonly ref: string;
  readonly name: string;
  readonly local: boolean;
}

/** The models that could serve a role, installed ones first, and the one that was chosen, though it may be gone. */
export function choicesFor(role: ModelRole, { models, stored }: Listed, chosen: string | undefined): Choice[] {
  const able = models.filter(({ can }) => can.includes(needs[role]));
  const names = new Map(stored.map(({ ref, name }) => [ref, name]));
  const choices = able.map(({ ref, name, local }) => ({ ref, name: names.get(ref) ?? name, local }));
  const missing = chosen !== undefined && !choices.some(({ ref }) => ref === chosen);
  return [
    ...choices.toSorted((one, other) => Number(names.has(other.ref)) - Number(names.has(one.ref))),
    ...(missing ? [{ ref: chosen, name: names.get(chosen) ?? chosen, local: true }] : []),
  ];
}
