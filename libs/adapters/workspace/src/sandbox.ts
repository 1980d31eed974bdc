import type { ChildProcess, StdioOptions } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { RunRequest, Runner, SandboxPolicy } from '@nootropic/contracts';

/** What `sandbox()` of the runner says. */
export type SandboxState = Awaited<ReturnType<Runner['sandbox']>>;

/** A program that is to be confined. */
export interface ConfineRequest {
  readonly argv: RunRequest['argv'];
  /** With symbolic links resolved. */
  readonly root: string;
  /** Absolute, below the root, with symbolic links resolved. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly policy: SandboxPolicy;
  readonly limits?: RunRequest['limits'];
  /** Memory that belongs to no process and to no folder does not exist for it: a limit of memory is then exact. Default false. */
  readonly countable?: boolean;
  readonly signal?: AbortSignal;
}

/** How a confined program is started, and what there is to do once it has ended. */
export interface Confined {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Of the descriptors from 3 on. */
  readonly stdio: readonly ('pipe' | 'ignore' | number)[];
  /** Is given the process as soon as it runs, to talk to it over the descriptors from 3 on. */
  attach(child: ChildProcess): void;
  /** The process, as this system numbers it, with which all that is confined ends; as soon as it is known, and where there is one. */
  readonly init?: () => number | undefined;
  /** Why the program itself was never started, once the process has ended: of the program, or of the sandbox. */
  failure(end: {
    readonly exitCode: number | null;
    readonly stderr: string;
  }): { readonly of: 'program' | 'sandbox'; readonly why: string } | undefined;
  /** Puts back what was prepared, undoes what may not stay, and says so in sentences. Called once, when everything has ended. */
  release(): Promise<readonly string[]>;
}

/** A way to confine programs. */
export interface Sandbox {
  /** `bubblewrap`, `seatbelt` or `none`. */
  readonly kind: string;
  /** Why it cannot be used, before anything is tried. */
  readonly missing?: string;
  confine(request: ConfineRequest): Promise<Confined>;
}

/** All that a descriptor from 3 on says until it ends. */
export function textOf(stream: Readable | null | undefined): () => string {
  let text = '';
  stream?.on('data', (chunk: Uint8Array) => {
    if (text.length < 65_536) text += new TextDecoder().decode(chunk);
  });
  stream?.on('error', () => undefined);
  return () => text;
}

/** `stdio` of a spawn, complete. */
export function stdioOf(hasInput: boolean, more: Confined['stdio'] = []): StdioOptions {
  return [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe', ...more];
}
