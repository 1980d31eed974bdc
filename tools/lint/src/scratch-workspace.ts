import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const workspaceRoot = resolve(import.meta.dirname, '../../..');

/** A workspace of its own with this one's rules: for seeing what they say about code that must not be here. */
export interface ScratchWorkspace {
  readonly root: string;
  /** Adds an empty library named `@nootropic/NAME` in `folder`. */
  addProject(folder: string, project: { name: string; tags: string[] }): void;
  write(path: string, text: string): void;
  /** Runs Nx in it. */
  nx(...args: string[]): { status: number | null; output: string };
  [Symbol.dispose](): void;
}

/** Makes one in the system's temporary folder; disposing removes it. Installed packages are linked, not copied. */
export function createScratchWorkspace(): ScratchWorkspace {
  const root = mkdtempSync(join(tmpdir(), 'nootropic-lint-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };

  linkPackages(root);
  for (const file of ['package-lock.json', 'eslint.config.js', 'tsconfig.base.json'])
    cpSync(join(workspaceRoot, file), join(root, file));
  const nx = JSON.parse(readFileSync(join(workspaceRoot, 'nx.json'), 'utf8')) as { plugins: { plugin: string }[] };
  // A plugin of the workspace itself lies in a project that is not here.
  write('nx.json', JSON.stringify({ ...nx, plugins: nx.plugins.filter(({ plugin }) => !plugin.startsWith('.')) }));
  write(
    'package.json',
    JSON.stringify({
      name: 'scratch',
      private: true,
      type: 'module',
      workspaces: ['apps/*', 'libs/*', 'libs/adapters/*', 'tools/*'],
    }),
  );
  cpSync(join(workspaceRoot, 'tools/lint/src'), join(root, 'tools/lint/src'), { recursive: true });
  const lint = JSON.parse(readFileSync(join(workspaceRoot, 'tools/lint/package.json'), 'utf8')) as { nx: object };
  // All of it in one process: a second or two for each project would make this test a slow one.
  const everything = {
    command: 'eslint . --format=json --output-file=report.json',
    options: { cwd: '{workspaceRoot}' },
  };
  write(
    'tools/lint/package.json',
    JSON.stringify({ ...lint, nx: { ...lint.nx, targets: { 'lint-everything': everything } } }),
  );
  link(join(root, 'tools/lint'), join(root, 'node_modules/@nootropic/lint'));

  return {
    root,
    write,
    addProject(folder, { name, tags }) {
      const packageName = `@nootropic/${name}`;
      write(
        `${folder}/package.json`,
        JSON.stringify({
          name: packageName,
          version: '0.1.0',
          type: 'module',
          exports: './src/index.ts',
          nx: { name, tags },
        }),
      );
      write(`${folder}/src/index.ts`, `export const thing = '${name}';\n`);
      write(`${folder}/tsconfig.json`, JSON.stringify({ extends: join(root, 'tsconfig.base.json'), include: ['src'] }));
      link(join(root, folder), join(root, 'node_modules', packageName));
    },
    nx(...args) {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(root, 'node_modules/nx/dist/bin/nx.js'), ...args],
        {
          cwd: root,
          encoding: 'utf8',
          env: {
            ...process.env,
            NX_DAEMON: 'false',
            NX_WORKSPACE_ROOT_PATH: root,
            NX_TASK_TARGET_PROJECT: undefined,
            FORCE_COLOR: '0',
            NO_COLOR: '1',
          },
        },
      );
      return { status, output: `${stdout}${stderr}` };
    },
    [Symbol.dispose]() {
      rmSync(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, 'junction');
}

function linkPackages(root: string): void {
  const installed = join(workspaceRoot, 'node_modules');
  for (const name of readdirSync(installed)) {
    if (name !== '@nootropic' && !name.startsWith('.')) link(join(installed, name), join(root, 'node_modules', name));
  }
}
