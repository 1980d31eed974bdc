import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { workspaceRoot } from './workspace-root.ts';

let root: string;

beforeEach(() => {
  // Below the workspace, so that `vitest` is found.
  mkdirSync(join(workspaceRoot, '.cache'), { recursive: true });
  root = mkdtempSync(join(workspaceRoot, '.cache/closing-line-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function runTests(files: Record<string, string>): { lastLine: string; status: number | null; counts: unknown } {
  const reporter = join(import.meta.dirname, 'closing-line-reporter.ts');
  writeFileSync(
    join(root, 'vitest.config.ts'),
    `export default { test: { reporters: ['default', [${JSON.stringify(reporter)}, { countsFile: 'counts.json' }]] } };\n`,
  );
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  const vitest = join(workspaceRoot, 'node_modules/vitest/vitest.mjs');
  const { stdout, status } = spawnSync(process.execPath, [vitest, 'run'], { cwd: root, encoding: 'utf8' });
  return {
    lastLine: stdout.trimEnd().split('\n').at(-1) ?? '',
    status,
    counts: JSON.parse(readFileSync(join(root, 'counts.json'), 'utf8')),
  };
}

it('closes a run with its counts, the last line and a file', () => {
  const result = runTests({
    'some.test.ts':
      "import { expect, it } from 'vitest';\nit('a', () => {});\nit('b', () => expect(1).toBe(2));\nit.skip('c', () => {});\nit.todo('d');\n",
  });
  expect(result).toEqual({
    lastLine: '1 passed, 1 failed, 2 skipped',
    status: 1,
    counts: { passed: 1, failed: 1, skipped: 2 },
  });
});

it('counts a file that cannot be read, and an error outside any test, as failures', () => {
  const result = runTests({
    'broken.test.ts': "throw new Error('while loading');\n",
    'stray.test.ts':
      "import { it } from 'vitest';\nit('a', async () => {\n  void Promise.reject(new Error('stray'));\n  await new Promise((done) => setTimeout(done, 20));\n});\n",
  });
  expect(result.lastLine).toBe('1 passed, 2 failed, 0 skipped');
  expect(result.status).not.toBe(0);
});
