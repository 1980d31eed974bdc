import { NootropicError, type AgentMode } from '@nootropic/contracts';
import { emptyChat, withItems, type ChatState } from './chat-state.ts';
import type { ChatView } from './chat-view.ts';
import { emptyDraft } from './line-editor.ts';

/** What the chat is now, and who wants to know when that changes. */
export interface ChatStore {
  view(): ChatView;
  subscribe(listener: () => void): () => void;
  change(next: Partial<ChatView>): void;
  changeState(state: ChatState): void;
  /** Shows Markdown for good. */
  say(markdown: string): void;
  fail(error: unknown): void;
  /** Whether a key may answer what is asked: it was not asked, and no other key came, a moment ago. Each call counts as a key. */
  armed(): boolean;
  /** Something is asked from now on. */
  disarm(): void;
}

/** A key that comes sooner after a question appeared, or after another key, was not meant for it; in milliseconds. */
const armingMs = 400;

export interface ChatStoreOptions {
  readonly mode: AgentMode;
  readonly model?: string | undefined;
  readonly agent?: string | undefined;
  readonly now: () => number;
}

export function createChatStore({ mode, model, agent, now }: ChatStoreOptions): ChatStore {
  const listeners = new Set<() => void>();
  let quietSince = 0;
  let view: ChatView = {
    state: emptyChat,
    draft: emptyDraft,
    pasted: [],
    panel: { kind: 'none' },
    ask: { open: false, scroll: 0, denying: false },
    mode,
    model,
    agent,
    window: undefined,
    trusted: undefined,
    sandbox: undefined,
    queued: [],
    flash: '',
    stopping: false,
    history: [],
    closed: false,
  };

  function change(next: Partial<ChatView>): void {
    view = { ...view, ...next };
    for (const listener of listeners) listener();
  }

  function changeState(state: ChatState): void {
    if (state.asks[0]?.requestId === view.state.asks[0]?.requestId) return change({ state });
    quietSince = now();
    change({ state, ask: { open: false, scroll: 0, denying: false } });
  }

  return {
    view: () => view,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    change,
    changeState,
    say: (text) => changeState(withItems(view.state, [{ kind: 'local', text }])),
    fail: (error) => {
      const { code, message, hint } = NootropicError.from(error);
      changeState(withItems(view.state, [{ kind: 'error', code, message, hint }]));
    },
    armed: () => {
      const armed = now() - quietSince >= armingMs;
      quietSince = armed ? -Infinity : now();
      return armed;
    },
    disarm: () => {
      quietSince = now();
    },
  };
}
