/**
 * Everything of the process that the program touches, so that a test can stand in for it.
 * Nothing else in this folder reads `process`, except the two entry files.
 */
export interface Surroundings {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: Input;
  /** The terminal itself, where standard input and output are one: for what draws on it. */
  readonly terminal?: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder the command was called in. */
  readonly cwd: string;
  readonly homeDirectory: string;
  readonly version: string;
  /** Calls back at each request to stop (Ctrl-C, a termination signal); the returned function ends that. */
  onInterrupt(listener: () => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
  /** Now, in milliseconds since 1970. */
  now(): number;
  /** Opens an address in the browser of the system. Resolves with why not, in words that end a sentence; `undefined` where it did. */
  openAddress(url: string): Promise<string | undefined>;
  /** Waits for so many milliseconds; ends early, without an error, when the signal aborts. */
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export interface Output {
  readonly isTTY: boolean;
  /** Width in characters. Default 80 where it is not known. */
  readonly columns: number;
  /** Resolves when the text was handed over; also when the reader is gone, see `onClosed`. */
  write(text: string): Promise<void>;
  /** Calls back when the reader went away (`EPIPE`). */
  onClosed(listener: () => void): void;
}

/** What standard input is connected to. A `socket` is what a parent program leaves open, often without ever writing to it. */
export type InputKind = 'terminal' | 'pipe' | 'file' | 'socket' | 'nothing';

export interface Input {
  readonly kind: InputKind;
  /** Reads up to the end, as UTF-8. With `firstByteMs`, gives up with an empty text when nothing came by then. */
  readAll(options?: { readonly firstByteMs?: number; readonly onWait?: () => void }): Promise<string>;
  /** Reads up to the end in pieces, however long it is. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Reads one line, without its end. Empty at the end of the input. */
  readLine(): Promise<string>;
  /** Reads the next of several lines, without its end; undefined at the end of the input and after an interrupt. What was not asked for yet is kept. */
  nextLine(): Promise<string | undefined>;
  /** Waits for one key of a terminal, and gives it as the terminal sent it; what was pressed before is dropped. Ctrl-C is an interrupt, and gives an empty text. */
  readKey(): Promise<string>;
  /** Reads one line from a terminal without showing what is typed. Empty at the end of the input and after an interrupt. */
  readHidden(): Promise<string>;
}
