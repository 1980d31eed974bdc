import type { Assistant, Config, ConfigLayer } from '@nootropic/contracts';

/** Where a person may want to look. */
export interface HostPaths {
  /** The file with the user's settings. */
  readonly config: string;
  /** The folder of the worktrees that it makes of repositories. */
  readonly worktrees: string;
}

/** An assistant in this process, with what it was made of. Disposing stores what is running and ends its children. */
export interface OpenAssistant extends AsyncDisposable {
  readonly assistant: Assistant;
}

/** One setting: the value that holds, the layer it came from, and what every layer says. */
export interface Explained {
  readonly key: string;
  readonly value: unknown;
  readonly layer: ConfigLayer | 'unset';
  readonly layers: readonly { readonly layer: ConfigLayer; readonly value: unknown }[];
  readonly description: string;
}

/**
 * What the commands need from the machine room. It is loaded when a command first asks for it,
 * so that `--help` and `completion` never pay for it.
 */
export interface Host {
  /** Whether `open` gives the assistant of a host that runs elsewhere and stays, and not one that ends with the command. */
  readonly remote: boolean;
  /** With `stays`, for a host that serves until it is ended: it then follows the changes of trees in the background. Default: for one command. */
  open(options?: { readonly stays?: boolean }): Promise<OpenAssistant>;
  /** Puts an assistant on the loopback, behind a token of its own. Port 0, the default, is any that is free. */
  serve(
    assistant: Assistant,
    port?: number,
  ): Promise<{ readonly url: string; readonly token: string } & AsyncDisposable>;
  paths(): HostPaths;
  /** The configuration that holds now. */
  config(): Promise<Config>;
  explain(key: string): Promise<Explained>;
  /** Every setting there is, with what it means. */
  settings(): { readonly key: string; readonly description: string }[];
  /** Writes one setting to the user's file and gives it as its type: `2048` becomes a number. */
  setConfig(key: string, text: string): Promise<unknown>;
  /** Takes one setting out of the user's file. Says whether it was there. */
  unsetConfig(key: string): Promise<boolean>;
  /** Every file the program wrote, for `uninstall`. */
  written(): Promise<readonly { readonly path: string; readonly bytes: number }[]>;
  /** Removes all of that, and the folders that are empty then. */
  removeWritten(): Promise<void>;
}

export type LoadHost = () => Promise<Host>;
