import { posix } from 'node:path';
import { isRecord, type Project } from './project.ts';
import { pythonPrograms } from './python-programs.ts';
import {
  readCargo,
  readGo,
  readJestJson,
  readMochaJson,
  readPytest,
  readTap,
  readUnittest,
  type ReadOutput,
} from './test-output.ts';

/** One run of a test runner over some files. */
export interface TestRun {
  /** `vitest`. */
  readonly runner: string;
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly read: ReadOutput;
}

const ecmascriptTest = /(?:[._-](?:test|spec)|^test)\.[cm]?[jt]sx?$/iu;
const pythonTest = /^(?:test_.+|.+_test|tests)\.py$/u;

/** Whether a file of tests is what its path says it is. */
export function isTestFile(path: string): boolean {
  const name = posix.basename(path);
  return (
    ecmascriptTest.test(name) ||
    pythonTest.test(name) ||
    name.endsWith('_test.go') ||
    (/(?:^|\/)(?:__tests__|tests?|specs?)\//u.test(path) &&
      /\.[cm]?[jt]sx?$/u.test(name) &&
      !/(?:fixture|helper|setup|support|mock)/iu.test(path)) ||
    (/(?:^|\/)tests\//u.test(path) && name.endsWith('.rs'))
  );
}

/** The name of what a test file is about: `flags` for `flags.test.ts`, `test_flags.py`, `flags_test.go`. */
export function subjectOf(path: string): string {
  return posix
    .basename(path)
    .replace(/\.[^.]+$/u, '')
    .replace(/[._-](?:int|unit|e2e|integration)(?=[._-](?:test|spec)$)/iu, '')
    .replace(/(?:[._-](?:test|spec)|_test)$/iu, '')
    .replace(/^test[_-]/iu, '')
    .toLowerCase();
}

const vitestConfigs = ['vitest.config', 'vitest.workspace', 'vite.config'].flatMap((name) =>
  ['ts', 'mts', 'js', 'mjs', 'cjs'].map((ending) => `${name}.${ending}`),
);

type Manifest = Readonly<Record<string, unknown>>;

function scriptOf(manifest: Manifest): string {
  const scripts = manifest['scripts'];
  return isRecord(scripts) && typeof scripts['test'] === 'string' ? scripts['test'] : '';
}

function dependsOn(manifest: Manifest, name: string): boolean {
  return ['dependencies', 'devDependencies'].some((field) => {
    const list = manifest[field];
    return isRecord(list) && name in list;
  });
}

/** `vitest`, `jest`, `mocha`, `ava` or `node`: by the script `test`, else by what the package depends on, else by what the file imports. */
async function ecmascriptRunner(
  path: string,
  project: Project,
): Promise<{ runner: string; folder: string; script: string } | undefined> {
  let nearest: { folder: string; script: string } | undefined;
  for (let from = path; ;) {
    const found = await project.nearest(from, ['package.json']);
    if (found === undefined) break;
    const manifest = (await project.json(posix.join(found.folder, found.name))) ?? {};
    const script = scriptOf(manifest);
    nearest ??= { folder: found.folder, script };
    for (const runner of ['vitest', 'jest', 'mocha', 'ava'])
      if (new RegExp(`(?:^|[\\s/])${runner}(?:\\s|$)`, 'u').test(script))
        return { runner, folder: found.folder, script };
    if (/(?:^|\s)node\s(?:.*\s)?--test(?:\s|$|=)/u.test(script))
      return { runner: 'node', folder: found.folder, script };
    for (const runner of ['vitest', 'jest', 'mocha', 'ava'])
      if (dependsOn(manifest, runner)) return { runner, folder: found.folder, script };
    if (found.folder === '.') break;
    from = found.folder;
  }
  const text = (await project.text(path)) ?? '';
  const { folder, script } = nearest ?? { folder: '.', script: '' };
  if (/['"]node:test['"]/u.test(text)) return { runner: 'node', folder, script };
  if (/['"]vitest['"]/u.test(text)) return { runner: 'vitest', folder, script };
  return undefined;
}

/** What the script gives Node so that it understands the tests: `--import tsx`. */
function nodeFlags(script: string): string[] {
  const flags = script.matchAll(
    /(?:^|\s)(--(?:import|loader|experimental-loader|require|conditions)|-r|-C)[\s=]+(\S+)|(?:^|\s)(--experimental-[\w-]+)(?=\s|$)/gu,
  );
  return [...flags].flatMap(([, flag, value, alone]) =>
    alone !== undefined ? [alone] : flag !== undefined && value !== undefined ? [flag, value] : [],
  );
}

async function ecmascriptRun(
  { runner, folder, script }: { readonly runner: string; readonly folder: string; readonly script: string },
  files: readonly string[],
  project: Project,
): Promise<TestRun | undefined> {
  const below = (cwd: string): string[] => files.map((file) => posix.relative(cwd, file));
  if (runner === 'node')
    return {
      ...{ runner: 'node --test', cwd: folder, read: readTap },
      argv: ['node', ...nodeFlags(script), '--test', '--test-reporter=tap', ...below(folder)],
    };
  const bin = await project.script(folder, { package: runner, bin: runner });
  if (bin === undefined) return undefined;
  if (runner === 'vitest') {
    const named = /--config[\s=]+(\S+)/u.exec(script)?.[1];
    const config = named === undefined ? await project.nearest(files[0] ?? '', vitestConfigs) : undefined;
    const cwd = config?.folder ?? folder;
    const argv = ['node', bin, 'run', '--reporter=json', ...(named === undefined ? [] : ['--config', named])] as const;
    return { runner, cwd, argv: [...argv, ...below(cwd)], read: readJestJson };
  }
  if (runner === 'jest')
    return {
      ...{ runner, cwd: folder, read: readJestJson },
      argv: ['node', bin, '--ci', '--json', '--cache=false', '--runTestsByPath', ...below(folder)],
    };
  if (runner === 'mocha')
    return { runner, cwd: folder, argv: ['node', bin, '--reporter', 'json', ...below(folder)], read: readMochaJson };
  return { runner, cwd: folder, argv: ['node', bin, '--tap', ...below(folder)], read: readTap };
}

async function pythonRun(files: readonly string[], project: Project): Promise<TestRun> {
  const first = files[0] ?? '';
  const home = await project.nearest(first, ['pyproject.toml', 'setup.py', 'setup.cfg', 'tox.ini', 'pytest.ini']);
  const cwd = home?.folder ?? '.';
  const program = await pythonPrograms(project);
  const text = (await Promise.all(files.map((file) => project.text(file)))).join('\n');
  const settings = await Promise.all(
    ['pyproject.toml', 'setup.cfg', 'tox.ini'].map((name) => project.text(posix.join(cwd, name))),
  );
  const usesPytest =
    /^\s*(?:import|from) pytest\b/mu.test(text) ||
    /\[tool[.:]pytest|\[pytest\]|\bpytest\b/u.test(settings.join('\n')) ||
    (await project.nearest(first, ['pytest.ini', 'conftest.py'])) !== undefined ||
    !/^\s*(?:import|from) unittest\b/mu.test(text);
  const source = (await project.exists(posix.join(cwd, 'src'))) ? { env: { PYTHONPATH: 'src' } } : {};
  const below = files.map((file) => posix.relative(cwd, file));
  const python = program('python3');
  return usesPytest
    ? {
        ...{ runner: 'pytest', cwd, read: readPytest, ...source },
        argv: [python, '-m', 'pytest', '-q', '--tb=short', '-rfE', '--color=no', '-p', 'no:cacheprovider', ...below],
      }
    : { ...{ runner: 'unittest', cwd, read: readUnittest, ...source }, argv: [python, '-m', 'unittest', ...below] };
}

async function byFolder(files: readonly string[], name: string, project: Project): Promise<Map<string, string[]>> {
  const groups = new Map<string, string[]>();
  for (const file of files) {
    const found = await project.nearest(file, [name]);
    if (found) groups.set(found.folder, [...(groups.get(found.folder) ?? []), file]);
  }
  return groups;
}

/** How the project would run these files of tests; a file that nothing is known to run is left out. */
export async function testRunsOf(files: readonly string[], project: Project): Promise<TestRun[]> {
  const runs: TestRun[] = [];
  const ecmascript = new Map<string, { found: { runner: string; folder: string; script: string }; files: string[] }>();
  for (const file of files.filter((path) => /\.[cm]?[jt]sx?$/u.test(path))) {
    const found = await ecmascriptRunner(file, project);
    if (found === undefined) continue;
    const key = `${found.runner}\n${found.folder}`;
    const group = ecmascript.get(key) ?? { found, files: [] };
    group.files.push(file);
    ecmascript.set(key, group);
  }
  for (const group of ecmascript.values()) {
    const run = await ecmascriptRun(group.found, group.files, project);
    if (run) runs.push(run);
  }
  const python = files.filter((path) => path.endsWith('.py'));
  if (python.length > 0) runs.push(await pythonRun(python, project));
  for (const [cwd, own] of await byFolder(
    files.filter((path) => path.endsWith('.go')),
    'go.mod',
    project,
  )) {
    const packages = [...new Set(own.map((path) => `./${posix.relative(cwd, posix.dirname(path))}`))];
    runs.push({
      ...{ runner: 'go test', cwd, read: readGo, env: { GOCACHE: '/tmp/nootropic-go-build' } },
      argv: ['go', 'test', '-count=1', '-vet=off', ...packages],
    });
  }
  for (const cwd of (
    await byFolder(
      files.filter((path) => path.endsWith('.rs')),
      'Cargo.toml',
      project,
    )
  ).keys())
    runs.push({
      ...{ runner: 'cargo test', cwd, read: readCargo, env: { CARGO_TARGET_DIR: '/tmp/nootropic-cargo-target' } },
      argv: ['cargo', 'test', '--offline', '--no-fail-fast'],
    });
  return runs;
}
