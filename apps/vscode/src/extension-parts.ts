import type { Assistant } from '@nootropic/contracts';
import type { FaceCommand } from '@nootropic/ui';
import type { Disposable, ExtensionContext, LogOutputChannel, Uri } from 'vscode';
import type { SeenEvent } from './edits/turn-watch.ts';
import type { Endpoint, HostState } from './host/host-state.ts';

/** What each part of the extension is given when it is activated. Nothing of it costs anything before it is used. */
export interface Extension {
  readonly context: ExtensionContext;
  readonly output: LogOutputChannel;
  /**
   * The assistant of the host, which is started where none runs. The same value for as long as the extension lives: it finds the host again by itself.
   * Rejects with a `NootropicError` whose hint says what to do: `HOST_UNREACHABLE` where the program is not installed or does not start,
   * `HOST_RUNNING` where the versions do not match.
   */
  assistant(): Promise<Assistant>;
  /** Address and token of the host, and the program that found it. For what another program is told; the token must not come into a page, a log or a setting. */
  endpoint(): Promise<Endpoint>;
  /** Asks the host for a path of it, as `HostLink.fetch` does: the token goes along, and only to the host. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Calls `listener` with each event of a turn as it passes this window, whoever of it asked for the turn. See `createTurnWatch`. */
  onTurnEvent(listener: (seen: SeenEvent) => void): Disposable;
  /** Absolute path of the folder that holds the document, else of the first folder. `undefined` where none on the disk is open. */
  workspaceFolder(uri?: Uri): string | undefined;
  /** The host as it was seen last. Asking starts nothing. */
  readonly host: HostState;
  onHostChange(listener: (state: HostState) => void): Disposable;
  /** Whether the person trusts the workspace. Where not, nothing of it is believed and agents only plan. */
  readonly isTrusted: boolean;
  /** Shows an error with what to do about it, and writes it to the output. An abort is not shown. */
  tell(error: unknown): void;
  /** Shows the chat and gives it a command: a question with what belongs to it, a session, a view. */
  openChat(command?: FaceCommand): Promise<void>;
}
