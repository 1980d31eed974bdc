import { agentModes, type AgentMode } from '@nootropic/contracts';
import type { ChatView } from './chat-view.ts';
import { onEdge, type Edit } from './line-editor.ts';

/** A key as the terminal reported it; the names are ink's. */
export interface ChatKey {
  readonly upArrow?: boolean;
  readonly downArrow?: boolean;
  readonly leftArrow?: boolean;
  readonly rightArrow?: boolean;
  readonly pageUp?: boolean;
  readonly pageDown?: boolean;
  readonly home?: boolean;
  readonly end?: boolean;
  readonly return?: boolean;
  readonly escape?: boolean;
  readonly tab?: boolean;
  readonly backspace?: boolean;
  readonly delete?: boolean;
  readonly ctrl?: boolean;
  readonly shift?: boolean;
  readonly meta?: boolean;
}

/** What a key means where it is pressed. */
export type Intent =
  | { readonly kind: 'edit'; readonly edit: Edit }
  | { readonly kind: 'submit' | 'interrupt' | 'leave' | 'mode' | 'unfold' | 'thoughts' | 'redraw' | 'none' }
  | { readonly kind: 'history'; readonly step: -1 | 1 }
  | { readonly kind: 'search'; readonly query: string; readonly skip: number }
  | { readonly kind: 'take-found' | 'close-panel' | 'take-choice' }
  | { readonly kind: 'choose'; readonly step: -1 | 1 }
  | { readonly kind: 'trust'; readonly yes: boolean }
  | { readonly kind: 'answer'; readonly decision: 'allow' | 'always' | 'deny'; readonly text?: string }
  | { readonly kind: 'deny-why' | 'keep-asking' | 'show-all' | 'deny-and-stop' }
  | { readonly kind: 'scroll'; readonly by: number };

const none: Intent = { kind: 'none' };

/** The meaning of a key, given what is on the screen. `armed`: whether a request for approval may be answered by a key yet. */
export function intentOf(
  input: string,
  key: ChatKey,
  { view, armed }: { readonly view: ChatView; readonly armed: boolean },
): Intent {
  if (key.ctrl === true && input === 'c') return { kind: 'leave' };
  if (view.panel.kind === 'trust') return armed ? trustIntent(input, key) : none;
  if (view.panel.kind === 'history') return searchIntent(input, key, view.panel);
  const ask = view.state.asks[0];
  if (ask !== undefined) {
    const intent = view.ask.denying ? reasonIntent(key, view) : askIntent(input, key, { view, armed });
    if (intent !== undefined) return intent;
  }
  return generalIntent(input, key, view);
}

function trustIntent(input: string, key: ChatKey): Intent {
  if (key.escape === true || /^n$/iu.test(input)) return { kind: 'trust', yes: false };
  return /^y$/iu.test(input) ? { kind: 'trust', yes: true } : none;
}

function searchIntent(
  input: string,
  key: ChatKey,
  { query, skip }: { readonly query: string; readonly skip: number },
): Intent {
  if (key.escape === true || (key.ctrl === true && input === 'g')) return { kind: 'close-panel' };
  if (key.return === true || key.tab === true || key.rightArrow === true) return { kind: 'take-found' };
  if (key.ctrl === true && input === 'r') return { kind: 'search', query, skip: skip + 1 };
  if (key.backspace === true) return { kind: 'search', query: query.slice(0, -1), skip: 0 };
  return key.ctrl === true || key.meta === true || input === ''
    ? none
    : { kind: 'search', query: query + input, skip: 0 };
}

function reasonIntent(key: ChatKey, view: ChatView): Intent | undefined {
  if (key.escape === true) return { kind: 'keep-asking' };
  return key.return === true && key.meta !== true
    ? { kind: 'answer', decision: 'deny', text: view.draft.text.trim() }
    : undefined;
}

