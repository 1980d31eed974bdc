import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeParser, describeReflexionContract } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import {
  hasProgram,
  localProject as makeProject,
  type LocalProjectOptions,
  type ProjectFiles,
} from './local-project.fixture.ts';

const localProject = (files: ProjectFiles, options: Partial<LocalProjectOptions> = {}) =>
  makeProject(files, { parser: createFakeParser(), ...options });

const passes = (name: string) => ({ name, ok: true, output: '' });

const math = 'export function add(a, b) {\n  return a + b;\n}\n';
const mathTest = [
  "import assert from 'node:assert';",
  "import { test } from 'node:test';",
  "import { add } from '../src/math.js';",
  "test('adds', () => assert.strictEqual(add(1, 2), 3));",
  '',
].join('\n');
const nodeProject = {
  'package.json': '{"type": "module", "scripts": {"test": "node --test"}}',
  'src/math.js': math,
  'test/math.test.js': mathTest,
};

describeReflexionContract('local reflexion', async () => {
  let time = 1_000;
  const project = await localProject(nodeProject, { now: () => (time += 1) });
  return {
    reflexion: project.reflexion,
    attempts: {
      sound: await project.attempt({ 'src/math.js': math.replace('a + b', 'b + a') }),
      broken: await project.attempt({ 'src/other.js': 'export function other( {\n' }),
      unknown: await project.attempt({ 'logo.png': 'x' }),
    },
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  };
});

describe('the parse judge', () => {
  it('holds only what is new against an attempt', async () => {
    await using project = await localProject({ 'a.js': 'f(;\n', 'b.js': 'f();\n' });
    expect(await project.judge({ 'a.js': '\nf(; // still\n' }, { judges: 'parse-only' })).toEqual([passes('parse')]);
    expect(await project.judge({ 'a.js': 'f();\n' }, { judges: 'parse-only' })).toEqual([passes('parse')]);
    const results = await project.judge({ 'b.js': 'f();\nif (x {\n  g();\n' }, { judges: 'parse-only' });
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ name: 'parse', ok: false });
    expect(results[0]?.output).toContain('b.js:2: syntax error: missing )\n    if (x {');
  });

  it('knows JSON that programs read strictly from JSON with comments', async () => {
    await using project = await localProject({
      'data.json': '{"a": 1}',
      'loose.json': '{"a": 1,}',
      'tsconfig.json': '{}',
    });
    const strict = await project.judge({ 'data.json': '{\n  "a": 1,\n}' }, { judges: 'parse-only' });
    expect(strict[0]?.output).toMatch(/^data\.json:3: syntax error: this is not strict JSON/u);
    for (const path of ['loose.json', 'tsconfig.json'])
      expect(await project.judge({ [path]: '{"a": 2,}' }, { judges: 'parse-only' })).toEqual([passes('parse')]);
  });

  it('does not believe a grammar that does not know what Node takes', async () => {
    // To the parser of these tests a bracket in a string is one of the program.
    await using project = await localProject({});
    expect(await project.judge({ 'a.ts': "const a: string = '(';\n" }, { judges: 'parse-only' })).toEqual([
      passes('parse'),
    ]);
    expect((await project.judge({ 'b.ts': "const a: string = '(;\n" }, { judges: 'parse-only' }))[0]?.ok).toBe(false);
  });

  it('starts no program where only the parser may judge', async () => {
    await using project = await localProject(nodeProject);
    const broken = math.replace('a + b', 'a - b');
    expect(await project.judge({ 'src/math.js': broken }, { judges: 'parse-only' })).toEqual([passes('parse')]);
    expect(project.runner.requests).toEqual([]);
  });
});

