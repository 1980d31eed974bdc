import { NootropicError, type FileChange, type FileEntry, type Files } from '@nootropic/contracts';

export interface MemoryFiles extends Files {
  /** Creates or replaces a file, and tells the watchers. */
  write(path: string, content: string | Uint8Array): void;
  /** Deletes a file, or a folder with all in it, and tells the watchers. */
  remove(path: string): void;
}

export interface MemoryFilesOptions {
  /** Default `/workspace`. */
  readonly root?: string;
  /** Milliseconds since 1970, for the time of a change. Default: counts up by one from 1. */
  readonly now?: () => number;
}

interface Stored {
  readonly bytes: Uint8Array;
  readonly mtimeMs: number;
}

/** A tree of files that lies in memory. Folders exist as long as something is in them; there are no links. */
export function createMemoryFiles(
  content: Readonly<Record<string, string | Uint8Array>> = {},
  options: MemoryFilesOptions = {},
): MemoryFiles {
  let ticks = 0;
  const root = options.root ?? '/workspace';
  const now = options.now ?? (() => ++ticks);
  const stored = new Map<string, Stored>();
  const watchers = new Set<(change: FileChange) => void>();

  function put(path: string, value: string | Uint8Array): FileChange {
    const at = inside(path, root);
    if (at === '') throw new NootropicError('INPUT_INVALID', 'A file needs a name.');
    const change = stored.has(at) ? 'modified' : 'created';
    stored.set(at, {
      bytes: typeof value === 'string' ? new TextEncoder().encode(value) : value.slice(),
      mtimeMs: now(),
    });
    return { path: at, change };
  }

  function entry(path: string): FileEntry {
    const file = stored.get(path);
    if (file) return { path, kind: 'file', bytes: file.bytes.length, mtimeMs: file.mtimeMs };
    const within = [...stored].filter(([each]) => path === '' || each.startsWith(`${path}/`));
    if (within.length === 0 && path !== '') throw new NootropicError('PATH_NOT_FOUND', `There is no ${path}.`);
    return { path, kind: 'folder', bytes: 0, mtimeMs: Math.max(0, ...within.map(([, each]) => each.mtimeMs)) };
  }

  for (const [path, value] of Object.entries(content)) put(path, value);

  return {
    root,
    async read(path, { maxBytes = 10_000_000 } = {}) {
      await undefined;
      const at = inside(path, root);
      const { kind, bytes } = entry(at);
      if (kind !== 'file') throw new NootropicError('INPUT_INVALID', `${path} is a folder.`);
      if (bytes > maxBytes)
        throw new NootropicError('FILE_TOO_LARGE', `${path} has ${bytes} bytes, above ${maxBytes}.`);
      return stored.get(at)?.bytes.slice() ?? new Uint8Array();
    },
    async list(path) {
      await undefined;
      const folder = inside(path, root);
      if (entry(folder).kind === 'file') throw new NootropicError('INPUT_INVALID', `${path} is not a folder.`);
      const start = folder === '' ? '' : `${folder}/`;
      const names = [...stored.keys()].filter((each) => each.startsWith(start)).map((each) => each.slice(start.length));
      return [...new Set(names.map((name) => name.split('/')[0] ?? ''))].sort().map((name) => entry(start + name));
    },
    async stat(path) {
      await undefined;
      return entry(inside(path, root));
    },
    watch({ signal, ignored = [] } = {}) {
      return watchChanges(watchers, ignored, signal);
    },
    write(path, value) {
      const change = put(path, value);
      for (const tell of watchers) tell(change);
    },
    remove(path) {
      const at = inside(path, root);
      const gone = [...stored.keys()].filter((each) => each === at || each.startsWith(`${at}/`));
      if (gone.length === 0) throw new NootropicError('PATH_NOT_FOUND', `There is no ${path}.`);
      for (const each of gone) {
        stored.delete(each);
        for (const tell of watchers) tell({ path: each, change: 'deleted' });
      }
    },
  };
}

/** The path in its shortest form, or `PATH_OUTSIDE_ROOT`. */
function inside(path: string, root: string): string {
  const outside = (): NootropicError => new NootropicError('PATH_OUTSIDE_ROOT', `${path} leads out of the workspace.`);
  if (path.includes('\0')) throw new NootropicError('INPUT_INVALID', 'A path holds no NUL character.');
  const below = path === root ? '' : path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
  if (/^([/\\]|[A-Za-z]:)/.test(below)) throw outside();
  // A backslash is no separator here, but what would lead out if it were one is refused all the same.
  if (/(^|[/\\])\.\.\\|\\\.\.([/\\]|$)/.test(below)) throw outside();
  const parts: string[] = [];
  for (const part of below.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) throw outside();
  }
  return parts.join('/');
}

type Watchers = Set<(change: FileChange) => void>;

/** Watches from the call on, not from the first step of the iteration, so that no change is missed between the two. */
function watchChanges(
  watchers: Watchers,
  ignored: readonly string[],
  signal?: AbortSignal,
): AsyncIterable<FileChange[]> {
  let waiting: FileChange[] = [];
  let wake: () => void = () => undefined;
  const tell = (change: FileChange): void => {
    if (ignored.some((folder) => change.path === folder || change.path.startsWith(`${folder}/`))) return;
    waiting.push(change);
    wake();
  };
  watchers.add(tell);
  signal?.addEventListener('abort', () => wake(), { once: true });
  return {
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          if (waiting.length === 0 && !signal?.aborted) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
          if (signal?.aborted) return;
          const batch = waiting;
          waiting = [];
          if (batch.length > 0) yield batch;
        }
      } finally {
        watchers.delete(tell);
      }
    },
  };
}
