import {
  NootropicError,
  type FileEntry,
  type Files,
  type SearchHit,
  type SearchIndex,
  type SkippedFile,
  type SymbolInfo,
  type SymbolKind,
} from '@nootropic/contracts';
import { pathRole, roleWeight } from './path-role.ts';
import {
  linesWith,
  matchSnippet,
  symbolAt,
  type LineMatch,
  type OpenPattern,
  type PatternRunner,
} from './search-lines.ts';
import type { SearchScope } from './search-scope.ts';
import { readSourceText, splitLines } from './source-text.ts';
import type { TextSketches } from './text-sketches.ts';
import { walk, type WalkLimits } from './walk.ts';

export interface TreeSearchPorts {
  readonly files: Files;
  readonly index: SearchIndex;
  readonly limits: WalkLimits;
  /** Milliseconds from any fixed moment. */
  readonly clock: () => number;
  /** Without it there is no search by regular expression. */
  readonly openPattern?: OpenPattern | undefined;
  /** Milliseconds that one search may take; it then ends with what it has. Default 20 000. */
  readonly treeSearchMs?: number | undefined;
  /** Of a tree that is followed: what it holds now, where that is known without looking; `undefined` where it is not. */
  readonly knownTree?: (() => Promise<KnownTree | undefined>) | undefined;
  /** What earlier searches remember of the texts. Default: nothing is remembered. */
  readonly sketches?: TextSketches | undefined;
}

export interface KnownTree {
  readonly files: readonly Pick<FileEntry, 'path' | 'bytes' | 'mtimeMs'>[];
  readonly skipped: readonly SkippedFile[];
}

type TreeFile = KnownTree['files'][number];

export interface TreeSearchOptions {
  readonly mode: 'exact' | 'regex';
  readonly limit: number;
  readonly scope: SearchScope;
  readonly kinds: readonly SymbolKind[];
  readonly signal?: AbortSignal | undefined;
}

export interface TreeSearchResult {
  readonly hits: readonly SearchHit[];
  readonly notices: readonly string[];
}

/** Files that are read at once. */
const readAhead = 16;
const timeLimit = 20_000;
/** Between two signs of life to whoever else waits in this process. */
const breathMs = 30;

const plain = { tests: false, documents: false, examples: false, settings: false };

type Finder = (text: string, limit: number) => Promise<readonly LineMatch[] | undefined>;

interface Looked {
  readonly path: string;
  readonly text: string;
  /** `undefined` when the pattern was given up. */
  readonly matches: readonly LineMatch[] | undefined;
}

/**
 * Looks for a string as it stands, or for a regular expression line by line, in every file that would be indexed, as it is now. Source comes
 * first, then tests, examples and documents, each in the order of their paths; every line counts, up to the limit. Ends early at the limit,
 * at the time allowed, and when the pattern takes too long on a file; the last two are said in a notice.
 *
 * @throws `INPUT_INVALID` for a regular expression that is none, or where none can be run; `ABORTED`.
 */
export async function searchTree(
  ports: TreeSearchPorts,
  wanted: string,
  options: TreeSearchOptions,
): Promise<TreeSearchResult> {
  if (wanted === '') throw new NootropicError('INPUT_INVALID', 'There is nothing to look for.');
  if (options.mode === 'exact') {
    const find: Finder = (text, most) => Promise.resolve(linesWith(text, wanted, most));
    return look(ports, { find, certain: wanted }, options);
  }
  const flags = checkPattern(wanted);
  if (ports.openPattern === undefined)
    throw new NootropicError('INPUT_INVALID', 'Regular expressions cannot be run here.', {
      hint: 'Look for an exact string instead.',
    });
  await using runner: PatternRunner = ports.openPattern(wanted, flags);
  // Awaited, since the runner is closed on the way out.
  return await look(ports, { find: (text, most) => runner.match(text, most), certain: certainPart(wanted) }, options);
}

