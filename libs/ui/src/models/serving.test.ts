import type { Setting } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import type { Listed } from './here-tab.tsx';
import { choicesFor, servingOf } from './serving.ts';

const stored = (name: string, role: 'chat' | 'completion', importedAt: number) =>
  ({ name, ref: `file:/m/${name}.gguf`, role, importedAt }) as Listed['stored'][number];
const can = (ref: string, abilities: readonly string[], local = true) =>
  ({ ref, name: ref, can: abilities, local }) as unknown as Listed['models'][number];
const listed: Listed = {
  chat: 'file:/m/new.gguf',
  stored: [stored('old', 'chat', 1), stored('new', 'chat', 2), stored('fim', 'completion', 1)],
  models: [
    can('openai:big', ['generate'], false),
    can('file:/m/new.gguf', ['generate']),
    can('file:/m/fim.gguf', ['generate', 'infill']),
    can('builtin:embedder', ['embed']),
  ],
};
const setting = (value: string, layer: Setting['layer']): Setting => ({
  key: 'models.chat',
  value,
  layer,
  layers: [],
  description: '',
});

describe('which model serves', () => {
  it('is the one that a person chose, else the one that the program takes', () => {
    expect(servingOf('chat', listed, undefined)).toEqual({ chosen: undefined, automatic: 'new' });
    expect(servingOf('chat', listed, setting('file:/m/old.gguf', 'user'))).toEqual({
      chosen: 'file:/m/old.gguf',
      automatic: 'new',
    });
    expect(servingOf('completion', listed, undefined).automatic).toBe('fim');
    expect(servingOf('completion', { ...listed, stored: listed.stored.slice(0, 2) }, undefined).automatic).toBe('new');
    expect(servingOf('embedding', listed, setting('builtin:embedder', 'default')).chosen).toBeUndefined();
    expect(servingOf('chat', { ...listed, chat: 'none' }, undefined).automatic).toBe('none');
  });

  it('offers what can serve, installed ones first, and keeps a choice that is gone', () => {
    expect(choicesFor('chat', listed, undefined).map(({ name }) => name)).toEqual(['new', 'fim', 'openai:big']);
    expect(choicesFor('embedding', listed, undefined).map(({ name }) => name)).toEqual(['builtin:embedder']);
    expect(choicesFor('chat', listed, 'ollama:gone').at(-1)?.name).toBe('ollama:gone');
  });
});
