import type { CompletionEvent, CompletionInput, CompletionReport } from '@nootropic/contracts';

/** Where the cursor is, in a document as the editor has it at this moment. */
export interface TypingPlace {
  /** Absolute path of the folder that is open. */
  readonly workspace: string;
  /** Of the document, relative to the workspace, with `/`. It need not be saved. */
  readonly path: string;
  /** The editor's name of the language: `typescript`, `python`. It decides what a comment is. */
  readonly language: string;
  /** The editor's version of the document; it grows with each change. */
  readonly version: number;
  /** All text before the cursor. */
  readonly prefix: string;
  /** All text after the cursor. */
  readonly suffix: string;
  /** Whether something is selected, or there are several cursors: then nothing is suggested. Default false. */
  readonly selecting?: boolean;
  /** What was written elsewhere lately, newest first. Default: nothing. */
  readonly edits?: CompletionInput['edits'];
}

/** A change of a document, told as soon as the editor tells it: what does not go on from what is shown is cancelled at once. */
export interface TypingChange {
  readonly path: string;
  /** Of the document after the change. */
  readonly version: number;
  /** Characters that were taken away. */
  readonly removed: number;
  /** What was put in their place; of several changes at once, that of the last, with `several`. */
  readonly inserted: string;
  /** Several places changed at once, or it was undo or redo: nothing can be reused. Default false. */
  readonly several?: boolean;
}

export interface TypingSettings {
  /** Default true. */
  readonly enabled: boolean;
  /** Languages, as the editor names them, in which nothing is suggested by itself. Default none. */
  readonly languagesOff: readonly string[];
  /** Whether comments are completed too. Default true. */
  readonly inComments: boolean;
  /** Default `auto`: many lines where a block begins or the line is empty. */
  readonly lines: CompletionInput['lines'];
  /** Milliseconds without a key before a model is asked: at least, and at most where its answers take long. Default 20 and 250. */
  readonly debounceMs: { readonly least: number; readonly most: number };
  /** Whether what comes next is computed while a suggestion is looked at. Default true. */
  readonly ahead: boolean;
}

/** Why nothing is shown. `text` of a {@link TypingState} says it in a sentence for a person. */
export const typingReasons = [
  'off',
  'language-off',
  'comment',
  'selecting',
  'deleting',
  'middle-of-word',
  'too-long',
  'stale',
  'waiting',
  'nothing',
  'no-host',
  'no-model',
  'left-out',
  'busy',
  'failed',
] as const;
export type TypingReason = (typeof typingReasons)[number];

export interface Suggestion {
  /** The same while the person types what it says, so that it is counted once. */
  readonly id: string;
  /** What to insert at the cursor; it replaces nothing. Never empty. */
  readonly text: string;
  /** `cache`: it was known. `running`: a generation that was under way says it. `asked`: a model was asked for it. */
  readonly from: 'cache' | 'running' | 'asked';
  /** False while the model goes on: `onMore` tells when there is more to show. */
  readonly whole: boolean;
  readonly model: string;
  /** Milliseconds from the call of `suggest` until it was known. */
  readonly tookMs: number;
}

export type TypingAnswer =
  | { readonly kind: 'suggestion'; readonly suggestion: Suggestion }
  | { readonly kind: 'none'; readonly reason: TypingReason; readonly text: string };

/** For a status bar. */
export type TypingState =
  | { readonly state: 'idle' }
  /** A model is asked, since so long ago in milliseconds. */
  | { readonly state: 'asking'; readonly since: number }
  | { readonly state: 'shown'; readonly suggestion: Suggestion }
  | { readonly state: 'none'; readonly reason: TypingReason; readonly text: string };

export interface TypingOptions {
  /** `assistant.completions.complete`. */
  readonly complete: (
    input: CompletionInput,
    options: { readonly signal: AbortSignal },
  ) => Promise<AsyncIterable<CompletionEvent>>;
  /** Names this program for the host, which runs one completion of it at a time. A few words, the same each time. Default `editor`. */
  readonly editor?: string;
  /** Asked each time, so that a change of them holds at once. What is left out has its default. */
  readonly settings?: () => Partial<TypingSettings>;
  /** The text of an open document now, to see what is left of what was accepted. Default: never known. */
  readonly textOf?: (workspace: string, path: string) => string | undefined;
  readonly onState?: (state: TypingState) => void;
  /** More of the shown suggestion has come, or one that nobody waited for any more: calling `suggest` again gives it at once. */
  readonly onMore?: (suggestion: Suggestion) => void;
  /** Milliseconds. Default `performance.now`. */
  readonly now?: () => number;
  /** Runs something once after so many milliseconds; what it gives cancels that. Default: `setTimeout`. */
  readonly setTimer?: (run: () => void, ms: number) => () => void;
}

/** Counts since the last `takeReport`. */
export interface TypingReport extends CompletionReport {
  /** Accepted characters that were still there after five minutes; `retainedCharacters` are those after 30 seconds. */
  readonly keptCharacters: number;
}

/**
 * Suggestions while somebody types, for any editor. An editor tells each change (`changed`) and asks for each place of the cursor (`suggest`);
 * all else is decided here: what is known already, when a model is asked and when not, what is stopped, and what is computed ahead.
 *
 * What `suggest` gives always goes on from the very place it was asked for.
 */
export interface Typing {
  /**
   * What to show at this place. Answers at once where it is known (from the cache, or by a generation under way that says what was typed);
   * else a model is asked after the debounce. A later call, or a change that does not go on from it, ends an earlier one with `stale`. Never rejects.
   * `asked`: the person called for it, so nothing is waited for and no setting stands in the way. Default false.
   */
  suggest(
    place: TypingPlace,
    options?: { readonly signal?: AbortSignal; readonly asked?: boolean },
  ): Promise<TypingAnswer>;
  /** A key was pressed. Call it before anything else for each change of a document; it takes microseconds. */
  changed(change: TypingChange): void;
  /**
   * The person took a part of what is shown: gives the text to insert, and counts it. Default `all`. `text`, where the editor inserted a part of its own choice,
   * wins. Gives nothing where that suggestion is no longer shown.
   */
  accept(id: string, part?: SuggestionPart, text?: string): string;
  /** The person sent it away; it is not shown again at this place. */
  dismiss(id: string): void;
  /** A document was opened, or the cursor rests in another place: lets the model read what is around it, behind everything else. */
  warm(place: TypingPlace): void;
  /** Ends what runs, without forgetting what is known: another editor has the focus. */
  rest(): void;
  readonly state: TypingState;
  /** For `assistant.completions.report`. */
  takeReport(): TypingReport;
  [Symbol.dispose](): void;
}

export type SuggestionPart = 'word' | 'line' | 'all';
