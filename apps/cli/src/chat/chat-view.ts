import type { AgentMode, Assistant } from '@nootropic/contracts';
import type { ChatState } from './chat-state.ts';
import type { Draft } from './line-editor.ts';

export type Customizations = Awaited<ReturnType<Assistant['trust']['show']>>;

/** One thing that could stand where the cursor is. */
export interface Choice {
  readonly text: string;
  readonly about: string;
}

/** What lies over the line of input, and takes its keys. */
export type Panel =
  | { readonly kind: 'none' }
  /** May what the folder holds for agents count? */
  | { readonly kind: 'trust'; readonly found: Customizations }
  | { readonly kind: 'choices'; readonly choices: readonly Choice[]; readonly at: number; readonly from: number }
  /** Looking through what was said before; `skip`: how many finds to pass over. */
  | { readonly kind: 'history'; readonly query: string; readonly skip: number };

/** How the request for approval that is on top is looked at. */
export interface AskPanel {
  /** Whether all of it is shown, and from which line on. */
  readonly open: boolean;
  readonly scroll: number;
  /** Whether the reason of a denial is being typed. */
  readonly denying: boolean;
}

/** A text that was pasted: the draft holds its name, the turn gets the text. */
export interface Pasted {
  readonly name: string;
  readonly text: string;
}

/** Everything that is on the screen. */
export interface ChatView {
  readonly state: ChatState;
  readonly draft: Draft;
  readonly pasted: readonly Pasted[];
  readonly panel: Panel;
  readonly ask: AskPanel;
  readonly mode: AgentMode;
  readonly model: string | undefined;
  readonly agent: string | undefined;
  /** Tokens that the model reads at most; undefined where that is not known. */
  readonly window: number | undefined;
  readonly trusted: boolean | undefined;
  /** Whether commands run in a sandbox; undefined until one told. */
  readonly sandbox: boolean | undefined;
  /** Messages that wait until the agent reads them. */
  readonly queued: readonly string[];
  /** A remark below the input, until the next key. */
  readonly flash: string;
  /** The turn was told to stop and has not stopped yet. */
  readonly stopping: boolean;
  readonly history: readonly string[];
  /** The chat is over: nothing but the transcript stays. */
  readonly closed: boolean;
}

/** What the history holds for a query: the newest that contains it, after so many were passed over. */
export function foundInHistory(history: readonly string[], query: string, skip: number): string | undefined {
  if (query === '') return undefined;
  const wanted = query.toLowerCase();
  return [...new Set(history.toReversed())].filter((text) => text.toLowerCase().includes(wanted))[skip];
}
