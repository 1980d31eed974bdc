import type { AgentMode } from '@nootropic/contracts';

/** What surrounds the page: a browser tab, a window of its own, or an editor. What a face cannot do is left out, and then not offered. */
export interface Face {
  readonly kind: 'browser' | 'window' | 'editor';
  /** Shows a file at a line outside of the page, in an editor. Unset: the page shows it itself. */
  readonly openFile?: (place: { readonly path: string; readonly line?: number }) => void;
  /** Opens an address outside of the page, after a person has confirmed it. Unset: links are shown as text. */
  readonly openLink?: (url: string) => void;
  /** Offers a text as a file to keep. */
  readonly saveText: (file: { readonly name: string; readonly text: string }) => void;
  /** Lets a person choose a folder; `undefined` where they do not. */
  readonly pickFolder?: () => Promise<string | undefined>;
  /** Where the page can be left. */
  readonly signOut?: () => void;
  /** Tells a person who looks elsewhere that something waits for them. */
  readonly notify?: (message: { readonly title: string; readonly text: string }) => void;
  /** What an editor has at hand to send along: its selection, its problems, its terminal. Each is offered by its title. */
  readonly attachables?: () => Promise<readonly Attachable[]>;
  /** Calls `listener` when the app asks for something: a menu, a shortcut of the system, a deep link. Gives what ends it. */
  readonly onCommand?: (listener: (command: FaceCommand) => void) => () => void;
  /** What was kept for this page: the open view, drafts, the theme. Values are JSON. */
  readonly keep: {
    read(key: string): unknown;
    write(key: string, value: unknown): void;
  };
}

/** Something an editor can attach, as the assistant takes it. */
export interface Attachable {
  readonly title: string;
  readonly attachment:
    | { readonly kind: 'text'; readonly name: string; readonly text: string }
    | { readonly kind: 'file'; readonly path: string; readonly startLine?: number; readonly endLine?: number };
}

/** What may be asked of the page from outside. */
export type FaceCommand =
  | { readonly type: 'show'; readonly view: string }
  | { readonly type: 'open-session'; readonly sessionId: string }
  | { readonly type: 'new-session' }
  | { readonly type: 'palette' }
  /** Puts a text into the field for questions, with what belongs to it, and sends it where `send` is true. */
  | {
      readonly type: 'ask';
      readonly text: string;
      readonly attachments?: readonly Attachable['attachment'][];
      /** A persona by its name, for this question. Unset: the one that is chosen in the page. */
      readonly agent?: string;
      /** How far it may go, for this question. `null`: it is a question, which changes nothing. Unset: what is chosen in the page. */
      readonly mode?: AgentMode | null;
      readonly send?: boolean;
    };