/** The flags for a pattern, as `ripgrep --smart-case` would choose them. Rejects what is no regular expression. */
function checkPattern(source: string): string {
  const flags = /\p{Lu}/u.test(source.replace(/\\[pP]\{[^}]*\}|\\./gu, '')) ? 'u' : 'iu';
  try {
    return new RegExp(source, flags).flags;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new NootropicError('INPUT_INVALID', why.replace(/\.?$/u, '.'), {
      cause,
      hint: 'It is a regular expression of JavaScript in Unicode mode; use exact mode for a string as it stands.',
    });
  }
}

/**
 * The longest string that every match of a regular expression holds; empty where none is plain to see: letters, digits, `_` and spaces outside of all
 * groups, alternatives and classes, that no quantifier follows.
 */
export function certainPart(source: string): string {
  const plainSource = source.replace(/^\^|\$$/gu, '');
  if (/[|()[\]{}]|\\[uxck0-9]/u.test(plainSource)) return '';
  const runs = plainSource.replace(/\\./gu, '\n').match(/[\w ]+[?*+]?/gu) ?? [];
  const held = runs.map((run) => (/[?*]$/u.test(run) ? run.slice(0, -2) : run.replace(/\+$/u, '')));
  return held.reduce((longest, run) => (run.length > longest.length ? run : longest), '');
}

interface Looking {
  readonly find: Finder;
  /** Without regard to case, what each file with a match holds. */
  readonly certain: string;
}

async function look(ports: TreeSearchPorts, looking: Looking, options: TreeSearchOptions): Promise<TreeSearchResult> {
  const { scope, limit, signal } = options;
  const startedAt = ports.clock();
  const notices = [...scope.notices];
  const { files: inOrderOfRole, tooLarge } = await filesInOrder(ports, options);
  const { sketches } = ports;
  const files = sketches ? inOrderOfRole.filter((entry) => sketches.mayHold(entry, looking.certain)) : inOrderOfRole;
  const hits: SearchHit[] = [];
  // A kind is only known after a match is found, so that more than the limit may be needed.
  const most = options.kinds.length > 0 ? limit * 20 : limit;
  // What is given up is the first text that was not looked through, so that they must come one after the other.
  const nextFinder = inTurn(looking.find);
  const lookNext = (entry: TreeFile): Promise<Looked> => {
    const { find, done } = nextFinder();
    return lookIn(ports, entry, { find, most }).finally(done);
  };
  let lastBreath = ports.clock();
  for await (const { path, text, matches } of inOrder(files, lookNext)) {
    if (signal?.aborted) throw new NootropicError('ABORTED');
    if (matches === undefined) {
      notices.push(`The pattern takes too long on ${path}; what lies behind it was not looked at.`);
      break;
    }
    if (matches.length > 0) hits.push(...(await hitsIn(ports, { path, text, matches }, options)));
    if (hits.length >= limit) break;
    const now = ports.clock();
    if (now - startedAt > (ports.treeSearchMs ?? timeLimit)) {
      notices.push(`Stopped after ${String(Math.round((now - startedAt) / 1000))} s; not every file was looked at.`);
      break;
    }
    if (now - lastBreath < breathMs) continue;
    await new Promise<void>((resume) => setTimeout(resume, 0));
    lastBreath = ports.clock();
  }
  if (hits.length < limit && tooLarge > 0)
    notices.push(`${String(tooLarge)} ${tooLarge === 1 ? 'file is' : 'files are'} too large to be looked at.`);
  return { hits: hits.slice(0, limit), notices };
}

/** What is to be looked at, source first. */
async function filesInOrder(
  ports: TreeSearchPorts,
  { scope, signal }: TreeSearchOptions,
): Promise<{ files: TreeFile[]; tooLarge: number }> {
  const found: { readonly entry: TreeFile; readonly weight: number }[] = [];
  let tooLarge = 0;
  const known = await ports.knownTree?.();
  for await (const walked of known ? asWalked(known) : walk(ports.files, ports.limits, signal)) {
    if ('file' in walked) {
      const { path } = walked.file;
      if (scope.allowsPath(path)) found.push({ entry: walked.file, weight: roleWeight(pathRole(path), plain) });
    } else if (walked.skipped.reason.includes('larger than') && scope.allowsPath(walked.skipped.path)) tooLarge += 1;
  }
  found.sort(
    (one, other) =>
      other.weight - one.weight || (one.entry.path < other.entry.path ? -1 : one.entry.path > other.entry.path ? 1 : 0),
  );
  return { files: found.map(({ entry }) => entry), tooLarge };
}

