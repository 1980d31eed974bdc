import type {
  Config,
  Customizations,
  Files,
  History,
  Journal,
  OutsideTools,
  Reflexion,
  Runner,
  ShellParser,
  Trust,
} from '@nootropic/contracts';
import { createPolicy, type Policy } from './policy.ts';

/** All that can act on one workspace. What costs time is opened when it is first asked for. */
export interface Workplace {
  /** The real path of its folder. */
  readonly root: string;
  readonly files: Files;
  readonly runner: Runner;
  /** What version control knows of it. Absent: nothing does. */
  readonly history?: History;
  readonly customizations: Customizations;
  journal(): Promise<Journal>;
  reflexion(): Promise<Reflexion>;
}

/** What the agent's side of the assistant stands on. */
export interface WorkplacePorts {
  /** The workplace of the folder with this absolute path. Rejects with `PATH_NOT_FOUND`. */
  readonly workplace: (workspace: string) => Promise<Workplace>;
  readonly trust: Trust;
  readonly shell: ShellParser;
  /** Whether a path is that of a file that may hold secrets. */
  readonly isSecretPath: (path: string) => boolean;
  /** The user's home, absolute. */
  readonly home?: string;
  /** Absolute paths of the program's own files: no tool may write them. */
  readonly ownPaths?: readonly string[];
  /** Tools of other programs. Default: none. */
  readonly outsideTools?: Pick<OutsideTools, 'tools' | 'call'>;
  /** Fetches a page as plain text. Absent: there is no way to. */
  readonly fetchPage?: (url: string, signal: AbortSignal) => Promise<string>;
}

/** The rules for one workspace: the user's own, and those that come with the program. Throws `CONFIG_INVALID` for a rule that contradicts itself. */
export function policyOf(ports: WorkplacePorts & { readonly config: Config }, root: string): Policy {
  const { config, shell, isSecretPath, home, ownPaths } = ports;
  return createPolicy({
    ...{ rules: config.permissions.rules, shell, isSecretPath, root },
    ...(home !== undefined && { home }),
    ...(ownPaths && { ownPaths }),
  });
}
