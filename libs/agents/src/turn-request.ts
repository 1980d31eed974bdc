import type { Actions, CallOptions, Knowledge, Message, Model, TokenCounts } from '@nootropic/contracts';
import type { Agent, Passes } from './agent.ts';
import type { EditFormat } from './edit-formats.ts';
import type { SkillShelf, Tool } from './tool.ts';

export interface TurnLimits {
  /** Tokens that one answer of the model may have. */
  readonly maxTokens: number;
  /** Times that tools may be called. */
  readonly maxSteps: number;
  /** Characters that what the turn adds to the prompt - calls and their results - may have. */
  readonly characters: number;
  /** Tokens that all answers of the turn together may have. Default: no limit. */
  readonly turnTokens?: number;
}

/** All that one run of the loop works with. */
export interface TurnRequest {
  /** What the model may call, in the order in which its prompt names them. To a model without the ability `tools` they are described in the system message. */
  readonly tools: readonly Tool[];
  /** Those of the tools that `messages` announces: they are not written into the beginning of the prompt again. */
  readonly announcedTools?: readonly string[];
  readonly model: Model;
  readonly knowledge: Knowledge;
  /** The whole prompt so far; the loop only adds to it. */
  readonly messages: readonly Message[];
  readonly limits: TurnLimits;
  /** What the agent may do beyond reading. Absent: a question is answered; nothing acts, and the turn is never compacted. */
  readonly actions?: Actions;
  /** Events of the session so far, those of this turn included: what was read, the plan, tools that were found. Default: none. */
  readonly earlier?: readonly { readonly type: string }[];
  /** How this model writes changes down. Default `search-replace`. */
  readonly format?: EditFormat;
  readonly skills?: SkillShelf;
  /** Tools that `find-tools` looks in. Default: none. */
  readonly furtherTools?: readonly Tool[];
  /** Personas that `task` may run, besides the agent itself. Default: none. */
  readonly personas?: readonly Agent[];
  /** Questions that follow the one asked; the turn ends after the last of them. Default: none. */
  readonly passes?: Passes;
  /** Paths of all files that are there, asked before each answer: a runtime that writes calls under a grammar lets the model name no others. None: any may be named. Default: none. */
  readonly existing?: () => Promise<readonly string[]>;
  /** Messages that arrived since it was last asked; asked between two steps. Default: none ever. */
  readonly steered?: () => readonly string[];
  /** Tokens that the model may think before each answer. Default: with `actions` and a model of this machine half of `limits.maxTokens`, else as many as it likes. */
  readonly thinkingTokens?: number;
  /** Characters for each token of this model, for what a compaction says. Default 3. */
  readonly perToken?: number;
  /** Who asks, and in which conversation; goes with every call of the model. */
  readonly call?: Pick<CallOptions, 'client' | 'session'>;
  /** Ids of calls that were read from text, and of sub-agents. Default: random. */
  readonly makeId?: () => string;
  readonly signal?: AbortSignal;
}

export interface TurnOutcome {
  readonly reason: 'done' | 'length' | 'steps' | 'stuck' | 'aborted';
  /** All text shown, joined. */
  readonly text: string;
  /** What was said last: the answer without what was said on the way. */
  readonly answer: string;
  /** Sums over all calls of the model. */
  readonly tokens: TokenCounts;
}