function* asWalked({ files, skipped }: KnownTree): Generator<{ file: TreeFile } | { skipped: SkippedFile }> {
  for (const file of files) yield { file };
  for (const left of skipped) yield { skipped: left };
}

async function lookIn(
  ports: TreeSearchPorts,
  entry: TreeFile,
  { find, most }: { readonly find: Finder; readonly most: number },
): Promise<Looked> {
  const nothing: Looked = { path: entry.path, text: '', matches: [] };
  let bytes: Uint8Array;
  try {
    bytes = await ports.files.read(entry.path, { maxBytes: ports.limits.maxFileBytes });
  } catch (error) {
    // It went, or grew, since it was listed.
    if (NootropicError.from(error).code === 'ABORTED') throw error;
    return nothing;
  }
  const source = readSourceText(bytes);
  if ('reason' in source) return nothing;
  const text = source.text.includes('\r') ? source.text.replace(/\r\n?/gu, '\n') : source.text;
  // Of a file that changed since it was listed, the size tells most of the time; the next listing has its new time in any case.
  if (bytes.length === entry.bytes) ports.sketches?.note(entry, text);
  return { path: entry.path, text, matches: await find(text, most) };
}

/** The same finder for work that is done side by side: texts are looked through in the order in which it was asked for here, whichever was read first. */
function inTurn(find: Finder): () => { readonly find: Finder; readonly done: () => void } {
  let last = Promise.resolve();
  return () => {
    const before = last;
    const { promise, resolve: done } = Promise.withResolvers<void>();
    last = promise;
    const mine: Finder = async (text, limit) => {
      await before;
      const found = find(text, limit);
      done();
      return found;
    };
    return { find: mine, done };
  };
}

/** Works ahead on a few entries, and gives the results in the order of the entries. */
async function* inOrder<T, R>(entries: readonly T[], work: (entry: T) => Promise<R>): AsyncGenerator<R> {
  const ahead: Promise<R>[] = [];
  let next = 0;
  for (;;) {
    for (; next < entries.length && ahead.length < readAhead; next += 1) {
      const started = work(entries[next] as T);
      // When the search ends before its turn comes, nobody waits for it.
      started.catch(() => undefined);
      ahead.push(started);
    }
    const first = ahead.shift();
    if (first === undefined) return;
    yield await first;
  }
}

async function hitsIn(
  ports: TreeSearchPorts,
  { path, text, matches }: { readonly path: string; readonly text: string; readonly matches: readonly LineMatch[] },
  { kinds, mode }: TreeSearchOptions,
): Promise<SearchHit[]> {
  const symbols = await symbolsOf(ports.index, path);
  const lines = splitLines(text);
  const score = roleWeight(pathRole(path), plain);
  return matches.flatMap((match): SearchHit[] => {
    const holder = symbolAt(symbols, match.startLine);
    if (
      kinds.length > 0 &&
      !symbols.some((symbol) => kinds.includes(symbol.kind) && symbolAt([symbol], match.startLine))
    )
      return [];
    const { startLine, endLine } = match;
    const snippet = matchSnippet(lines, match);
    const symbol = holder?.name ?? '';
    return [{ path, startLine, endLine, symbol, score, snippet, signals: [{ signal: mode, value: 1, part: score }] }];
  });
}

/** The symbols of a file as they were when it was indexed; none where it is not, or where the index cannot be read. */
async function symbolsOf(index: SearchIndex, path: string): Promise<readonly SymbolInfo[]> {
  try {
    for await (const { symbols } of index.facts([path])) return symbols;
  } catch (error) {
    if (NootropicError.from(error).code === 'ABORTED') throw error;
  }
  return [];
}
