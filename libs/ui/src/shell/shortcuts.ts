import type { ViewName } from '../ui-context.tsx';

export type ShortcutName = 'palette' | 'shortcuts' | 'new-chat' | 'question' | 'rail';

/** What a key pressed anywhere on the page asks for. */
export type Pressed = { readonly does: ShortcutName } | { readonly goes: ViewName } | { readonly begins: 'g' };

export interface KeyPress {
  readonly key: string;
  readonly mod: boolean;
  readonly alt: boolean;
  /** It goes into a field where somebody writes. */
  readonly writing: boolean;
}

/** After `g`, by letter. */
export const viewKeys: Readonly<Record<string, ViewName>> = {
  c: 'chat',
  f: 'code',
  m: 'models',
  u: 'changes',
  j: 'jobs',
  y: 'memory',
  t: 'metrics',
  e: 'egress',
  s: 'settings',
};

const single: Readonly<Record<string, ShortcutName>> = { '?': 'shortcuts', n: 'new-chat', '/': 'question' };
const withMod: Readonly<Record<string, ShortcutName>> = { k: 'palette', b: 'rail' };

/**
 * What a key means. Keys without Ctrl or Cmd mean nothing where somebody writes, and nothing at all where a person switched them off
 * (https://www.w3.org/TR/WCAG22/#character-key-shortcuts). `after`: the key before was a `g`.
 */
export function meaningOf(
  press: KeyPress,
  state: { readonly after: boolean; readonly singleKeys: boolean },
): Pressed | undefined {
  const { key, mod, alt, writing } = press;
  if (alt) return undefined;
  if (mod) return withMod[key] && { does: withMod[key] };
  if (writing || !state.singleKeys) return undefined;
  if (state.after) return viewKeys[key] && { goes: viewKeys[key] };
  if (key === 'g') return { begins: 'g' };
  return single[key] && { does: single[key] };
}
