import type { Assistant, Config, ConfigLayer, LogLevel } from '@nootropic/contracts';

/** Where a person may want to look. */
export interface HostPaths {
  /** The file with the user's settings. */
  readonly config: string;
  /** The folder of the worktrees that it makes of repositories. */
  readonly worktrees: string;
  /** The file with the token of the user's host. */
  readonly token: string;
}

/** An assistant in this process, with what it was made of. Disposing stores what is running and ends its children. */
export interface OpenAssistant extends AsyncDisposable {
  readonly assistant: Assistant;
}

/** A line of the log, and the facts beside its message. */
export type LogLine = Readonly<Record<string, string | number | boolean>> & {
  readonly time: string;
  readonly level: string;
  readonly message: string;
};

/** The log of this user, whoever wrote it. */
export interface Logs {
  /** Oldest first. `since`: milliseconds since 1970. */
  read(query: { readonly lines?: number; readonly level?: LogLevel; readonly since?: number }): Promise<LogLine[]>;
  /** Lines from now on, until the signal aborts. */
  follow(query: { readonly level?: LogLevel; readonly signal?: AbortSignal }): AsyncGenerator<LogLine>;
}

/** A host that is served by this process, until it is ended. */
export interface ServingHost extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  /** The port for clients that cannot send a key. */
  readonly openPort?: number;
  /** For other machines: `https://ADDRESS:PORT`. */
  readonly otherMachinesUrl?: string;
  readonly assistant: Assistant;
  /** What a person should know of how it was started, one sentence each. */
  readonly notices: readonly string[];
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** How other machines are served. The files are named by their paths. */
export interface BindRequest {
  readonly bind: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly allowHost?: readonly string[];
  readonly jwtSecretFile?: string;
  readonly jwksFile?: string;
}

export interface ServeRequest {
  /** Unset: the port of the settings where it is free, else any. */
  readonly port?: number;
  readonly openPort?: number;
  /** Unset: this machine alone. */
  readonly bind?: BindRequest;
  /** Whether it ends by itself when nothing was to do for a while. */
  readonly byItself?: boolean;
}

export interface ServeMcpOptions {
  /** Absolute path of the folder that calls are about which name none. Unset: the first root of the client, else `fallback`. */
  readonly workspace?: string;
  readonly fallback: string;
  readonly role: 'read-only' | 'user';
  readonly signal: AbortSignal;
  readonly onError: (error: Error) => void;
}

/** The host of this user, in whatever process it runs. */
export interface RunningElsewhere {
  readonly pid: number;
  readonly url: string;
  readonly version: string;
  readonly startedAt: number;
  readonly assistant: Assistant;
  /** Whether it serves the page. */
  hasPage(): Promise<boolean>;
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
  /** Whether `open` gave the assistant of a host that runs elsewhere and stays, and not one that ends with the command. */
  readonly remote: boolean;
  /**
   * The assistant of the running host, where there is one that works as this command would; else one in this process. With `stays`, for a program that
   * runs until it is ended: one in this process then follows the changes of trees in the background. Default: for one command.
   */
  open(options?: { readonly stays?: boolean }): Promise<OpenAssistant>;
  /** Makes this process the host of the user. Rejects with `HOST_RUNNING` where there is one. */
  serve(request: ServeRequest): Promise<ServingHost>;
  /** The host that runs, started in a process of its own where none does. */
  ensure(request: ServeRequest, signal: AbortSignal): Promise<RunningElsewhere & { readonly isNew: boolean }>;
  /** The host that runs; `undefined` where none does, `unknown` where one is just starting or ending. */
  running(): Promise<RunningElsewhere | 'unknown' | undefined>;
  /** Ends the host that runs and waits for it; with `force` it is killed where it does not end. The one that ended, or `undefined` where none ran. */
  end(options: { readonly force: boolean; readonly limitMs: number }): Promise<{ readonly pid: number } | undefined>;
  readonly logs: Logs;
  /** Speaks the Model Context Protocol on standard input and output of this process, until the other side hangs up or the signal aborts. */
  serveMcp(assistant: Assistant, options: ServeMcpOptions): Promise<void>;
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

/** `env`: the environment that the command line asks for, where it differs from that of the process. */
export type LoadHost = (env?: Readonly<Record<string, string | undefined>>) => Promise<Host>;
