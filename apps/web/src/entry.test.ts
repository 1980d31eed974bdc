import { describe, expect, it } from 'vitest';
import { readEntry } from './entry.ts';

function storage() {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
}

describe('readEntry', () => {
  it('reads token and workspace from the fragment, and again after a reload without it', () => {
    const tab = storage();
    const entry = { token: 'secret', workspace: '/home/a b/ä&c' };
    expect(readEntry(`#${new URLSearchParams(entry).toString()}`, tab)).toEqual(entry);
    expect(readEntry('', tab)).toEqual(entry);
  });

  it('has nothing to open without both', () => {
    expect(readEntry('#token=only', storage())).toBeUndefined();
    expect(readEntry('', storage())).toBeUndefined();
  });
});
