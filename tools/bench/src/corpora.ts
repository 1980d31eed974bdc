import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { runProgram } from './other-program.ts';

/** A published package, pinned by the digest of its archive. */
export interface CorpusPackage {
  /** Of its folder, too: letters, digits, dots and hyphens. */
  readonly name: string;
  readonly version: string;
  readonly from: 'npm' | 'debian';
  /** Where the archive lies; the next is asked where one does not answer, or gives something else. */
  readonly urls: readonly string[];
  /** Hex digest of the archive. */
  readonly sha256: string;
  /** SPDX expression. */
  readonly license: string;
  /** Only what is below these folders of the archive, whose own first folder does not count. Default: all. */
  readonly folders?: readonly string[];
  /** Where its doc comments become questions: the language they belong to, and only what is below these folders; absent where it only fills the tree. */
  readonly questions?: { readonly language: string; readonly folders?: readonly string[] };
}

export interface Corpora {
  readonly packages: readonly CorpusPackage[];
}

const file = join(import.meta.dirname, '../corpora.json');

/** The list of this workspace. */
export function readCorpora(): Corpora {
  return checkCorpora(JSON.parse(readFileSync(file, 'utf8')));
}

/** Throws `TypeError` naming the entry that is not as it must be. */
export function checkCorpora(value: unknown): Corpora {
  const packages = (value as { packages?: unknown } | null)?.packages;
  if (!Array.isArray(packages)) throw new TypeError('corpora.json holds no list of packages.');
  const names = new Set<string>();
  for (const [at, entry] of (packages as Partial<CorpusPackage>[]).entries()) {
    const wrong = problemOf(entry ?? {}) ?? (names.has(entry.name ?? '') ? 'name, which another has' : undefined);
    if (wrong !== undefined)
      throw new TypeError(`Package ${at + 1} (${entry?.name ?? 'no name'}) of corpora.json: ${wrong}.`);
    names.add(entry.name as string);
  }
  return { packages: packages as CorpusPackage[] };
}

function problemOf(entry: Partial<CorpusPackage>): string | undefined {
  const isText = (text: unknown, form: RegExp): boolean => typeof text === 'string' && form.test(text);
  const isList = (list: unknown, form: RegExp): boolean =>
    Array.isArray(list) && list.length > 0 && list.every((text) => isText(text, form));
  const known = new Set(['name', 'version', 'from', 'urls', 'sha256', 'license', 'questions', 'folders']);
  const strange = Object.keys(entry).find((key) => !known.has(key));
  if (strange !== undefined) return `${strange} is not known`;
  if (!isText(entry.name, /^[a-z\d][a-z\d.+-]*$/u)) return 'name';
  if (!isText(entry.version, /^\d[\w.+~-]*$/u)) return 'version';
  if (entry.from !== 'npm' && entry.from !== 'debian') return 'from';
  if (!isList(entry.urls, /^https?:\/\/[^\s]+\.(tgz|tar\.(gz|xz|bz2))$/u)) return 'urls';
  if (!isText(entry.sha256, /^[\da-f]{64}$/u)) return 'sha256';
  if (!isText(entry.license, /^[\w.+() -]+$/u)) return 'license';
  const { questions } = entry;
  if (questions !== undefined && !isText(questions.language, /^[a-z]+$/u)) return 'questions';
  for (const folders of [entry.folders, questions?.folders])
    if (folders !== undefined && !isList(folders, /^(?!\.)[\w./-]*\w$/u)) return 'folders';
  return undefined;
}

export interface CorpusPlace {
  /** Folder of what is downloaded once and kept. */
  readonly cache: string;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  readonly fetch?: typeof fetch;
}

/** The folder of a package's files; downloaded, checked and unpacked where it is not there yet. Throws when it cannot be had. */
export async function openCorpus(entry: CorpusPackage, place: CorpusPlace): Promise<string> {
  const folder = join(place.cache, 'corpora', `${entry.name}-${entry.version}-${entry.sha256.slice(0, 8)}`);
  if (existsSync(folder)) return folder;
  await mkdir(join(place.cache, 'corpora'), { recursive: true });
  place.say(`downloading ${entry.name} ${entry.version}`);
  const archive = await download(entry, place);
  const made = await mkdtemp(`${folder}.`);
  try {
    const path = join(made, 'archive');
    await writeFile(path, archive);
    await mkdir(join(made, 'files'));
    await runProgram('tar', ['-xf', path, '-C', join(made, 'files'), '--strip-components=1'], { signal: place.signal });
    // Whole or not at all, also where two runs unpack at once.
    await rename(join(made, 'files'), folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
  return folder;
}

async function download(entry: CorpusPackage, { signal, fetch: get = fetch }: CorpusPlace): Promise<Uint8Array> {
  const reasons: string[] = [];
  for (const url of entry.urls) {
    try {
      const response = await get(url, { signal });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      const digest = createHash('sha256').update(bytes).digest('hex');
      if (digest !== entry.sha256) throw new Error(`its digest is ${digest}, not the pinned one`);
      return bytes;
    } catch (error) {
      signal.throwIfAborted();
      reasons.push(`${url}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`${entry.name} ${entry.version} could not be had: ${reasons.join('; ')}`);
}

/** The paths, with `/`, of the regular files of an unpacked package that belong to it, in a fixed order. Links are left out. */
export async function corpusFiles(folder: string, folders: readonly string[] = ['.']): Promise<string[]> {
  const paths: string[] = [];
  for (const start of folders) {
    for (const entry of await readdir(join(folder, start), { withFileTypes: true, recursive: true })) {
      if (entry.isFile()) paths.push(relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
    }
  }
  return paths.sort();
}

/** The text of a file; `undefined` where it is not UTF-8. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch {
    return undefined;
  }
}
