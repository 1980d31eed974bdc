import { expect, it } from 'vitest';
import { typedAt } from './composer-choices.ts';

it('knows what is asked for at the cursor', () => {
  expect(typedAt('look at @src/re and', 15)).toEqual({ kind: 'file', query: 'src/re', from: 8 });
  expect(typedAt('@', 1)).toEqual({ kind: 'file', query: '', from: 0 });
  expect(typedAt('/rev', 4)).toEqual({ kind: 'command', query: 'rev', from: 0 });
  expect(typedAt('mail me@example.org', 19)).toBeUndefined();
  expect(typedAt('and /rev', 8)).toBeUndefined();
  expect(typedAt('@done ', 6)).toBeUndefined();
});
