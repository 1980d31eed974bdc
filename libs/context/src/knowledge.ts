import {
  NootropicError,
  type Files,
  type IndexProgress,
  type Knowledge,
  type Model,
  type Parser,
  type SearchHit,
  type SearchIndex,
} from '@nootropic/contracts';
import { callersOf } from './callers.ts';
import { gather } from './gather.ts';
import { limitPerFile } from './rank.ts';
import { readPassage } from './read-passage.ts';
import { refreshIndex, type RefreshLimits } from './refresh.ts';
import { retrieve } from './retrieve.ts';
import { startJoinedRun, type JoinedRun } from './joined-run.ts';
import { snippetOf } from './snippet.ts';
import { listFolder } from './walk.ts';
import { workspacePath } from './workspace-path.ts';

export interface KnowledgeOptions {
  readonly files: Files;
  readonly parser: Parser;
  readonly index: SearchIndex;
  /** Embeds chunks and questions. Always the same model for one index. */
  readonly embedder: Model;
  /** Milliseconds from any fixed moment. Default `Date.now`. */
  readonly clock?: () => number;
  /** Hex digest of bytes. Default SHA-256 of Web Crypto. */
  readonly hash?: (bytes: Uint8Array) => string | Promise<string>;
  readonly limits?: Partial<RefreshLimits>;
}

const defaultLimits: RefreshLimits = {
  maxFileBytes: 1_000_000,
  maxDataFileBytes: 100_000,
  maxDepth: 64,
  maxFiles: 200_000,
  batchFiles: 64,
  batchBytes: 1_000_000,
  embedTexts: 128,
};

const callersOfSymbol = 50;

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(bytes));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * What is known of the workspace below `files.root`: an index that follows the tree, and what is found with it.
 * The ports stay the caller's: disposing stops a run that is under way and nothing more.
 */
export function createKnowledge(options: KnowledgeOptions): Knowledge {
  const { files, parser, index, embedder } = options;
  const ports = {
    files,
    parser,
    index,
    embedder,
    clock: options.clock ?? Date.now,
    hash: options.hash ?? sha256,
    limits: { ...defaultLimits, ...options.limits },
  };
  let current: { readonly run: JoinedRun<IndexProgress>; readonly rebuild: boolean } | undefined;

  async function joinOrStart(rebuild: boolean): Promise<JoinedRun<IndexProgress>> {
    while (current !== undefined && rebuild && !current.rebuild) await current.run.ended;
    if (current !== undefined) return current.run;
    const run = startJoinedRun((signal) => refreshIndex(ports, { signal, rebuild }));
    const mine = { run, rebuild };
    current = mine;
    void run.ended.then(() => {
      if (current === mine) current = undefined;
    });
    return run;
  }

  return {
    async *refresh({ signal, rebuild = false } = {}) {
      if (signal?.aborted) throw new NootropicError('ABORTED');
      yield* (await joinOrStart(rebuild)).follow(signal);
    },
    gather: (query, budget, signal) => gather(ports, { query, budget }, signal),
    async search(text, { limit = 10, filter, signal } = {}) {
      const { query, ranked } = await retrieve(ports, text, { filter, signal });
      return limitPerFile(ranked, limit).map(({ hit, score }): SearchHit => {
        const { startLine, endLine, symbol } = hit.chunk;
        return { path: hit.path, startLine, endLine, symbol, score, snippet: snippetOf(hit.chunk.text, query.stems) };
      });
    },
    async symbol(name) {
      const definitions = await index.symbols(name);
      return Promise.all(
        definitions.map(async (definition) => ({
          definition,
          callers: await callersOf(index, definition, callersOfSymbol),
        })),
      );
    },
    read: (path, range) => readPassage(files, path, range),
    list: async (path) => listFolder(files, workspacePath(files, path)),
    stats: () => index.stats(),
    async [Symbol.asyncDispose]() {
      current?.run.stop();
      await current?.run.ended;
    },
  };
}
