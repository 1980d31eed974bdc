import {
  NootropicError,
  type Chunk,
  type FileEntry,
  type Files,
  type IndexedFile,
  type IndexedFileContent,
  type IndexProgress,
  type Model,
  type Parser,
  type SearchIndex,
  type SkippedFile,
} from '@nootropic/contracts';
import { chunkFile } from './chunk.ts';
import { readSourceText } from './source-text.ts';
import { walkPaths } from './walk-paths.ts';
import { walk, type WalkLimits } from './walk.ts';

export interface RefreshPorts {
  readonly files: Files;
  readonly parser: Parser;
  readonly index: SearchIndex;
  readonly embedder: Pick<Model, 'embed'>;
  readonly clock: () => number;
  /** Hex digest of some bytes. */
  readonly hash: (bytes: Uint8Array) => string | Promise<string>;
  readonly limits: RefreshLimits;
  /** Resolves when the next batch may be worked on; rejects with `ABORTED`. Default: at once. */
  readonly pace?: (signal: AbortSignal | undefined) => Promise<void>;
}

export interface RefreshOptions {
  readonly signal?: AbortSignal | undefined;
  readonly rebuild?: boolean;
  /** Looks at these paths alone, where that suffices. Default: at the whole tree. */
  readonly only?: readonly string[] | undefined;
}

export const defaultLimits: RefreshLimits = {
  maxFileBytes: 1_000_000,
  maxDataFileBytes: 100_000,
  maxDepth: 64,
  maxFiles: 200_000,
  batchFiles: 64,
  batchBytes: 1_000_000,
  embedTexts: 128,
  filesAhead: 4,
};

/** Files left out that are named before the end of a run: a report comes with every batch, and there may be a hundred thousand of them. */
const skippedBetween = 100;

/** What is said in `skipped` of the root where another program writes the index. */
export const writtenElsewhere = 'another program is indexing';

export interface RefreshLimits extends WalkLimits {
  /** Files of one batch. */
  readonly batchFiles: number;
  /** Bytes of the files of one batch; the last file may go over it. */
  readonly batchBytes: number;
  /** Texts given to the embedder at once. */
  readonly embedTexts: number;
  /** Files that are read, parsed and cut at once, so that work on one fills the time another is waited for. */
  readonly filesAhead: number;
}

interface PreparedFile {
  readonly content: IndexedFileContent;
  readonly embedded: ReadonlyMap<string, string>;
}

/**
 * One index run. Yields after the scan, after every batch and at the end; between two yields at most one batch is written.
 *
 * A file counts as unchanged without being read when its size and modification time are those in the index.
 * A file that cannot be read or parsed is left out with a reason. Where another program writes the index, the run ends early and says so in `skipped`.
 * Rejects with `ABORTED`, with what listing the root rejects with, or with what the index rejects with.
 */
export async function* refreshIndex(ports: RefreshPorts, options: RefreshOptions): AsyncGenerator<IndexProgress> {
  const started = ports.clock();
  const skipped: SkippedFile[] = [];
  const counts = { done: 0, total: 0, filesEmbedded: 0, filesRemoved: 0, chunksEmbedded: 0 };
  const progress = (phase: IndexProgress['phase']): IndexProgress => ({
    phase,
    ...counts,
    skipped: phase === 'done' ? [...skipped] : skipped.slice(0, skippedBetween),
    tookMs: Math.max(0, ports.clock() - started),
  });
  yield progress('scan');

  const found: FileEntry[] = [];
  const only = options.rebuild === true ? undefined : options.only;
  // Nothing changed: neither the tree nor the index need be looked at.
  if (only?.length === 0) {
    yield progress('done');
    return;
  }
  const few = only && (await walkPaths(ports.files, ports.limits, only).catch(() => undefined));
  for await (const walked of few ?? walk(ports.files, ports.limits, options.signal)) {
    if ('file' in walked) found.push(walked.file);
    else skipped.push(walked.skipped);
  }
  counts.total = found.length;
  try {
    let known = await ports.index.files();
    if (options.rebuild === true) {
      await ports.index.apply({ upsert: [], remove: known.map((file) => file.path), vectors: new Map() });
      await ports.index.stats({ optimize: true });
      known = [];
    }
    const lacking = few === undefined ? await lackingFiles(ports, skipped, options.signal) : [];
    // Of a few paths, only what lies at or below them is looked at.
    const looked =
      few && only ? known.filter(({ path }) => only.some((at) => path === at || path.startsWith(`${at}/`))) : known;
    yield* bringUpToDate(ports, { found, known: looked, lacking, skipped, counts, progress, signal: options.signal });
  } catch (error) {
    if (!NootropicError.is(error) || error.code !== 'STORE_BUSY') throw error;
    skipped.push({ path: '.', reason: writtenElsewhere });
  }
  yield progress('done');
}

