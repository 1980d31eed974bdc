import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { FsTree, flushChanges } from 'nx/src/generators/tree.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adapterGenerator } from './adapter-generator.ts';
import { commandGenerator } from './command-generator.ts';
import { libGenerator } from './lib-generator.ts';
import { toolGenerator } from './tool-generator.ts';

const workspaceRoot = resolve(import.meta.dirname, '../../..');
let root: string;
let changed: string[];

const ports = ['files', 'machine', 'parser', 'runner', 'search-index', 'session-log', 'telemetry'] as const;

/** The workspace as it is, with the types that are built, so that only what changed is checked; installed packages are linked. */
function copyWorkspace(to: string): void {
  const notCopied = new Set(['node_modules', '.cache', 'test-results']);
  const wanted = (path: string) =>
    !notCopied.has(basename(path)) && (basename(dirname(path)) !== 'dist' || basename(path) === 'types');
  for (const name of readdirSync(workspaceRoot)) {
    if (['.git', '.nx', '.cache', 'node_modules', 'docs'].includes(name)) continue;
    cpSync(join(workspaceRoot, name), join(to, name), {
      recursive: true,
      preserveTimestamps: true,
      filter: wanted,
    });
  }
  const installed = join(workspaceRoot, 'node_modules');
  for (const name of readdirSync(installed)) {
    if (name !== '@nootropic' && !name.startsWith('.')) link(join(installed, name), join(to, 'node_modules', name));
  }
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) symlinkSync(target, path, 'junction');
}

function linkProjects(at: string): void {
  const { references } = JSON.parse(readFileSync(join(at, 'tsconfig.json'), 'utf8')) as {
    references: { path: string }[];
  };
  for (const { path } of references) {
    if (!path.startsWith('apps/')) link(join(at, path), join(at, 'node_modules/@nootropic', basename(path)));
  }
}

function run(file: string, ...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules', file), ...args], {
    cwd: root,
    encoding: 'utf8',
    env: {
      ...process.env,
      NX_DAEMON: 'false',
      NX_WORKSPACE_ROOT_PATH: root,
      NX_TASK_TARGET_PROJECT: undefined,
      NO_COLOR: '1',
      FORCE_COLOR: '0',
    },
  });
  return { status, output: `${stdout}${stderr}` };
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'nootropic-generators-'));
  copyWorkspace(root);
  const tree = new FsTree(root, false);
  await libGenerator(tree, { name: 'weather', description: 'What the sky does.' });
  await toolGenerator(tree, { name: 'count-entries', description: "Count a folder's entries." });
  await commandGenerator(tree, { name: 'where', summary: 'print the folder it works in' });
  for (const port of ports) await adapterGenerator(tree, { vendor: 'acme', port });
  const changes = tree.listChanges();
  changed = changes.map(({ path }) => path);
  flushChanges(root, changes);
  linkProjects(root);
}, 120_000);

afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 3 }));

it('leaves what type-checks', () => {
  const projects = [
    'libs/weather',
    'libs/agents',
    'libs/adapters/machine',
    'libs/adapters/observability',
    'libs/adapters/parser',
  ];
  const more = ['libs/adapters/search', 'libs/adapters/storage', 'libs/adapters/workspace', 'apps/cli'];
  const { status, output } = run('typescript/bin/tsc', '-b', ...projects, ...more);
  expect(status, output).toBe(0);
}, 300_000);

it('leaves what lints', () => {
  // The boundary rule reads the project graph that Nx keeps.
  const graph = run('nx/dist/bin/nx.js', 'graph', '--file=graph.json');
  expect(graph.status, graph.output).toBe(0);
  const files = changed.filter((path) => path.endsWith('.ts') && !path.endsWith('vitest.config.ts'));
  const { status, output } = run('eslint/bin/eslint.js', '--max-warnings=0', ...files);
  expect(status, output).toBe(0);
}, 300_000);

it('leaves what passes its tests, the contract suite of its port among them', () => {
  const tests = changed.filter((path) => path.endsWith('.test.ts'));
  expect(tests).toHaveLength(3 + ports.length);
  const { status, output } = run('vitest/vitest.mjs', 'run', '--config', 'vitest.workspace.ts', ...tests);
  expect(status, output).toBe(0);
  expect(output.trimEnd().split('\n').at(-1)).toMatch(/^\d+ passed, 0 failed, \d+ skipped$/);
}, 300_000);

it('does not write over what is there', async () => {
  await expect(toolGenerator(new FsTree(root, false), { name: 'list', description: 'Again.' })).rejects.toThrow(
    'is there already',
  );
});
