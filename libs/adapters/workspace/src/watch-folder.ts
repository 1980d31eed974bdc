import { watch as watchNode } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { NootropicError, type FileChange } from '@nootropic/contracts';

interface Subscription {
  close(): Promise<void>;
}

/** Starts to watch a folder; calls back until it is closed. */
export type Watcher = (
  root: string,
  ignored: readonly string[],
  listener: { readonly changed: (changes: FileChange[]) => void; readonly failed: (error: unknown) => void },
) => Promise<Subscription>;

export interface WatchFolderOptions {
  /** Absolute, with symbolic links resolved. */
  readonly root: string;
  readonly signal?: AbortSignal;
  /** Names of folders (`node_modules`, at any depth) or paths relative to the root (`dist/web`). */
  readonly ignored?: readonly string[];
  /** Default: `@parcel/watcher`, or Node's own where its binary is missing. */
  readonly watcher?: Watcher;
}

/** Changes closer together than this come in one batch, where the watcher does not batch by itself. */
const batchMs = 50;

function isIgnored(path: string, ignored: readonly string[]): boolean {
  const names = path.split('/');
  return ignored.some((rule) => {
    const plain = rule.replace(/\/+$/u, '');
    return plain.includes('/') ? path === plain || path.startsWith(`${plain}/`) : names.includes(plain);
  });
}

function relativeTo(root: string, absolute: string): string {
  return relative(root, absolute).split(sep).join('/');
}

const parcelChanges = { create: 'created', update: 'modified', delete: 'deleted' } as const;

/** Watches with the system's own mechanism (inotify, FSEvents, ReadDirectoryChangesW). Rejects where it has no binary. */
const parcelWatcher: Watcher = async (root, ignored, { changed, failed }) => {
  const { default: parcel } = await import('@parcel/watcher');
  const subscription = await parcel.subscribe(
    root,
    (error, events) => {
      if (error) failed(error);
      else changed(events.map(({ path, type }) => ({ path: relativeTo(root, path), change: parcelChanges[type] })));
    },
    { ignore: ignored.flatMap((rule) => (rule.includes('/') ? [join(root, rule)] : [`**/${rule}`, `**/${rule}/**`])) },
  );
  return { close: () => subscription.unsubscribe() };
};

/** Watches with `node:fs`. It does not say what happened to a file, so each one is looked at. */
export const nodeWatcher: Watcher = async (root, _ignored, { changed, failed }) => {
  const known = new Set<string>();
  const touched = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const flush = async (): Promise<void> => {
    timer = undefined;
    const paths = [...touched];
    touched.clear();
    const changes = await Promise.all(
      paths.map(async (path): Promise<FileChange> => {
        const there = await lstat(join(root, path)).then(
          () => true,
          () => false,
        );
        const before = known.has(path);
        if (there) known.add(path);
        else known.delete(path);
        return { path, change: there ? (before ? 'modified' : 'created') : 'deleted' };
      }),
    );
    changed(changes);
  };
  const watcher = watchNode(root, { recursive: true }, (_event, name) => {
    if (name === null) return;
    touched.add(name.split(sep).join('/'));
    timer ??= setTimeout(() => void flush().catch(failed), batchMs);
  });
  watcher.on('error', failed);
  return {
    async close() {
      clearTimeout(timer);
      watcher.close();
      await Promise.resolve();
    },
  };
};

const bestWatcher: Watcher = async (root, ignored, listener) => {
  try {
    return await parcelWatcher(root, ignored, listener);
  } catch {
    return nodeWatcher(root, ignored, listener);
  }
};

/**
 * Changes below a folder, in batches, from the first `next()` on. Ends without an error when the signal aborts or the
 * consumer stops; rejects with `INTERNAL` when the system stops watching.
 */
export async function* watchFolder(options: WatchFolderOptions): AsyncGenerator<FileChange[], void, undefined> {
  const { root, signal, ignored = [], watcher = bestWatcher } = options;
  if (signal?.aborted) return;
  const waiting: FileChange[][] = [];
  let failure: unknown;
  let failedAlready = false;
  let wake: () => void = () => undefined;
  const subscription = await watcher(root, ignored, {
    changed: (changes) => {
      const kept = changes.filter(({ path }) => path !== '' && !path.startsWith('../') && !isIgnored(path, ignored));
      if (kept.length > 0) waiting.push(kept);
      wake();
    },
    failed: (error) => {
      failure = error;
      failedAlready = true;
      wake();
    },
  });
  const onAbort = (): void => {
    wake();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    while (!signal?.aborted) {
      const batch = waiting.shift();
      if (batch) {
        yield batch;
        continue;
      }
      if (failedAlready)
        throw new NootropicError('INTERNAL', `The changes of ${root} cannot be watched any more.`, { cause: failure });
      await new Promise<void>((done) => {
        wake = done;
      });
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await subscription.close();
  }
}
