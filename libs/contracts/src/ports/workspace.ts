/** An entry met while walking. Symbolic links are never followed, so none leads out. */
export interface FileEntry {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly bytes: number;
  readonly mtimeMs: number;
  /** Its name is not UTF-8: `path` shows it as well as it can be shown, and leads nowhere. */
  readonly unnamed?: true;
}

export interface FileChange {
  readonly path: string;
  readonly change: 'created' | 'modified' | 'deleted';
}

/**
 * The files below one root. Every path is relative to it; a path that leads out - by `..`, an absolute path, a drive,
 * or a symbolic link anywhere on the way - rejects with `PATH_OUTSIDE_ROOT` and nothing is touched.
 */
export interface Files {
  /** Absolute path, with symbolic links resolved. */
  readonly root: string;
  /** Bytes of a file. Rejects with `PATH_NOT_FOUND`, `FILE_TOO_LARGE` (above `maxBytes`, default 10 MB) or `INPUT_INVALID` for what is not a regular file. */
  read(path: string, options?: { readonly maxBytes?: number }): Promise<Uint8Array>;
  /** Entries of one folder, sorted by name. */
  list(path: string): Promise<FileEntry[]>;
  stat(path: string): Promise<FileEntry>;
  /** Changes below the root as they happen, in batches, until the iteration ends or the signal aborts. `ignored` folders are not watched. */
  watch(options?: { readonly signal?: AbortSignal; readonly ignored?: readonly string[] }): AsyncIterable<FileChange[]>;
}

/** What a program may reach. */
export interface SandboxPolicy {
  /** Paths relative to the root that it may not write, though the rest of the root may be written. The version control's internals, shell profiles and the program's own settings never may, whether they exist yet or not. */
  readonly readOnly?: readonly string[];
  /** Hosts that it may connect to, by name; `*.example.org` for all below. Default none: there is no network at all. */
  readonly hosts?: readonly string[];
  /** `false`: it may not write in the root either. Default true. */
  readonly writes?: boolean;
  /** Folders outside of the root, absolute, that it may read where they lie, though they would be hidden. They are not looked through for secrets. Default none. */
  readonly readable?: readonly string[];
}

export interface RunRequest {
  /** Program and arguments. No shell is involved. */
  readonly argv: readonly [string, ...string[]];
  /** Runs it inside the sandbox; rejects with `SANDBOX_UNAVAILABLE` where there is none. Default: outside. */
  readonly sandbox?: SandboxPolicy;
  /** Added to the rebuilt environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Is told what the program writes as it comes, in pieces. */
  readonly onOutput?: (text: string, stream: 'stdout' | 'stderr') => void;
  /** Folder to run in, relative to the root. Default the root. */
  readonly cwd?: string;
  readonly stdin?: string;
  /** Default 60 000. */
  readonly timeoutMs?: number;
  /** Output kept per stream; more is dropped and said. Default 1 MB. */
  readonly maxBytes?: number;
  /** What it and all its children may take. Default: no limit but the time. */
  readonly limits?: {
    /** Bytes of memory, together where the system can count them together, else each. */
    readonly memory?: number;
    readonly processes?: number;
    /** Bytes of one file. */
    readonly fileBytes?: number;
  };
  readonly signal?: AbortSignal;
}

export interface RunResult {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
  readonly timedOut: boolean;
  /** A limit ended it, where that can be told. */
  readonly limit?: 'memory' | 'processes';
  /** The largest memory of its processes in bytes, where it can be measured. */
  readonly peakMemory?: number;
}

/**
 * Runs programs below the root. The environment is rebuilt: only PATH, HOME, language and temp variables pass.
 * A program that cannot be started rejects with `COMMAND_FAILED`; one that ends with an error code resolves.
 */
export interface Runner {
  run(request: RunRequest): Promise<RunResult>;
  /** Whether programs can be confined here, by what, and else why not. Tried once, not guessed. */
  sandbox(): Promise<{ readonly available: boolean; readonly kind: string; readonly reason?: string }>;
}
