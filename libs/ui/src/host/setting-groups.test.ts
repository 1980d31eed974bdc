import type { Setting } from '@nootropic/contracts';
import { expect, it } from 'vitest';
import { foundSettings, groupsOf, schemaOf, shownValue } from './setting-groups.ts';

const setting = (key: string, value: unknown, layer: Setting['layer'] = 'default'): Setting => ({
  ...{ key, value, layer, layers: [], description: `What ${key} means.` },
});
const all = [
  setting('models.chat', undefined, 'unset'),
  setting('host.port', 4650),
  setting('models.gpu', 'off', 'user'),
];

it('groups by the first part of the key', () => {
  expect(groupsOf(all).map(({ name, settings }) => [name, settings.length])).toEqual([
    ['models', 2],
    ['host', 1],
  ]);
});

it('finds by key, description and value, and what was changed', () => {
  expect(foundSettings(all, 'PORT', false).map(({ key }) => key)).toEqual(['host.port']);
  expect(foundSettings(all, 'means 46', false).map(({ key }) => key)).toEqual(['host.port']);
  expect(foundSettings(all, '', true).map(({ key }) => key)).toEqual(['models.gpu']);
});

it('tells from a value how it is edited where there is no schema', () => {
  expect(schemaOf(setting('a', ['x']))).toEqual({ type: 'array', items: { type: 'string' } });
  expect(schemaOf(setting('a', [{ x: 1 }]))).toEqual({ type: 'object' });
  expect(schemaOf({ ...setting('a', 1), schema: { type: 'integer' } })).toEqual({ type: 'integer' });
  expect(shownValue(['a'])).toBe('["a"]');
});
