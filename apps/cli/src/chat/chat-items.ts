import type { AgentMode, Citation, Usage } from '@nootropic/contracts';

/** What stands in the transcript of a chat. An item never changes once it is there, so that a terminal prints it once. */
export type ChatItem =
  | {
      readonly kind: 'user';
      readonly text: string;
      readonly mode?: AgentMode | undefined;
      readonly attached: readonly string[];
    }
  /** A plan when it was made; how far it is, is told elsewhere. */
  | { readonly kind: 'plan'; readonly steps: readonly string[] }
  /** What the person said while the agent worked. */
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly language: string; readonly text: string; readonly first: boolean }
  /** Folded reasoning. */
  | { readonly kind: 'thought'; readonly text: string }
  | CallItem
  | {
      readonly kind: 'agent';
      readonly name: string;
      readonly text: string;
      readonly state: 'started' | 'done' | 'failed';
    }
  | { readonly kind: 'note'; readonly level: 'info' | 'warning'; readonly text: string }
  | { readonly kind: 'sources'; readonly citations: readonly Citation[] }
  | {
      readonly kind: 'end';
      readonly remark: string;
      readonly usage: Usage;
      readonly model: string;
      readonly changes: TurnChanges;
    }
  | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly hint: string }
  /** What the chat itself says, in Markdown: the answer to a slash command. */
  | { readonly kind: 'local'; readonly text: string }
  | InnerItem;

/** What happens inside of a call of a tool. */
export type InnerItem =
  | {
      readonly kind: 'change';
      readonly path: string;
      readonly change: 'created' | 'modified' | 'deleted' | 'renamed';
      readonly from?: string | undefined;
      readonly added: number;
      readonly removed: number;
    }
  /** What a person was asked, and said. */
  | { readonly kind: 'asked'; readonly question: string; readonly answer: string }
  | { readonly kind: 'check'; readonly name: string; readonly ok: boolean; readonly output: string }
  /** A unified diff, of which so many lines are shown at most. */
  | { readonly kind: 'diff'; readonly text: string; readonly most: number }
  | { readonly kind: 'lesson'; readonly text: string };

/** A call of a tool on one line, with its result folded behind it. */
export interface CallItem {
  readonly kind: 'call';
  readonly name: string;
  readonly about: string;
  /** `cut`: the turn ended before the call did. */
  readonly state: 'ok' | 'failed' | 'cut';
  readonly content: string;
  readonly inner: readonly InnerItem[];
  /** A person typed it, and so wants to see what came of it. */
  readonly typed?: boolean;
}

/** What a turn left behind. */
export interface TurnChanges {
  readonly turnId: string;
  readonly files: readonly { readonly path: string; readonly added: number; readonly removed: number }[];
  readonly checks: { readonly passed: number; readonly failed: number };
}
