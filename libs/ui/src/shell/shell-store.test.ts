import { NootropicError } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { readAddress, writeAddress } from './address.ts';
import { createShell } from './shell-store.ts';
import { meaningOf } from './shortcuts.ts';

function shell(kept: Record<string, unknown> = { tour: 'seen' }, hash = '') {
  const timers: (() => void)[] = [];
  const location = { hash };
  const made = createShell({
    keep: { read: (key) => kept[key], write: (key, value) => void (kept[key] = value) },
    location,
    tours: true,
    setTimer: (run) => timers.push(run),
  });
  return { ...made, kept, timers, location };
}

describe('createShell', () => {
  it('goes to a view and a place, and says so in the address', () => {
    const { go, location, store } = shell();
    go('code', { path: 'src/a b.ts', line: '3' });
    expect(readAddress(location.hash)).toEqual(store.getState().address);
    expect(location.hash).toBe('#code?path=src%2Fa+b.ts&line=3');
  });

  it('keeps the theme and the folded navigation, and takes nothing odd for one', () => {
    const { setTheme, setRail, kept } = shell();
    setTheme('dark');
    setRail(false);
    expect(shell(kept).store.getState()).toMatchObject({ theme: 'dark', railOpen: false, overlay: undefined });
    expect(shell({ theme: 'pink' }).store.getState()).toMatchObject({ theme: 'system', overlay: 'tour' });
  });

  it('lets a message go by itself, and an error only by hand', () => {
    const { toast, store, timers, dismiss } = shell();
    toast({ text: 'done', error: undefined, action: undefined });
    toast({ text: 'bad', error: new NootropicError('INTERNAL'), action: undefined });
    expect(timers).toHaveLength(1);
    timers[0]?.();
    const [left] = store.getState().toasts;
    expect(left?.text).toBe('bad');
    dismiss(left?.id ?? 0);
    expect(store.getState().toasts).toEqual([]);
  });
});

it('reads any address, and takes what names no view for the chat', () => {
  expect(readAddress('')).toEqual({ view: 'chat', place: {} });
  expect(readAddress('#nowhere?x=1')).toEqual({ view: 'chat', place: {} });
  expect(readAddress(writeAddress({ view: 'jobs', place: { id: '&=?#' } }))).toEqual({
    view: 'jobs',
    place: { id: '&=?#' },
  });
});

describe('meaningOf', () => {
  const press = { key: 'n', mod: false, alt: false, writing: false };
  const state = { after: false, singleKeys: true };
  it('takes single keys for words where somebody writes, and for nothing where they are switched off', () => {
    expect(meaningOf(press, state)).toEqual({ does: 'new-chat' });
    expect(meaningOf({ ...press, writing: true }, state)).toBeUndefined();
    expect(meaningOf(press, { ...state, singleKeys: false })).toBeUndefined();
    expect(meaningOf({ ...press, key: 'k', mod: true, writing: true }, state)).toEqual({ does: 'palette' });
    expect(meaningOf({ ...press, key: 'k', mod: true, alt: true }, state)).toBeUndefined();
  });
  it('goes to a view with g and its letter', () => {
    expect(meaningOf({ ...press, key: 'g' }, state)).toEqual({ begins: 'g' });
    expect(meaningOf({ ...press, key: 'm' }, { ...state, after: true })).toEqual({ goes: 'models' });
    expect(meaningOf({ ...press, key: 'm' }, state)).toBeUndefined();
  });
});
