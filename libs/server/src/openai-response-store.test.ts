import type { OpenaiResponse } from '@nootropic/contracts';
import { expect, it } from 'vitest';
import { createResponseStore, type KeptResponse } from './openai-response-store.ts';

const kept = (id: string, characters = 0): KeptResponse => ({
  response: { id } as OpenaiResponse,
  items: [],
  messages: [{ role: 'user', content: 'x'.repeat(characters) }],
});

it('keeps the newest responses, as many and as long as there is room for', () => {
  const store = createResponseStore();
  for (let at = 0; at < 600; at += 1) store.keep('a', kept(`r${at}`));
  expect(() => store.get('a', 'r0')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  expect(store.get('a', 'r599').response.id).toBe('r599');
  store.keep('a', kept('long', 31_999_000));
  expect(store.get('a', 'long').response.id).toBe('long');
  expect(() => store.get('a', 'r599')).not.toThrow();
  expect(() => store.get('a', 'r100')).toThrow();
  store.keep('a', kept('too-long', 40_000_000));
  expect(() => store.get('a', 'too-long')).toThrow();
});

it('gives a client its own responses alone', () => {
  const store = createResponseStore();
  store.keep('a', kept('r'));
  expect(() => store.get('b', 'r')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  expect(() => store.remove('b', 'r')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  store.remove('a', 'r');
  expect(() => store.get('a', 'r')).toThrow();
});
