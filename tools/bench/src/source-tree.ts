import { cp, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BenchContext } from './bench-line.ts';
import { openParser } from './bench-knowledge.ts';
import { corpusFiles, openCorpus, readCorpora, textOf } from './corpora.ts';
import type { SourceText } from './function-set.ts';
import { runProgram } from './other-program.ts';
import { tinyCorpus } from './tiny-corpus.ts';

/** A folder of source files under git, made for one measurement: it may be changed. */
export interface SourceTree {
  readonly root: string;
  readonly files: number;
  readonly bytes: number;
  readonly packages: string;
}

/** A tree with its index, and what is measured with it. */
export interface TreePlace {
  readonly context: BenchContext;
  readonly tree: SourceTree;
  /** For commands that shall use this index. */
  readonly env: NodeJS.ProcessEnv;
}

const code = new Set(['typescript', 'tsx', 'javascript', 'python', 'go', 'rust', 'java', 'c', 'cpp']);
const wholeTree = 10_000;
const copiesOfTiny = 6;
/** Larger ones are data more often than source. */
const largestFile = 200_000;
/** Copies of other packages, which no index reads. */
const installed = /(^|\/)(vendor|node_modules|third_party)\//u;

/** The tree of 10 000 source files from the pinned packages, always the same; a small made one for a quick run. */
export async function openSourceTree(context: BenchContext, folder: string): Promise<SourceTree> {
  const root = join(folder, 'tree');
  const made = context.quick ? await writeTiny(root) : await copyWhole(root, context);
  const git = (...args: string[]): Promise<string> =>
    runProgram('git', ['-C', root, '-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], context);
  await git('init', '--quiet');
  await git('add', '--all', '--force');
  await git('commit', '--quiet', '--message', 'The tree as it was published');
  return { root, ...made };
}

async function writeTiny(root: string): Promise<Omit<SourceTree, 'root'>> {
  const sources = Array.from({ length: copiesOfTiny }, (_, copy) =>
    tinyCorpus().map(({ path, text }) => ({ path: `part${copy}/${path}`, text: `${text}// part ${copy}\n` })),
  ).flat();
  await writeSources(root, sources);
  const bytes = sources.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  return { files: sources.length, bytes, packages: 'a made corpus' };
}

async function copyWhole(root: string, context: BenchContext): Promise<Omit<SourceTree, 'root'>> {
  const { packages } = readCorpora();
  const key = createHash('sha256')
    .update(JSON.stringify([packages, wholeTree, largestFile, installed.source]))
    .digest('hex');
  const kept = join(context.place.cache, 'trees', key.slice(0, 16));
  if (!existsSync(kept)) await assemble(kept, context);
  await cp(kept, root, { recursive: true });
  const paths = await corpusFiles(root);
  const sizes = await Promise.all(paths.map(async (path) => (await stat(join(root, path))).size));
  return {
    files: paths.length,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    packages: packages.map(({ name, version }) => `${name} ${version}`).join(', '),
  };
}

/** From each package the same share of its files, evenly over their order, so that all languages are there. */
async function assemble(kept: string, context: BenchContext): Promise<void> {
  const { place, signal, say } = context;
  const parser = openParser();
  const found: { readonly from: string; readonly to: string }[] = [];
  for (const entry of readCorpora().packages) {
    const folder = await openCorpus(entry, { cache: place.cache, signal, say });
    for (const path of await corpusFiles(folder, entry.folders)) {
      const { size } = await stat(join(folder, path));
      if (!code.has(parser.language(path) ?? '') || installed.test(path) || size === 0 || size > largestFile) continue;
      found.push({ from: join(folder, path), to: `${entry.name}/${path}` });
    }
  }
  await parser[Symbol.asyncDispose]();
  await mkdir(dirname(kept), { recursive: true });
  const made = await mkdtemp(`${kept}.`);
  let count = 0;
  for (const [at, { from, to }] of found.entries()) {
    signal.throwIfAborted();
    if (Math.floor(((at + 1) * wholeTree) / found.length) <= count && found.length > wholeTree) continue;
    const text = await textOf(from);
    if (text === undefined) continue;
    await writeSources(made, [{ path: to, text }]);
    count += 1;
  }
  if (count < wholeTree * 0.98) {
    await rm(made, { recursive: true, force: true });
    throw new Error(`The pinned packages hold ${count} source files only.`);
  }
  await rename(made, kept);
}

async function writeSources(root: string, sources: readonly SourceText[]): Promise<void> {
  for (const { path, text } of sources) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}
