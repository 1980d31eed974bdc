import {
  NootropicError,
  type Files,
  type History,
  type IndexProgress,
  type Knowledge,
  type Model,
  type Parser,
  type SearchIndex,
} from '@nootropic/contracts';
import { callersOf } from './callers.ts';
import { createAround } from './completion-around.ts';
import { gather } from './gather.ts';
import { createCodeGraph } from './graph.ts';
import { mapRepository } from './map.ts';
import { rankWeights, type RankWeights } from './rank-weights.ts';
import { readPassage } from './read-passage.ts';
import { createKnownPaths } from './known-paths.ts';
import { createMemoryNotes, skippedByReason, type IndexNotes } from './index-notes.ts';
import { createPace } from './index-pace.ts';
import { notedRun } from './noted-run.ts';
import { defaultLimits, refreshIndex, type RefreshLimits, type RefreshOptions } from './refresh.ts';
import { search } from './search.ts';
import type { KnownTree } from './search-tree.ts';
import { createTextSketches } from './text-sketches.ts';
import { createHistorySearch } from './search-history.ts';
import type { OpenPattern } from './search-lines.ts';
import { unwatchedNames, watchChangedPaths, type ChangedPaths } from './changed-paths.ts';
import { mendedIndex } from './mended-index.ts';
import { startJoinedRun, type JoinedRun } from './joined-run.ts';
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
  /** What version control knows. Without it, commits count for nothing. */
  readonly history?: History;
  /** Opens the model that orders results anew, or gives the one that is open. Default: results stay in the order of the signs. */
  readonly reranker?: (signal?: AbortSignal) => Promise<Model>;
  /** Milliseconds that a search waits for the reranking model, and four times as many where it must be loaded first. Default 3000. */
  readonly rerankMs?: number;
  /** Runs regular expressions where they can be stopped. Without it, searching by one rejects with `INPUT_INVALID`. */
  readonly openPattern?: OpenPattern;
  /** How much each sign counts in ranking. Default `rankWeights`. */
  readonly weights?: Partial<RankWeights>;
  /** Where it is remembered how runs ended and what was left out. Default: in memory. */
  readonly notes?: IndexNotes;
  /** Names this program among those that share the notes. Default: drawn by chance. */
  readonly program?: number;
  /** Follow changes of the tree as they happen, from the first run on, so that a saved file is found at once. Default: no. */
  readonly watch?: boolean;
  /** Does a run, for instance in another process. Default: in this one. */
  readonly run?: (options: IndexRunOptions) => AsyncIterable<IndexProgress>;
  /** Says what work in the background waits for now, in a few words; empty when it may go on. Default: it never waits. */
  readonly waitsFor?: () => Promise<string> | string;
}

/** One run over the tree. */
export interface IndexRunOptions extends RefreshOptions {
  readonly signal: AbortSignal;
  /** Whether nobody waits for it now. */
  readonly inBackground: () => boolean;
}

const callersOfSymbol = 50;

const nothingChanged: IndexProgress = {
  phase: 'done',
  done: 0,
  total: 0,
  filesEmbedded: 0,
  filesRemoved: 0,
  chunksEmbedded: 0,
  skipped: [],
  tookMs: 0,
};

/** Said of the whole tree while the index rests. */
const resting = 'The index rests, and what changed since is not in it. `nootropic index resume` lets it go on.';

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(bytes));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * What is known of the workspace below `files.root`: an index that follows the tree, and what is found with it.
 * The ports stay the caller's: disposing stops a run that is under way and nothing more.
 */