describe('the tests judge', () => {
  it('runs the nearest tests, and gives the words of the first that fails', async () => {
    await using project = await localProject(nodeProject);
    const results = await project.judge({ 'src/math.js': math.replace('a + b', 'a - b') });
    expect(results[0]).toEqual(passes('parse'));
    expect(results[1]).toMatchObject({ name: 'tests (node --test)', ok: false });
    expect(results[1]?.output).toMatch(/^adds\n/u);
    expect(results[1]?.output).toContain('-1 !== 3');
    expect(results[1]?.output).not.toContain(project.root);
    expect(project.runner.requests[0]?.argv.slice(1)).toEqual(['--test', '--test-reporter=tap', 'test/math.test.js']);
    expect(project.runner.requests[0]?.sandbox).toEqual({ writes: true });
  });

  it('does not hold against an attempt what failed before, and says so', async () => {
    const failing = `${mathTest}test('is not finished', () => assert.fail('later'));\n`;
    await using project = await localProject({ ...nodeProject, 'test/math.test.js': failing });
    const fine = await project.judge({ 'src/math.js': math.replace('a + b', 'b + a') });
    expect(fine[1]).toMatchObject({ name: 'tests (node --test)', ok: false, unable: true });
    expect(fine[1]?.output).toMatch(/^what fails did so before this change: is not finished\n/u);
    const broken = await project.judge({ 'src/math.js': math.replace('a + b', 'a * b') });
    expect(broken[1]?.output).toMatch(/^adds\n/u);
    expect(broken[1]?.output).not.toContain('is not finished');
    expect(broken[1]?.unable).toBeUndefined();
  });

  it('leaves no trace of the copy in which it looks at what was before', async () => {
    await using project = await localProject(nodeProject);
    await project.judge({ 'src/math.js': math.replace('a + b', 'a - b'), 'src/new.js': 'export const x = 1;\n' });
    expect((await readdir(project.root)).sort()).toEqual(['package.json', 'src', 'test']);
    expect(await readFile(join(project.root, 'src/math.js'), 'utf8')).toContain('a - b');
    const copied = project.runner.requests.at(-1);
    expect(copied?.argv[0]).toBe('sh');
  });

  it('asks the graph which tests are near, and keeps to names where it cannot tell', async () => {
    const files = {
      ...nodeProject,
      'test/far.test.js': mathTest.replace("'adds'", "'far'"),
      'test/other.test.js': mathTest.replace("'adds'", "'other'"),
    };
    const broken = { 'src/math.js': math.replace('a + b', 'a - b') };
    await using asked = await localProject(files, { testsOf: async () => ['test/far.test.js'] });
    await asked.judge(broken);
    expect(asked.runner.requests[0]?.argv.slice(3)).toEqual(['test/far.test.js', 'test/math.test.js']);
    await using mute = await localProject(files, { testsOf: () => Promise.reject(new Error('no index')) });
    await mute.judge(broken);
    expect(mute.runner.requests[0]?.argv.slice(3)).toEqual(['test/math.test.js']);
  });

  it('runs vitest as the project has it', async () => {
    await using project = await localProject(
      {
        'package.json': '{"type": "module", "scripts": {"test": "vitest run"}, "devDependencies": {"vitest": "*"}}',
        'src/math.js': math,
        'src/math.test.js': mathTest.replace('node:test', 'vitest').replace('../src/', './'),
      },
      { packages: ['vitest', 'vite'] },
    );
    expect(await project.judge({ 'src/math.js': math.replace('a + b', 'b + a') })).toEqual([
      passes('parse'),
      passes('tests (vitest)'),
    ]);
    const results = await project.judge({ 'src/math.js': math.replace('a + b', 'a - b') });
    expect(results[1]).toMatchObject({ name: 'tests (vitest)', ok: false });
    expect(results[1]?.output).toMatch(/^src\/math\.test\.js > adds\n/u);
    expect(results[1]?.output).toContain('-1');
  });

  it('is unable where time is up, where nothing confines, and where the program is missing', async () => {
    const hanging = {
      ...nodeProject,
      'test/math.test.js': mathTest.replace('() => assert', '() => { for (;;); }, () => assert'),
    };
    await using slow = await localProject(hanging, { limits: { tests: 1_000 } });
    const late = await slow.judge({ 'src/math.js': math.replace('a + b', 'b + a') });
    expect(late[1]).toEqual({
      name: 'tests (node --test)',
      ok: false,
      unable: true,
      output: 'it took longer than 1 s',
    });
    await using open = await localProject(nodeProject, { confines: false });
    const refused = await open.judge({ 'src/math.js': math.replace('a + b', 'a - b') });
    expect(refused[1]).toMatchObject({ name: 'tests (node --test)', unable: true });
    expect(open.runner.requests.every(({ sandbox }) => sandbox !== undefined)).toBe(true);
    await using told = await localProject(nodeProject, { confines: false, unconfined: true });
    const judged = await told.judge({ 'src/math.js': math.replace('a + b', 'a - b') });
    expect(judged[1]).toMatchObject({ name: 'tests (node --test)', ok: false });
    expect(judged[1]?.unable).toBeUndefined();
    const jest = '{"scripts": {"test": "jest"}}';
    await using bare = await localProject({ ...nodeProject, 'package.json': jest });
    expect(await bare.judge({ 'src/math.js': math.replace('a + b', 'a - b') })).toEqual([passes('parse')]);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const hanging = { ...nodeProject, 'test/math.test.js': 'for (;;);\n' };
    await using project = await localProject(hanging);
    const attempt = await project.attempt({ 'src/math.js': `${math}// x\n` }, { signal: controller.signal });
    const seen: string[] = [];
    const judging = (async () => {
      for await (const { name } of project.reflexion.judge(attempt)) {
        seen.push(name);
        controller.abort();
      }
    })();
    await expect(judging).rejects.toMatchObject({ code: 'ABORTED' });
    expect(seen).toEqual(['parse']);
  });
});

