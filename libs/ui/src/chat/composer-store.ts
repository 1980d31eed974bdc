import { agentModes, type AgentMode, type Attachment } from '@nootropic/contracts';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Face } from '../face.ts';

export type ComposerMode = AgentMode | 'question';
export const composerModes = ['question', ...agentModes] as const;

/** What a person is about to send, and how. */
export interface ComposerState {
  /** By session; `new` for the one that is not begun. */
  readonly drafts: Readonly<Record<string, string>>;
  readonly attachments: readonly Attachment[];
  readonly mode: ComposerMode;
  /** A model reference; empty: the usual one. */
  readonly model: string;
  /** A persona; empty: the usual agent. */
  readonly agent: string;
  /** What was sent lately, oldest first. */
  readonly sent: readonly string[];
}

export interface Composer {
  readonly store: StoreApi<ComposerState>;
  write(session: string, text: string): void;
  attach(attachments: readonly Attachment[]): void;
  detach(attachment: Attachment): void;
  choose(choice: Partial<Pick<ComposerState, 'mode' | 'model' | 'agent'>>): void;
  /** Empties it, and remembers what was sent. */
  clear(session: string, text: string): void;
}

const writeMs = 400;
const soon = (run: () => void): unknown => setTimeout(run, writeMs);
const mostSent = 50;
const mostDrafts = 30;

/** Kept for the page: drafts, the chosen mode, model and agent, and what was sent lately. Attachments are not kept: what they hold may be secret, or large. */
export function createComposer(keep: Face['keep'], later: (run: () => void) => void = soon): Composer {
  const store = createStore<ComposerState>()(() => ({ ...readKept(keep.read('composer')), attachments: [] }));
  let isWriting = false;
  const set = (change: Partial<ComposerState>): void => {
    store.setState(change);
    if (isWriting) return;
    isWriting = true;
    // Writing to the disk with every key would be felt.
    later(() => {
      isWriting = false;
      const { drafts, mode, model, agent, sent } = store.getState();
      keep.write('composer', { drafts, mode, model, agent, sent });
    });
  };
  const withDraft = (session: string, text: string): ComposerState['drafts'] => {
    const others = Object.entries(store.getState().drafts).filter(([key]) => key !== session);
    return Object.fromEntries(text === '' ? others : [...others.slice(-mostDrafts), [session, text]]);
  };
  return {
    store,
    write: (session, text) => set({ drafts: withDraft(session, text) }),
    attach: (added) => store.setState(({ attachments }) => ({ attachments: [...attachments, ...added] })),
    detach: (gone) =>
      store.setState(({ attachments }) => ({ attachments: attachments.filter((each) => each !== gone) })),
    choose: (choice) => set(choice),
    clear(session, text) {
      const sent = [...store.getState().sent.filter((each) => each !== text), text].slice(-mostSent);
      set({ drafts: withDraft(session, ''), sent, attachments: [] });
    },
  };
}

/** What was kept may be of another version, or written by somebody else. */
function readKept(kept: unknown): Omit<ComposerState, 'attachments'> {
  const value = (typeof kept === 'object' && kept !== null ? kept : {}) as Record<string, unknown>;
  const text = (key: string): string => (typeof value[key] === 'string' ? value[key] : '');
  const { drafts, sent } = value;
  return {
    drafts:
      typeof drafts === 'object' && drafts !== null
        ? Object.fromEntries(
            Object.entries(drafts).filter((each): each is [string, string] => typeof each[1] === 'string'),
          )
        : {},
    mode: composerModes.find((mode) => mode === value['mode']) ?? 'question',
    model: text('model'),
    agent: text('agent'),
    sent: Array.isArray(sent) ? sent.filter((each): each is string => typeof each === 'string').slice(-mostSent) : [],
  };
}