export function createKnowledge(options: KnowledgeOptions): Knowledge {
  const { files, parser, embedder } = options;
  const index = mendedIndex(options.index, repair);
  const clock = options.clock ?? Date.now;
  const graph = createCodeGraph({ index, files, history: options.history });
  const history = options.history && createHistorySearch(options.history, { clock });
  const ports = {
    files,
    parser,
    index,
    embedder,
    history,
    reranker: options.reranker,
    rerankMs: options.rerankMs,
    openPattern: options.openPattern,
    ...(options.watch === true && { sketches: createTextSketches(), knownTree }),
    weights: { ...rankWeights, ...options.weights },
    clock,
    hash: options.hash ?? sha256,
    limits: { ...defaultLimits, ...options.limits },
  };
  const notes = options.notes ?? createMemoryNotes();
  const program = options.program ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  const inProcess = ({ inBackground, ...given }: IndexRunOptions): AsyncIterable<IndexProgress> =>
    refreshIndex({ ...ports, index: options.index, pace: createPace({ inBackground, clock, waitsFor }) }, given);
  const runOnce = options.run ?? inProcess;
  const waitsFor = options.waitsFor ?? (() => '');
  let current: { readonly run: JoinedRun<IndexProgress>; readonly rebuild: boolean } | undefined;
  let changes: ChangedPaths | undefined;
  let latest: IndexProgress | undefined;
  /** Callers who wait for the run. */
  let awaited = 0;
  let closed = false;
  let paused = false;
  let tree: KnownTree | undefined;

  /** The tree as the index has it, while the watcher says that this is how it is. */
  async function knownTree(): Promise<KnownTree | undefined> {
    if (current !== undefined || changes?.isQuiet !== true) return undefined;
    tree ??= { files: await options.index.files(), skipped: (await notes.read())?.skipped ?? [] };
    return changes.isQuiet ? tree : undefined;
  }

  async function* follow(rebuild: boolean, signal: AbortSignal): AsyncGenerator<IndexProgress> {
    if (options.watch === true) changes ??= watchChangedPaths({ files, onRest: () => void keepUp() });
    const only = rebuild ? undefined : changes?.take();
    // The watcher saw nothing: no process need be asked, and a search does not wait for one.
    if (only?.length === 0) {
      yield nothingChanged;
      return;
    }
    tree = undefined;
    let done = false;
    const inBackground = (): boolean => awaited === 0;
    try {
      const run = () => runOnce({ signal, rebuild, only, inBackground });
      for await (const progress of notedRun(run, { notes, program, clock, partial: only !== undefined, signal })) {
        latest = progress;
        done = progress.phase === 'done' && !progress.skipped.some(({ path }) => path === '.');
        yield progress;
      }
      if (only === undefined && changes !== undefined && done) {
        const hidden = new Set(unwatchedNames);
        const known = await options.index.files();
        if (known.some(({ path }) => path.split('/').some((name) => hidden.has(name)))) changes.doubt();
      }
    } finally {
      if (!done) changes?.doubt();
    }
  }

  async function joinOrStart(rebuild: boolean): Promise<JoinedRun<IndexProgress>> {
    // A run that is under way may have passed by what changed since it began.
    while (current !== undefined && rebuild && !current.rebuild) await current.run.ended;
    if (current !== undefined) return current.run;
    const run = startJoinedRun((signal) => follow(rebuild, signal));
    const mine = { run, rebuild };
    current = mine;
    void run.ended.then(() => {
      if (current === mine) current = undefined;
    });
    return run;
  }

  /** Whoever writes the index mends it at the begin of a run. */
  function repair(): Promise<void> {
    changes?.doubt();
    return keepUp();
  }

  /** Called when changes came to rest. Failures are in the notes, and the next run looks at the whole tree. */
  async function keepUp(): Promise<void> {
    while (current !== undefined) await current.run.ended;
    if (closed || paused) return;
    try {
      const following = (await joinOrStart(false)).follow();
      while ((await following.next()).done !== true);
    } catch {
      changes?.doubt();
    }
  }

  return {
    async *refresh({ signal, rebuild = false, background = false } = {}) {
      if (signal?.aborted) throw new NootropicError('ABORTED');
      history?.warm();
      if (!background) awaited += 1;
      try {
        if (!paused) yield* (await joinOrStart(rebuild)).follow(signal);
      } catch (cause) {
        // The run was ended for the pause, not by who reads it.
        if (!paused || signal?.aborted) throw cause;
      } finally {
        if (!background) awaited -= 1;
      }
      if (paused) yield { ...nothingChanged, skipped: [{ path: '.', reason: resting }] };
    },
    async pause(wanted) {
      if (paused === wanted) return;
      paused = wanted;
      if (wanted) {
        current?.run.stop();
        await current?.run.ended;
      } else if (changes !== undefined) void keepUp();
    },
    async status({ skippedFiles = false } = {}) {
      const [stats, lacking, note] = await Promise.all([index.stats(), index.withoutVectors(), notes.read()]);
      const running = current === undefined ? note?.running : latest;
      return {
        ...stats,
        embedder: embedder.info.ref,
        chunksWithoutVector: lacking.chunks,
        ...(note?.lastRun && { lastRun: note.lastRun }),
        skipped: note?.reasons ?? skippedByReason(note?.skipped ?? []),
        skippedFiles: skippedFiles ? (note?.skipped ?? []) : [],
        ...(running &&
          running.phase !== 'done' && { running: { phase: running.phase, done: running.done, total: running.total } }),
        watch: changes?.state ?? 'off',
        waitsFor: paused
          ? 'somebody who lets it go on'
          : current !== undefined && awaited === 0
            ? await waitsFor()
            : '',
        paused,
      };
    },
    gather: (query, budget, signal) => gather({ ...ports, graph }, { query, budget }, signal),
    search: (text, given) => {
      if (paused) given?.onNotice?.(resting);
      return search(ports, text, given);
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
    graph: (query, signal) => graph.ask(query, signal),
    map: (given) => mapRepository(graph, given),
    around: createAround({ files, index, clock }),
    read: (path, range) => readPassage(files, path, range),
    list: async (path) => listFolder(files, workspacePath(files, path)),
    find: createKnownPaths({ files, index: options.index, notes, limits: ports.limits, clock, knownTree }),
    stats: () => index.stats(),
    async [Symbol.asyncDispose]() {
      closed = true;
      await changes?.close();
      current?.run.stop();
      await current?.run.ended;
      history?.close();
    },
  };
}