describe('the types judge', () => {
  const typescript = {
    'package.json': '{"type": "module"}',
    'tsconfig.json':
      '{"compilerOptions": {"strict": true, "module": "nodenext", "target": "es2022", "noEmit": true, "types": [], "allowImportingTsExtensions": true}, "include": ["src"]}',
    'src/area.ts': 'export function area(width: number, height: number): number {\n  return width * height;\n}\n',
    'src/barrel.ts': "export * from './area.ts';\n",
    'src/room.ts': "import { area } from './barrel.ts';\nexport const room: number = area(2, 3);\n",
    'src/old.ts': 'export const wrong: number = "text";\n',
  };

  it('finds what a change breaks in the files that import it', async () => {
    await using project = await localProject(typescript, { packages: ['typescript'] });
    const sound = (typescript['src/area.ts'] ?? '').replace('width * height', 'height * width');
    expect(await project.judge({ 'src/area.ts': sound })).toEqual([passes('parse'), passes('types (tsc)')]);
    const results = await project.judge({ 'src/area.ts': sound.replace(', height: number', ', height: string') });
    expect(results[1]).toMatchObject({ name: 'types (tsc)', ok: false });
    expect(results[1]?.output).toMatch(/^src\/area\.ts:2: TS236[23]/u);
    expect(results[1]?.output).toContain('src/room.ts:2: TS2345');
    expect(results[1]?.output).toContain('    export const room: number = area(2, 3);');
    expect(results[1]?.output).not.toContain('old.ts');
    expect(project.runner.requests.every(({ sandbox }) => sandbox?.writes === false)).toBe(true);
    expect((await readdir(project.root)).sort()).toEqual(['node_modules', 'package.json', 'src', 'tsconfig.json']);
  });

  it('does not count errors that were there before', async () => {
    await using project = await localProject(typescript, { packages: ['typescript'] });
    const old = typescript['src/old.ts'];
    expect(await project.judge({ 'src/old.ts': `// moved down\n\n${old}` })).toEqual([
      passes('parse'),
      passes('types (tsc)'),
    ]);
    const worse = await project.judge({ 'src/old.ts': `${old}export const also: string = 1;\n` });
    expect(worse[1]?.output).toContain('also');
    expect(worse[1]?.output).not.toContain('wrong');
  });

  it('judges new files, deleted ones, and projects that only refer to others', async () => {
    await using project = await localProject(
      {
        ...typescript,
        'tsconfig.json': '{"files": [], "references": [{"path": "./tsconfig.lib.json"}]}',
        'tsconfig.lib.json': typescript['tsconfig.json'].replace(
          '"noEmit": true',
          '"composite": true, "emitDeclarationOnly": true',
        ),
      },
      { packages: ['typescript'] },
    );
    const created = await project.judge({
      'src/fresh.ts': "import { area } from './area.ts';\nexport const n: string = area(1, 2);\n",
    });
    expect(created[1]?.output).toContain('src/fresh.ts:2: TS2322');
    const gone = await project.judge({ 'src/area.ts': null, 'src/fresh.ts': null });
    expect(gone[0]).toMatchObject({ name: 'types (tsc)', ok: false });
    expect(gone[0]?.output).toContain('src/barrel.ts:1: TS2307');
  });

  it('says nothing of a file that the project leaves to others', async () => {
    await using project = await localProject(typescript, { packages: ['typescript'] });
    expect(
      await project.judge({ 'scripts/a.ts': 'export const a: string = 1;\n', 'src/b.js': 'export {};\n' }),
    ).toEqual([passes('parse')]);
  });

  it('says nothing where the project has no TypeScript', async () => {
    await using project = await localProject(typescript);
    expect(await project.judge({ 'src/area.ts': 'export const area = 1;\n' })).toEqual([passes('parse')]);
  });
});

