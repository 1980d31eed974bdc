import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closingLine, sumCounts, type TestCounts } from './closing-line.ts';
import { runWithoutNetwork } from './without-network.ts';
import { workspaceFolders, workspaceRoot } from './workspace-root.ts';

/*
 * `npm run check -- [--offline] [arguments of nx]`. With `--offline` all of it, the tests too, runs where there is no network but the loopback; it exits with
 * 3 where the system does not let a program have that.
 */

const args = process.argv.slice(2).filter((arg) => arg !== '--offline');
if (args.length < process.argv.length - 2) process.exit(runWithoutNetwork([fileURLToPath(import.meta.url), ...args]));

/** Everything that has to hold before a change goes in. Nx keeps each result, so what did not change is not run again. */
const targets = ['lint', 'typecheck', 'test', 'build', 'docs-check', 'dead-code', 'format-check'];

const countsFiles = workspaceFolders().map((folder) => join(folder, 'test-results/counts.json'));
// A count left by an earlier run must not stand in for one that was not reached.
for (const file of countsFiles) rmSync(file, { force: true });

const nx = join(workspaceRoot, 'node_modules/nx/dist/bin/nx.js');
const { status } = spawnSync(
  process.execPath,
  [nx, 'run-many', '-t', ...targets, '--outputStyle=static', '--nxBail=false', ...args],
  {
    cwd: workspaceRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
  },
);

const counts = countsFiles
  .filter((file) => existsSync(file))
  .map((file) => JSON.parse(readFileSync(file, 'utf8')) as TestCounts);
const missing = countsFiles.length - counts.length;
if (missing > 0)
  console.log(`${missing} of ${countsFiles.length} projects left no test result; each counts as one failure.`);
const total = sumCounts([...counts, { passed: 0, failed: missing, skipped: 0 }]);
if (status !== 0 && total.failed === 0) console.log('The tests pass, but a check failed: see above.');
console.log(closingLine(total));
process.exitCode = status === 0 && total.failed === 0 ? 0 : 1;
