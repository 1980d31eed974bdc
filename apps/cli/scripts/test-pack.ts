// Packs the program as it would be published, installs it into an empty prefix, and runs it in a folder that has
// nothing to do with the repository. Needs the npm registry, so it is no part of `npm test`.
import { execFileSync } from 'node:child_process';
import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPlace } from '../e2e/command.ts';

/** What an installation may take on disk, in bytes, with what runs on the processor only. */
const budget = 350e6;
const root = join(import.meta.dirname, '..');

await using place = await createPlace();
const packed = await fs.mkdtemp(join(tmpdir(), 'nootropic-pack-'));
try {
  const prefix = join(packed, 'prefix');
  npm(['pack', '--pack-destination', packed], root);
  const tarball = (await fs.readdir(packed)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack made no tarball.');
  const packedBytes = (await fs.stat(join(packed, tarball))).size;
  npm(['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', join(packed, tarball)], packed);

  const bytes = await diskUse(prefix);
  const versions = nootropic(prefix, ['--version']).trim();
  nootropic(prefix, ['index']);
  const search = JSON.parse(
    nootropic(prefix, ['search', '--json', 'parse the body of a request']).split('\n')[0] ?? '',
  ) as { path: string };
  if (search.path !== 'src/parse-body.ts') throw new Error(`The search found ${search.path} first.`);
  lastEvent(nootropic(prefix, ['ask', '--json', 'where are sessions stored?']), 'none');
  const model = tinyModel();
  lastEvent(nootropic(prefix, ['ask', '--json', '--model', `file:${model}`, 'hi']), `file:${model}`);
  const lance = { NOOTROPIC_INDEX_VECTORS: 'lancedb' };
  nootropic(prefix, ['index', '--rebuild'], lance);
  nootropic(prefix, ['search', '--json', 'sessions'], lance);

  process.stdout.write(
    `nootropic ${versions}: packed ${mega(packedBytes)}, installed ${mega(bytes)} of at most ${mega(budget)}\n`,
  );
  for (const [name, size] of await largest(prefix)) process.stdout.write(`  ${mega(size).padStart(9)}  ${name}\n`);
  if (bytes > budget) throw new Error('The installation is larger than its budget.');
} finally {
  await fs.rm(packed, { recursive: true, force: true });
}

function npm(args: readonly string[], cwd: string): void {
  execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' });
}

/** The tiny model of the testing library: a test's library is not for programs to import, so its own target is run. */
function tinyModel(): string {
  const out = execFileSync('nx', ['run', 'testing:tiny-gguf', '--outputStyle=static'], {
    cwd: join(root, '../..'),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  });
  const path = out.split('\n').find((line) => line.trim().endsWith('.gguf'));
  if (path === undefined) throw new Error(`testing:tiny-gguf named no file:\n${out}`);
  return path.trim();
}

/** Runs the installed program; throws unless it ends with 0. */
function nootropic(prefix: string, args: readonly string[], env: Record<string, string> = {}): string {
  const [command, first] =
    process.platform === 'win32'
      ? [join(prefix, 'nootropic.cmd'), []]
      : [process.execPath, [join(prefix, 'bin/nootropic')]];
  return execFileSync(command, [...first, ...args], {
    cwd: place.repository,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
    env: { PATH: process.env['PATH'], HOME: place.folder, NOOTROPIC_HOME: place.home, ...env },
  });
}

function lastEvent(out: string, model: string): void {
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; model?: string });
  const chosen = events.find(({ type }) => type === 'model-chosen')?.model;
  if (events.at(-1)?.type !== 'turn-end' || chosen !== model)
    throw new Error(`A turn with ${model} ended in ${JSON.stringify(events.at(-1))}, answered by ${chosen}.`);
}

/** Bytes of all files below a folder, links not followed. */
async function diskUse(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await fs.readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await fs.stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

/** The packages that take the most. */
async function largest(prefix: string): Promise<[string, number][]> {
  const modules = join(prefix, process.platform === 'win32' ? '' : 'lib', 'node_modules/nootropic');
  const names = ['dist'];
  for (const name of await fs.readdir(join(modules, 'node_modules'))) {
    if (name.startsWith('@'))
      for (const inner of await fs.readdir(join(modules, 'node_modules', name)))
        names.push(`node_modules/${name}/${inner}`);
    else if (!name.startsWith('.')) names.push(`node_modules/${name}`);
  }
  const sizes = await Promise.all(
    names.map(async (name): Promise<[string, number]> => [name, await diskUse(join(modules, name))]),
  );
  return sizes.sort((a, b) => b[1] - a[1]).slice(0, 8);
}

function mega(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
