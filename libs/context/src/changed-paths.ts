import type { FileChange, Files } from '@nootropic/contracts';
import { cacheFolderTag } from './ignored-by-default.ts';
import { ignoreFileNames } from './ignore-rules.ts';

export interface ChangedPathsOptions {
  readonly files: Files;
  /** Called once a burst of changes has come to rest, and at the latest `longestMs` after its first. */
  readonly onRest: () => void;
  /** Milliseconds without a change that end a burst. Default 30. */
  readonly restMs?: number;
  /** Default 1000. */
  readonly longestMs?: number;
  /** Paths above which the whole tree is looked at instead. Default 500. */
  readonly most?: number;
}

/** What changed below a root since it was last asked. */
export interface ChangedPaths {
  /** `undefined`: not everything is known, so the whole tree must be looked at. Forgets what it gives. */
  take(): string[] | undefined;
  /** Says that what was taken has not been dealt with: the whole tree must be looked at. */
  doubt(): void;
  /** Whether all is known and nothing waits to be taken. */
  readonly isQuiet: boolean;
  readonly state: 'on' | 'failed';
  close(): Promise<void>;
}

/** Folders whose changes are not reported. A tree that has them indexed is looked at whole each time. */
export const unwatchedNames: readonly string[] = [
  '.git',
  '.hg',
  '.svn',
  '.jj',
  'node_modules',
  '.venv',
  '__pycache__',
  '.nx',
];

/**
 * Notes changes as the system reports them. Whatever leaves a doubt - a folder that appeared, a change of what is ignored, a burst, a watcher
 * that fails - is noted as such, so that nothing is missed: the next look is at the whole tree.
 */
export function watchChangedPaths(options: ChangedPathsOptions): ChangedPaths {
  const { files, onRest, restMs = 30, longestMs = 1000, most = 500 } = options;
  const stopping = new AbortController();
  // What changed before watching began is unknown.
  let unsure = true;
  let state: ChangedPaths['state'] = 'on';
  const paths = new Set<string>();
  let rest: ReturnType<typeof setTimeout> | undefined;
  let firstAt: number | undefined;

  const settle = (): void => {
    clearTimeout(rest);
    firstAt ??= performance.now();
    const wait = Math.max(0, Math.min(restMs, firstAt + longestMs - performance.now()));
    rest = setTimeout(() => {
      firstAt = undefined;
      onRest();
    }, wait);
  };
  const note = ({ path }: FileChange): void => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const ruling: readonly string[] = [ignoreFileNames.git, ignoreFileNames.own, cacheFolderTag];
    if (ruling.includes(name)) unsure = true;
    paths.add(path);
    if (paths.size > most) {
      unsure = true;
      paths.clear();
    }
  };
  const follow = async (): Promise<void> => {
    try {
      for await (const changes of files.watch({ signal: stopping.signal, ignored: unwatchedNames })) {
        for (const change of changes) note(change);
        settle();
      }
    } catch {
      // Noted below.
    }
    if (stopping.signal.aborted) return;
    state = 'failed';
    unsure = true;
  };
  const ended = follow();

  return {
    take() {
      const taken = unsure || state === 'failed' ? undefined : [...paths];
      unsure = state === 'failed';
      paths.clear();
      return taken;
    },
    doubt() {
      unsure = true;
    },
    get isQuiet() {
      return !unsure && paths.size === 0 && state === 'on';
    },
    get state() {
      return state;
    },
    async close() {
      clearTimeout(rest);
      stopping.abort();
      await ended;
    },
  };
}
