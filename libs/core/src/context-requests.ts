import {
  NootropicError,
  type Assistant,
  type ContextEntry,
  type ContextStore,
  type Knowledge,
  type Sources,
} from '@nootropic/contracts';
import type { StatusPorts } from './model-status.ts';
import { keyOf, type Models } from './models.ts';
import { reportOf, stoppable } from './stoppable.ts';
import { createTokenCounter } from './token-counter.ts';

export interface ContextRequestPorts extends Pick<StatusPorts, 'residency'> {
  readonly models: Models;
  readonly contexts: ContextStore;
  /** What the user added to the workspace with this absolute path. */
  readonly workspaceSources: (workspace: string) => Promise<Sources>;
  /** A text file of any size, by its absolute path. */
  readonly openText: (path: string) => Promise<{
    readonly bytes: number;
    readonly pieces: AsyncIterable<string | Uint8Array>;
  }>;
  readonly now: () => number;
}

interface CallSignal {
  readonly signal?: AbortSignal | undefined;
}

/** Long texts, sources beside the workspace, and what a model would be given: what `gather`, `sources` and `contexts` of the contract ask. */
export function createContextRequests(
  ports: ContextRequestPorts,
  fresh: (workspace: string, signal?: AbortSignal) => Promise<Knowledge>,
): Pick<Assistant, 'gather' | 'sources' | 'contexts'> {
  const { contexts, workspaceSources } = ports;

  const find = async (wanted: string): Promise<ContextEntry> => {
    const entries = await contexts.list();
    const exact = entries.find(({ id, name }) => id === wanted || name === wanted);
    if (exact !== undefined) return exact;
    const found = entries.filter(({ id }) => wanted.length > 4 && id.startsWith(wanted));
    const [first] = found;
    if (first !== undefined && found.length === 1) return first;
    throw new NootropicError(
      'NOT_FOUND',
      found.length > 1 ? `Several entries begin with ${wanted}.` : `There is no entry ${wanted} in the context store.`,
      { hint: 'Run `nootropic context list`.' },
    );
  };

  /** The tokenizer of the model that answers, where that is in memory; nothing is loaded for it. */
  const loadedTokenizer = async (workspace: string, signal?: AbortSignal) => {
    try {
      const { ref, role } = await ports.models.choose({ role: 'chat' });
      const held = ports.residency.view().find(({ key }) => key === keyOf(role, ref));
      if (held === undefined || held.state === 'loading') return undefined;
      const { model } = await ports.models.open(ref, { role, workspace }, signal);
      return { ref: model.info.ref, countTokens: createTokenCounter(model, ports.now) };
    } catch {
      // A model that is configured and cannot be had is a matter of asking it, not of gathering.
      return undefined;
    }
  };

  return {
    gather: async ({ workspace, query, tokens = 3000 }, options?: CallSignal) => {
      const knowledge = await fresh(workspace, options?.signal);
      const tokenizer = await loadedTokenizer(workspace, options?.signal);
      const budget = { tokens, ...(tokenizer && { countTokens: tokenizer.countTokens }) };
      const { blocks, tokens: taken, leftOut } = await knowledge.gather(query, budget, options?.signal);
      return { blocks, tokens: taken, leftOut, counted: tokenizer?.ref ?? 'estimate' };
    },
    sources: {
      add: async ({ workspace, kind, place, text, name }, options?: CallSignal) => {
        const sources = await workspaceSources(workspace);
        const input = {
          kind,
          ...(place !== undefined && { place }),
          ...(text !== undefined && { text }),
          ...(name !== undefined && { name }),
        };
        return stoppable((signal) => through(sources.add(input, signal)), options?.signal);
      },
      list: async ({ workspace }) => (await workspaceSources(workspace)).list(),
      refresh: async ({ workspace, names }, options?: CallSignal) => {
        const sources = await workspaceSources(workspace);
        return stoppable((signal) => through(sources.refresh(names, signal)), options?.signal);
      },
      search: async ({ workspace, query, sources: names, limit = 10 }, options?: CallSignal) =>
        (await workspaceSources(workspace)).search(query, {
          limit,
          ...(names && { sources: names }),
          ...(options?.signal && { signal: options.signal }),
        }),
      remove: async ({ workspace, name }) => (await workspaceSources(workspace)).remove(name),
    },
    contexts: {
      put: async ({ path, title, from, name }, options?: CallSignal) => {
        const file = await ports.openText(path);
        return stoppable(
          (signal) =>
            reportOf(async (report) => {
              const last = path.split(/[\\/]/u).at(-1) ?? path;
              const what = {
                title: title ?? last,
                kind: /\.log(?:\.\d+)?$/iu.test(path) ? ('log' as const) : ('file' as const),
                from: from ?? path,
                ...(name !== undefined && { name }),
              };
              const onProgress = (done: number) => report({ type: 'progress', done, total: file.bytes });
              return { type: 'stored', entry: await contexts.put(what, file.pieces, { signal, onProgress }) };
            }),
          options?.signal,
        );
      },
      list: async () => contexts.list(),
      show: async ({ id, ...range }, options?: CallSignal) => {
        const entry = await find(id);
        const asked = Object.fromEntries(Object.entries(range).filter(([, value]) => value !== undefined));
        return stoppable((signal) => through(contexts.read(entry.id, asked, signal)), options?.signal);
      },
      search: async ({ query, ids, limit = 10 }, options?: CallSignal) => {
        const entries = ids === undefined ? undefined : await Promise.all(ids.map(find));
        return contexts.search(query, {
          limit,
          ...(entries && { ids: entries.map(({ id }) => id) }),
          ...(options?.signal && { signal: options.signal }),
        });
      },
      merge: async ({ ids, title, name }) => {
        const parts = await Promise.all(ids.map(find));
        const titles = parts.map((part) => part.title).join(' + ');
        const from = parts.map(({ id }) => id).join(' ');
        return contexts.merge(
          parts.map(({ id }) => id),
          { title: title ?? titles.slice(0, 200), from, ...(name !== undefined && { name }) },
        );
      },
      remove: async ({ id }) => {
        const entry = await find(id);
        await contexts.remove([entry.id]);
        return entry;
      },
    },
  };
}

async function* through<T>(items: AsyncIterable<T>): AsyncGenerator<T, void> {
  yield* items;
}