describe('the lint judge', () => {
  it('counts new errors of the linter that the project configures', async () => {
    const files = {
      'package.json': '{"type": "module"}',
      'eslint.config.js':
        'export default [{ rules: { "no-undef": "error", "no-var": "error", "no-empty": "warn", "no-console": "warn" } }];\n',
      'src/a.js': 'var old = 1;\nexport default old;\n',
    };
    await using project = await localProject(files, { packages: ['eslint'] });
    const sound = 'var old = 1;\nif (old) {}\nexport default old;\n';
    expect(await project.judge({ 'src/a.js': sound })).toEqual([passes('parse'), passes('lint (eslint)')]);
    const results = await project.judge({ 'src/a.js': `${sound}missing();\n` });
    expect(results[1]).toEqual({
      name: 'lint (eslint)',
      ok: false,
      output: "src/a.js:4: 'missing' is not defined. (no-undef)\n    missing();",
    });
    await project.put('eslint.config.js', 'nonsense(');
    expect((await project.judge({ 'src/a.js': sound }))[1]).toMatchObject({ name: 'lint (eslint)', unable: true });
  });
});

const python = {
  'flags.py': 'def parse(text):\n    return text.split(",")\n',
  'tests/__init__.py': '',
  'tests/test_flags.py':
    'import unittest\nfrom flags import parse\n\n\nclass Flags(unittest.TestCase):\n    def test_splits(self):\n        self.assertEqual(parse("a,b"), ["a", "b"])\n',
};
const hasPython = await hasProgram('python3', '--version');
const hasPytest = await hasProgram('python3', '-m', 'pytest', '--version');
const hasCargo = await hasProgram('cargo', '--version');
const hasGo = await hasProgram('go', 'version');