/** Undefined: the key is for the line of input, as always. */
function askIntent(
  input: string,
  key: ChatKey,
  { view, armed }: { readonly view: ChatView; readonly armed: boolean },
): Intent | undefined {
  const ask = view.state.asks[0];
  if (ask === undefined || key.meta === true) return undefined;
  if (key.escape === true) return { kind: 'deny-and-stop' };
  const question = ask.action === 'question';
  if (view.ask.open || (!question && view.draft.text === '')) {
    const by =
      key.upArrow === true
        ? -1
        : key.downArrow === true
          ? 1
          : key.pageUp === true
            ? -10
            : key.pageDown === true
              ? 10
              : 0;
    if (by !== 0) return { kind: 'scroll', by };
  }
  if (key.ctrl === true) return undefined;
  // A person who is typing must not approve by a letter of a sentence.
  if (!armed || view.draft.text !== '') {
    if (question && armed && key.return === true)
      return { kind: 'answer', decision: 'allow', text: view.draft.text.trim() };
    return undefined;
  }
  if (question) {
    const option = /^[1-9]$/u.test(input) ? ask.options[Number(input) - 1] : undefined;
    return option === undefined ? undefined : { kind: 'answer', decision: 'allow', text: option };
  }
  switch (input.toLowerCase()) {
    case 'y':
      return { kind: 'answer', decision: 'allow' };
    case 'a':
      return ask.offer === undefined ? none : { kind: 'answer', decision: 'always' };
    case 'n':
      return { kind: 'deny-why' };
    case 'd':
      return { kind: 'show-all' };
    default:
      return undefined;
  }
}

function generalIntent(input: string, key: ChatKey, view: ChatView): Intent {
  const choosing = view.panel.kind === 'choices';
  if (key.escape === true) return { kind: choosing ? 'close-panel' : 'interrupt' };
  if (key.tab === true) return key.shift === true ? { kind: 'mode' } : { kind: choosing ? 'take-choice' : 'none' };
  if (key.return === true) {
    if (key.meta === true || key.shift === true) return { kind: 'edit', edit: { kind: 'insert', text: '\n' } };
    return { kind: 'submit' };
  }
  if (input === '\n') return { kind: 'edit', edit: { kind: 'insert', text: '\n' } };
  if (key.upArrow === true || key.downArrow === true) return vertical(key, view, choosing);
  const moving = movement(key);
  if (moving !== undefined) return { kind: 'edit', edit: moving };
  if (key.ctrl === true) return controlIntent(input);
  if (key.meta === true) return metaIntent(input);
  return input === '' ? none : { kind: 'edit', edit: { kind: 'insert', text: input } };
}

function vertical(key: ChatKey, view: ChatView, choosing: boolean): Intent {
  const up = key.upArrow === true;
  if (choosing) return { kind: 'choose', step: up ? -1 : 1 };
  if (onEdge(view.draft, up ? 'first' : 'last')) return { kind: 'history', step: up ? -1 : 1 };
  return { kind: 'edit', edit: { kind: up ? 'up' : 'down' } };
}

function movement(key: ChatKey): Edit | undefined {
  const far = key.ctrl === true || key.meta === true;
  if (key.leftArrow === true) return { kind: far ? 'word-left' : 'left' };
  if (key.rightArrow === true) return { kind: far ? 'word-right' : 'right' };
  if (key.home === true) return { kind: 'start' };
  if (key.end === true) return { kind: 'end' };
  if (key.backspace === true) return { kind: far ? 'delete-word' : 'backspace' };
  if (key.delete === true) return { kind: 'delete' };
  return undefined;
}

const controls: Readonly<Record<string, Intent>> = {
  a: { kind: 'edit', edit: { kind: 'start' } },
  e: { kind: 'edit', edit: { kind: 'end' } },
  b: { kind: 'edit', edit: { kind: 'left' } },
  f: { kind: 'edit', edit: { kind: 'right' } },
  h: { kind: 'edit', edit: { kind: 'backspace' } },
  w: { kind: 'edit', edit: { kind: 'delete-word' } },
  u: { kind: 'edit', edit: { kind: 'delete-to-start' } },
  k: { kind: 'edit', edit: { kind: 'delete-to-end' } },
  j: { kind: 'edit', edit: { kind: 'insert', text: '\n' } },
  p: { kind: 'history', step: -1 },
  n: { kind: 'history', step: 1 },
  r: { kind: 'search', query: '', skip: 0 },
  o: { kind: 'unfold' },
  t: { kind: 'thoughts' },
  l: { kind: 'redraw' },
  d: { kind: 'leave' },
};

function controlIntent(input: string): Intent {
  return controls[input] ?? none;
}

function metaIntent(input: string): Intent {
  if (input === 'b') return { kind: 'edit', edit: { kind: 'word-left' } };
  if (input === 'f') return { kind: 'edit', edit: { kind: 'word-right' } };
  return none;
}

/** The mode after this one; `auto` comes only by being named, since it asks for nothing any more. */
export function nextMode(mode: AgentMode): AgentMode {
  const round: readonly AgentMode[] = agentModes.filter((each) => each !== 'auto');
  return round[(round.indexOf(mode) + 1) % round.length] ?? 'ask';
}
