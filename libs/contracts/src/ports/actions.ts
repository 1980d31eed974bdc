import type { AgentMode } from '../permissions.ts';
import type { TurnEventBody } from '../events.ts';
import type { FileWrite } from './journal.ts';

export interface ChangeRequest {
  readonly callId: string;
  /** The tool that asks: `edit`, `write`. */
  readonly tool: string;
  readonly files: readonly FileWrite[];
  /** In a few words, for the history: `edit parseFlags in src/flags.ts`. */
  readonly label: string;
}

export interface ChangeOutcome {
  /** Written, and every check that could be made of it passed. */
  readonly ok: boolean;
  /** `refused`: nothing was written. `reverted`: it was, and was taken back after it failed its checks for the last time. */
  readonly state: 'written' | 'failed-checks' | 'reverted' | 'refused';
  /** What the model is told: that it is done, who refused and why, or the words of the judge and what to do next. */
  readonly content: string;
}

export interface CommandRequest {
  readonly callId: string;
  /** A line for `sh`; it is parsed, and every command in it judged, before anything runs. */
  readonly line: string;
  /** Relative to the root. Default the root. */
  readonly cwd?: string;
  /** Default 120 000. */
  readonly timeoutMs?: number;
}

export interface CommandOutcome {
  readonly ok: boolean;
  readonly state: 'ran' | 'refused' | 'timed-out';
  readonly exitCode: number | null;
  /** What the model is told: exit code and output, its beginning and its end, and which files it changed. */
  readonly content: string;
}

/**
 * What an agent may do beyond reading. Every act is judged by the rules and the mode, put before a person where they say so, run in the sandbox,
 * recorded for undo and checked afterwards; a tool only says what it wants. The events that an act makes - requests for approval and their
 * answers, changed files, results of checks, progress - are yielded while it goes on, and the outcome is returned.
 *
 * A refusal and a failed check are outcomes. Only an abort is thrown (`ABORTED`), and what cannot be recorded (`DISK_FULL`).
 */
export interface Actions {
  readonly mode: AgentMode;
  /**
   * A file as it is on the disk, line endings and byte order mark included, with the SHA-256 of its bytes in hex, for `expects`; `undefined` where there
   * is none. Rejects as `Knowledge.read` does, and with `INPUT_INVALID` for what is no text.
   */
  source(path: string): Promise<{ readonly text: string; readonly hash: string } | undefined>;
  change(request: ChangeRequest): AsyncGenerator<TurnEventBody, ChangeOutcome>;
  run(request: CommandRequest): AsyncGenerator<TurnEventBody, CommandOutcome>;
  /** Asks the person something; `undefined` where nobody is there to answer. */
  ask(question: {
    readonly callId: string;
    readonly text: string;
    readonly options?: readonly string[];
  }): AsyncGenerator<TurnEventBody, string | undefined>;
  /** Fetches a page as plain text, where that is switched on and the host is permitted. */
  fetch(request: {
    readonly callId: string;
    readonly url: string;
  }): AsyncGenerator<TurnEventBody, { readonly ok: boolean; readonly content: string }>;
  /** Calls a tool of another program, where the user permits it. Absent: there are none. */
  call?(request: {
    readonly callId: string;
    /** As `OutsideTools` names it. */
    readonly name: string;
    readonly arguments: Readonly<Record<string, unknown>>;
  }): AsyncGenerator<TurnEventBody, { readonly ok: boolean; readonly content: string }>;
  /** Keeps a fact about this workspace for later turns, with where it comes from. */
  remember(fact: {
    readonly callId: string;
    readonly text: string;
    readonly paths?: readonly string[];
  }): AsyncGenerator<TurnEventBody, { readonly ok: boolean; readonly content: string }>;
}
