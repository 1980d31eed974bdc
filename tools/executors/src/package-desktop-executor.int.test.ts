import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { listPackage } from '@electron/asar';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runPackageDesktop } from './package-desktop-executor.ts';

const fuses = { runAsNode: false, onlyLoadAppFromAsar: true };
const configuration = (more: object = {}) =>
  `export const builderConfiguration = ${JSON.stringify({ appId: 'a.b', electronFuses: fuses, extraResources: [{ from: 'resources/cli', to: 'cli' }], ...more })};`;

describe('the executor package-desktop', () => {
  let root = '';
  let lines: string[] = [];
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'package-desktop-'));
    lines = [];
    const installed = fileURLToPath(new URL('../../../node_modules', import.meta.url));
    await symlink(installed, join(root, 'node_modules'), 'junction');
    await put('apps/sample/package.json', JSON.stringify({ name: '@a/sample', version: '1.2.3', license: 'MIT' }));
    await put('apps/sample/electron-builder.ts', configuration());
    for (const [path, text] of Object.entries({
      ...{ 'main.js': 'export {};', 'link.js': 'export {};', 'preload.cjs': '', 'icon.png': 'png' },
      ...{ 'page/index.html': '<title>page</title>', 'types/a.d.ts': 'export {};', 'other.log': 'not shipped' },
    }))
      await put(`apps/sample/dist/${path}`, text);
    await put('apps/line/dist/main.js', 'export {};');
    await put('apps/line/dist/types/a.d.ts', 'export {};');
    await put('apps/line/bin/line.js', 'export {};');
    const needs = { dependencies: { 'better-sqlite3': '*' }, optionalDependencies: { 'not-on-this-system': '*' } };
    await put('apps/line/package.json', JSON.stringify({ name: 'line', version: '1.2.3', ...needs }));
    vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', join(root, 'no-such-folder'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  });

  async function put(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const run = () =>
    runPackageDesktop({ app: 'apps/sample', commandLine: 'apps/line' }, { root }, (line) => lines.push(line));

  it('leaves the whole folder, and says what is missing where Electron is not here', async () => {
    expect(await run()).toEqual({ success: false });
    expect(lines.at(-1)).toBe('exit code 3');
    expect(lines.join('\n')).toContain('npx install-electron');
    const out = join(root, 'apps/sample/dist/package');
    const entries = listPackage(join(out, 'resources/app.asar'), { isPack: false }).map((path) =>
      path.replaceAll('\\', '/'),
    );
    expect(entries).toEqual(
      expect.arrayContaining(['/main.js', '/link.js', '/preload.cjs', '/page/index.html', '/package.json']),
    );
    expect(entries.filter((path) => /other\.log|types/u.test(path) && !path.startsWith('/node_modules'))).toEqual([]);
    expect(entries).toContain('/node_modules/better-sqlite3/package.json');
    expect(JSON.parse(await readFile(join(out, 'fuses.json'), 'utf8'))).toEqual(fuses);
    expect(JSON.parse(await readFile(join(out, 'app/package.json'), 'utf8'))).toMatchObject({
      name: 'sample',
      main: 'main.js',
    });
    for (const path of [
      'resources/cli/dist/main.js',
      'resources/cli/bin/line.js',
      'resources/cli/node_modules/better-sqlite3/package.json',
    ])
      expect((await stat(join(out, path))).isFile()).toBe(true);
    await expect(stat(join(out, 'resources/cli/dist/types'))).rejects.toThrow();
    const node = join(out, 'resources/node', process.platform === 'win32' ? 'node.exe' : 'node');
    await chmod(node, 0o755);
    expect(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout).toMatch(/^v24\./u);
  }, 120_000);

  it('does not go on with a configuration that electron-builder would not take', async () => {
    await put('apps/sample/electron-builder.ts', configuration({ asaar: true }));
    await expect(run()).rejects.toThrow(/asaar/u);
  }, 120_000);

  it('says what to do where the app is not built', async () => {
    await rm(join(root, 'apps/sample/dist/main.js'));
    await expect(run()).rejects.toThrow('npx nx build desktop');
  });
});

describe('the plugin exit-code', () => {
  const plugin = pathToFileURL(fileURLToPath(new URL('exit-code-plugin.ts', import.meta.url))).href;
  const end = (outputs: readonly string[]): number | null => {
    const results = Object.fromEntries(
      outputs.map((terminalOutput, at) => [at, { status: 'failure', terminalOutput }]),
    );
    const script = `const { postTasksExecution } = await import(${JSON.stringify(plugin)}); postTasksExecution({}, { taskResults: ${JSON.stringify(results)} }); process.exit(1);`;
    return spawnSync(process.execPath, ['--input-type=module', '-e', script]).status;
  };

  it('lets Nx end with 3 where nothing but this machine stood in the way', () => {
    expect(end(['built\nexit code 3\n'])).toBe(3);
    expect(end(['built\nexit code 3\n', 'a fault'])).toBe(1);
    expect(end(['exit code 3 is what I wanted to say, but failed'])).toBe(1);
  });
});
