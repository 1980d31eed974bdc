import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import {
  cFunctions,
  goFunctions,
  javaFunctions,
  phpFunctions,
  rustFunctions,
  scriptFunctions,
} from './brace-functions.ts';
import { docSentence } from './doc-sentence.ts';
import type { CorpusFunction, FunctionFinder } from './found-function.ts';
import { pythonFunctions, rubyFunctions } from './indented-functions.ts';
import type { Language, SourceTree } from './source-list.ts';

const finders: Readonly<Record<Language, { readonly endings: readonly string[]; readonly find: FunctionFinder }>> = {
  python: { endings: ['.py'], find: pythonFunctions },
  go: { endings: ['.go'], find: goFunctions },
  rust: { endings: ['.rs'], find: rustFunctions },
  javascript: { endings: ['.js', '.ts', '.mjs'], find: scriptFunctions },
  java: { endings: ['.java'], find: javaFunctions },
  c: { endings: ['.c'], find: cFunctions },
  php: { endings: ['.php'], find: phpFunctions },
  ruby: { endings: ['.rb'], find: rubyFunctions },
};

/** Folders and files that hold tests, builds, or copies of other packages. */
const passedOverFolders = new Set([
  '.git',
  '__pycache__',
  'test',
  'tests',
  'testing',
  'testdata',
  'test-resources',
  'node_modules',
  'vendor',
  'third_party',
  'ThirdParty',
  'target',
  '_vendor',
  'vendored',
  'fixtures',
  'examples',
]);
const passedOverFiles =
  /(?:_test\.go|\.min\.js|\.d\.ts|[-.](?:test|spec)\.\w+|Test\.java|Tests\.java|_test\.rb|Test\.php|\.pb\.go)$|^(?:test_|zz_|conftest|tests\.rs)/u;

/** A file that names one of these licences in its first lines is a stranger in its package. */
const strangerLicence =
  /GNU (?:Lesser |Affero |Library )?General Public|\b[AL]?GPL(?:-[23]|v[23])|Mozilla Public License|\bMPL-2|European Union Public|\bEUPL\b|Eclipse Public|\bEPL-|Creative Commons|\bCC-BY|Server Side Public|Business Source|Commons Clause|All rights reserved\. Proprietary/iu;
const licenceLines = 4_000;

const longestFile = 600_000;
const shortestCode = 25;
const longestCode = 12_000;

export interface Collected {
  readonly functions: CorpusFunction[];
  readonly files: number;
  /** Files left out since they name a licence that is not on the list. */
  readonly strangers: readonly string[];
}

/** The functions of one tree of an unpacked package, in the order of their paths. Each text counts once (see `keepFirst`). */
export async function collectFunctions(folder: string, tree: SourceTree): Promise<Collected> {
  const root = join(folder, tree.root);
  const { endings, find } = finders[tree.language];
  const exclude = tree.exclude.map((pattern) => new RegExp(pattern, 'u'));
  const only = tree.only.map((pattern) => new RegExp(pattern, 'u'));
  const functions: CorpusFunction[] = [];
  const strangers: string[] = [];
  let files = 0;
  for (const file of await sourceFiles(root, endings)) {
    const path = relative(root, file).split(sep).join('/');
    if (
      exclude.some((pattern) => pattern.test(path)) ||
      (only.length > 0 && !only.some((pattern) => pattern.test(path)))
    )
      continue;
    const text = (await readFile(file, 'utf8')).replaceAll('\r\n', '\n');
    if (text.length > longestFile) continue;
    if (strangerLicence.test(text.slice(0, licenceLines))) {
      strangers.push(`${tree.package}/${path}`);
      continue;
    }
    files += 1;
    for (const { name, owner, comment, code } of find(text)) {
      if (code.length < shortestCode || code.length > longestCode) continue;
      functions.push({
        language: tree.language,
        package: tree.package,
        split: tree.split,
        path,
        name,
        owner,
        doc: comment === '' ? '' : docSentence(comment),
        code,
      });
    }
  }
  return { functions, files, strangers };
}

async function sourceFiles(root: string, endings: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !passedOverFolders.has(entry.name)) folders.push(path);
      else if (entry.isFile() && endings.includes(extname(entry.name)) && !passedOverFiles.test(entry.name))
        found.push(path);
    }
  }
  return found.sort();
}

/**
 * Each function's text once, white space aside. What is measured on comes first, so that of two equal functions the one
 * of a training package is dropped.
 */
export function keepFirst(functions: readonly CorpusFunction[]): CorpusFunction[] {
  const order = { test: 0, dev: 1, train: 2 };
  const seen = new Set<string>();
  return functions
    .toSorted((a, b) => order[a.split] - order[b.split])
    .filter(({ code }) => {
      const hash = createHash('sha256').update(code.replace(/\s+/gu, '')).digest('base64');
      if (seen.has(hash)) return false;
      seen.add(hash);
      return true;
    });
}
