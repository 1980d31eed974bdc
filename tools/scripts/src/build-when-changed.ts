import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { workspaceRoot } from './workspace-root.ts';

/*
 * What `npm start` does first: builds the command when anything it is made from has changed, else nothing.
 * Nx would find out by itself, but needs seconds for it. Stdout stays empty: it belongs to the command.
 */

const stampFile = join(workspaceRoot, '.cache/start-stamp');
const built = 'apps/cli/dist/main.js';
const notSource = new Set(['node_modules', 'dist', '.cache', 'test-results', 'coverage', 'e2e']);

function describe(path: string): string {
  const { size, mtimeMs } = statSync(join(workspaceRoot, path));
  return `${path}\0${size}\0${mtimeMs}`;
}

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(join(workspaceRoot, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory() && !notSource.has(entry.name)) yield* sources(path);
    else if (entry.isFile() && !/\.test\.tsx?$|\.md$/.test(entry.name)) yield describe(path);
  }
}

function stamp(): string {
  const lines = [
    ...sources('apps'),
    ...sources('libs'),
    describe('package-lock.json'),
    describe('nx.json'),
    describe(built),
  ];
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}

function isCurrent(): boolean {
  try {
    return readFileSync(stampFile, 'utf8') === stamp();
  } catch {
    return false; // Never built, or something it needs is gone: the build says what.
  }
}

if (!isCurrent()) {
  const nx = join(workspaceRoot, 'node_modules/nx/dist/bin/nx.js');
  if (process.stderr.isTTY) process.stderr.write('Building nootropic…\r');
  const build = spawnSync(process.execPath, [nx, 'run', 'cli:build', '--outputStyle=static'], {
    cwd: workspaceRoot,
    encoding: 'utf8',
  });
  if (process.stderr.isTTY) process.stderr.write('\u001b[2K');
  if (build.status === 0) {
    mkdirSync(dirname(stampFile), { recursive: true });
    writeFileSync(stampFile, stamp());
  } else {
    process.stderr.write(`${build.stdout}${build.stderr}`);
    process.exitCode = 1;
  }
}