describe('the judges of other languages', () => {
  it.skipIf(!hasPython)('judge Python by its own compiler and by unittest', async () => {
    await using project = await localProject(python);
    const indented = await project.judge({ 'flags.py': 'def parse(text):\nreturn text\n' });
    expect(indented[0]?.output).toMatch(/^flags\.py:2: syntax error: expected an indented block/u);
    const results = await project.judge({ 'flags.py': 'def parse(text):\n    return text.split(";")\n' });
    // What was before is broken too, so that nothing can be told.
    expect(results[1]).toMatchObject({ name: 'tests (unittest)', unable: true });
    expect((await project.judge({ 'flags.py': python['flags.py'] }))[1]).toEqual(passes('tests (unittest)'));
    const broken = await project.judge({ 'flags.py': 'def parse(text):\n    return text.split(";")\n' });
    expect(broken[1]).toMatchObject({ name: 'tests (unittest)', ok: false });
    expect(broken[1]?.output).toContain("AssertionError: Lists differ: ['a,b'] != ['a', 'b']");
    expect((await readdir(join(project.root, 'tests'))).sort()).toEqual(['__init__.py', 'test_flags.py']);
  });

  it.skipIf(!hasPytest)('judge Python by pytest', async () => {
    const test = 'from flags import parse\n\n\ndef test_splits():\n    assert parse("a,b") == ["a", "b"]\n';
    await using project = await localProject({
      ...python,
      'pytest.ini': '[pytest]\npythonpath = .\n',
      'tests/test_flags.py': test,
    });
    expect((await project.judge({ 'flags.py': `${python['flags.py']}\n` }))[1]).toEqual(passes('tests (pytest)'));
    const broken = await project.judge({ 'flags.py': 'def parse(text):\n    return text.split(";")\n' });
    expect(broken[1]).toMatchObject({ name: 'tests (pytest)', ok: false });
    expect(broken[1]?.output).toMatch(/^tests\/test_flags\.py::test_splits\n/u);
    expect(broken[1]?.output).toContain("assert ['a,b'] == ['a', 'b']");
  });

  const crate = {
    'Cargo.toml': '[package]\nname = "flags"\nversion = "0.1.0"\nedition = "2021"\n',
    'Cargo.lock': 'version = 3\n\n[[package]]\nname = "flags"\nversion = "0.1.0"\n',
    'src/lib.rs':
      'pub fn double(n: i32) -> i32 {\n    n * 2\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn doubles() {\n        assert_eq!(super::double(2), 4);\n    }\n}\n',
  };
  it.skipIf(!hasCargo)('judge Rust by cargo', { timeout: 180_000 }, async () => {
    const fake = createFakeParser();
    const parser = { ...fake, language: (path: string) => (path.endsWith('.rs') ? 'rust' : fake.language(path)) };
    await using project = await localProject(crate, { parser });
    const results = await project.judge({ 'src/lib.rs': crate['src/lib.rs'].replace('n * 2', 'n * "2"') });
    expect(results.at(-1)).toMatchObject({ name: 'types (cargo check)', ok: false });
    expect(results.at(-1)?.output).toContain('src/lib.rs:2: cannot multiply `i32` by `&str`');
    await project.put('src/lib.rs', crate['src/lib.rs']);
    const failing = await project.judge({ 'src/lib.rs': crate['src/lib.rs'].replace('n * 2', 'n * 3') });
    expect(failing.at(-1)).toMatchObject({ name: 'tests (cargo test)', ok: false });
    expect(failing.at(-1)?.output).toContain('tests::doubles');
    expect((await readdir(project.root)).sort()).toEqual(['Cargo.lock', 'Cargo.toml', 'src']);
  });

  it.skipIf(!hasGo)('judge Go by go vet and go test', { timeout: 180_000 }, async () => {
    const fake = createFakeParser();
    const parser = { ...fake, language: (path: string) => (path.endsWith('.go') ? 'go' : fake.language(path)) };
    const go = {
      'go.mod': 'module example.org/flags\n\ngo 1.21\n',
      'flags.go': 'package flags\n\nfunc Double(n int) int {\n\treturn n * 2\n}\n',
      'flags_test.go':
        'package flags\n\nimport "testing"\n\nfunc TestDouble(t *testing.T) {\n\tif Double(2) != 4 {\n\t\tt.Fatal("wrong")\n\t}\n}\n',
    };
    await using project = await localProject(go, { parser });
    const typed = await project.judge({ 'flags.go': go['flags.go'].replace('n * 2', 'n * "2"') });
    expect(typed.at(-1)).toMatchObject({ name: 'types (go vet)', ok: false });
    await project.put('flags.go', go['flags.go']);
    const failing = await project.judge({ 'flags.go': go['flags.go'].replace('n * 2', 'n * 3') });
    expect(failing.at(-1)).toMatchObject({ name: 'tests (go test)', ok: false });
  });
});
