import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createSources } from '@nootropic/context';
import type { ContextStore, Pages, Sources } from '@nootropic/contracts';
import { createIndexedText, ftsExpression } from '@nootropic/search';
import { createSqliteContextStore } from '@nootropic/storage';
import { createGitHistory, createLocalFiles } from '@nootropic/workspace';

const mebibyte = 2 ** 20;

/** Texts that are found by the words of code: whole names and their parts. */
export function openContextStore(path: string, maxMebibytes: number): ContextStore {
  return createSqliteContextStore({
    path,
    maxBytes: maxMebibytes * mebibyte,
    words: { indexed: createIndexedText(), expression: ftsExpression },
  });
}

/**
 * The sources of the workspace at `root`, kept in one file. A workspace without sources has no file: looking for some makes none.
 * Disposing closes the file.
 */
export function openWorkspaceSources(options: {
  readonly root: string;
  readonly file: string;
  readonly maxMebibytes: number;
  readonly pages: Pages;
  readonly env: NodeJS.ProcessEnv;
}): Sources {
  const { root, file, maxMebibytes, pages, env } = options;
  const store = openContextStore(file, maxMebibytes);
  const sources = createSources({
    store,
    now: Date.now,
    folder: (path) => createLocalFiles({ root: path }),
    pages,
    history: createGitHistory({ root, env }),
    hash: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  });
  return {
    ...sources,
    list: async () => (existsSync(file) ? sources.list() : []),
    search: async (query, asked) =>
      existsSync(file) || asked?.sources !== undefined ? sources.search(query, asked) : [],
    async [Symbol.asyncDispose]() {
      await sources[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}