/** Files with chunks that have no vector; none where none can be made now, so that they are not read for nothing. */
async function lackingFiles(
  ports: RefreshPorts,
  skipped: SkippedFile[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const { files } = await ports.index.withoutVectors();
  if (files.length === 0) return files;
  try {
    await ports.embedder.embed(['probe'], { workClass: 'embed', ...(signal && { signal }) });
    return files;
  } catch (error) {
    const { code, message } = NootropicError.from(error);
    if (code === 'ABORTED') throw error;
    skipped.push({ path: '.', reason: `${wordsOnly}${message}` });
    return [];
  }
}

const wordsOnly = 'found by words only, since the embedding model failed: ';

interface Run {
  readonly found: readonly FileEntry[];
  readonly known: readonly IndexedFile[];
  /** Paths of files with chunks that have no vector. */
  readonly lacking: readonly string[];
  readonly skipped: SkippedFile[];
  readonly counts: { done: number; filesEmbedded: number; filesRemoved: number; chunksEmbedded: number };
  readonly progress: (phase: IndexProgress['phase']) => IndexProgress;
  readonly signal: AbortSignal | undefined;
}

async function* bringUpToDate(ports: RefreshPorts, run: Run): AsyncGenerator<IndexProgress> {
  const { counts, limits } = { counts: run.counts, limits: ports.limits };
  const known = new Map(run.known.map((file) => [file.path, file]));
  const present = new Set(run.found.map((file) => file.path));
  const gone = run.known.filter((file) => !present.has(file.path)).map((file) => file.path);
  if (gone.length > 0) {
    await ports.index.apply({ upsert: [], remove: gone, vectors: new Map() });
    counts.filesRemoved += gone.length;
  }
  const lacking = new Set(run.lacking);
  const changed = run.found.filter((file) => {
    const before = known.get(file.path);
    return before?.bytes !== file.bytes || before.mtimeMs !== file.mtimeMs || lacking.has(file.path);
  });
  counts.done = run.found.length - changed.length;
  yield run.progress('index');

  let batch: PreparedFile[] = [];
  let remove: string[] = [];
  let bytes = 0;
  let taken = 0;
  let position = -1;
  for await (const { entry, prepared } of prepareInOrder(ports, changed, run.signal)) {
    if (run.signal?.aborted) throw new NootropicError('ABORTED');
    position += 1;
    taken += 1;
    bytes += entry.bytes;
    if ('reason' in prepared) {
      run.skipped.push({ path: entry.path, reason: prepared.reason });
      if (known.has(entry.path)) remove.push(entry.path);
    } else batch.push(prepared);
    const isLast = position === changed.length - 1;
    if (taken < limits.batchFiles && bytes < limits.batchBytes && !isLast) continue;
    await ports.pace?.(run.signal);
    const wrote = await writeBatch(ports, { batch, known, remove, signal: run.signal });
    if (wrote.problem !== undefined && !run.skipped.some((entry) => entry.reason === wrote.problem)) {
      run.skipped.push({ path: '.', reason: wrote.problem });
    }
    counts.filesEmbedded += wrote.filesEmbedded;
    counts.chunksEmbedded += wrote.chunksEmbedded;
    counts.filesRemoved += remove.length;
    counts.done += taken;
    batch = [];
    remove = [];
    bytes = 0;
    taken = 0;
    yield run.progress('index');
  }
}

async function* prepareInOrder(
  ports: RefreshPorts,
  entries: readonly FileEntry[],
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly entry: FileEntry; readonly prepared: Awaited<ReturnType<typeof prepare>> }> {
  const ahead: ReturnType<typeof prepare>[] = [];
  let next = 0;
  for (const entry of entries) {
    for (; next < entries.length && ahead.length < ports.limits.filesAhead; next += 1) {
      const upcoming = entries[next];
      if (upcoming === undefined) break;
      const started = prepare(ports, upcoming, signal);
      // When the run ends before its turn comes, nobody waits for it.
      started.catch(() => undefined);
      ahead.push(started);
    }
    const first = ahead.shift();
    if (first !== undefined) yield { entry, prepared: await first };
  }
}

async function prepare(
  ports: RefreshPorts,
  entry: FileEntry,
  signal: AbortSignal | undefined,
): Promise<PreparedFile | { readonly reason: string }> {
  try {
    const bytes = await ports.files.read(entry.path, { maxBytes: ports.limits.maxFileBytes });
    const source = readSourceText(bytes);
    if ('reason' in source) return source;
    const parsed = await ports.parser.parse(entry.path, source.text, signal);
    const embedded = new Map<string, string>();
    const chunks: Chunk[] = await Promise.all(
      chunkFile(entry.path, source.text, parsed).map(async ({ embedded: text, ...chunk }) => {
        const hash = await ports.hash(new TextEncoder().encode(text));
        embedded.set(hash, text);
        return { hash, ...chunk };
      }),
    );
    const file = {
      path: entry.path,
      hash: await ports.hash(bytes),
      bytes: entry.bytes,
      mtimeMs: entry.mtimeMs,
      language: parsed.language,
    };
    return {
      content: { file, chunks, symbols: parsed.symbols, references: parsed.references, imports: parsed.imports },
      embedded,
    };
  } catch (error) {
    const { code, message } = NootropicError.from(error);
    if (code === 'ABORTED') throw error;
    if (code === 'FILE_TOO_LARGE') return { reason: 'grew too large while it was read' };
    if (code === 'INPUT_INVALID' && message.startsWith(entry.path))
      return { reason: `not parsed: ${message.slice(entry.path.length).trim()}` };
    if (code === 'PATH_NOT_FOUND') return { reason: 'was removed while indexing' };
    if (code === 'PATH_OUTSIDE_ROOT') return { reason: 'leads out of the workspace' };
    return { reason: `cannot be read: ${message}` };
  }
}

function isSame(file: IndexedFile, before: IndexedFile | undefined): boolean {
  return (
    before !== undefined && before.hash === file.hash && before.bytes === file.bytes && before.mtimeMs === file.mtimeMs
  );
}

interface Written {
  readonly filesEmbedded: number;
  readonly chunksEmbedded: number;
  readonly problem?: string;
}

async function writeBatch(
  ports: RefreshPorts,
  change: {
    readonly batch: readonly PreparedFile[];
    readonly known: ReadonlyMap<string, IndexedFile>;
    readonly remove: readonly string[];
    readonly signal: AbortSignal | undefined;
  },
): Promise<Written> {
  const texts = new Map(change.batch.flatMap((file) => [...file.embedded]));
  const missing = texts.size === 0 ? [] : await ports.index.missingVectors([...texts.keys()]);
  // Of a file that is in the index as it is, only vectors were missing.
  const contents = change.batch
    .map((file) => file.content)
    .filter(({ file }) => !isSame(file, change.known.get(file.path)));
  let vectors: Map<string, Float32Array>;
  try {
    vectors = await embedTexts(ports, { hashes: missing, texts, signal: change.signal });
  } catch (error) {
    const { code, message } = NootropicError.from(error);
    if (code === 'ABORTED') throw error;
    await ports.index.apply({ upsert: contents, remove: change.remove, vectors: new Map() });
    return {
      filesEmbedded: 0,
      chunksEmbedded: 0,
      problem: `${wordsOnly}${message}`,
    };
  }
  if (contents.length > 0 || change.remove.length > 0 || vectors.size > 0) {
    await ports.index.apply({ upsert: contents, remove: change.remove, vectors });
  }
  return {
    filesEmbedded: change.batch.filter((file) => [...file.embedded.keys()].some((hash) => vectors.has(hash))).length,
    chunksEmbedded: vectors.size,
  };
}

async function embedTexts(
  ports: RefreshPorts,
  work: {
    readonly hashes: readonly string[];
    readonly texts: ReadonlyMap<string, string>;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Map<string, Float32Array>> {
  const vectors = new Map<string, Float32Array>();
  const size = ports.limits.embedTexts;
  for (let start = 0; start < work.hashes.length; start += size) {
    const hashes = work.hashes.slice(start, start + size);
    const texts = hashes.map((hash) => work.texts.get(hash) ?? '');
    const made = await ports.embedder.embed(texts, {
      workClass: 'embed',
      ...(work.signal === undefined ? {} : { signal: work.signal }),
    });
    for (const [position, hash] of hashes.entries()) {
      const vector = made[position];
      if (vector === undefined)
        throw new NootropicError('INTERNAL', 'The embedding model gave fewer vectors than texts.');
      vectors.set(hash, vector);
    }
  }
  return vectors;
}
