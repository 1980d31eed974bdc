import { mkdirSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { closingLine, type TestCounts } from './closing-line.ts';

/**
 * Prints the closing line as the very last thing, and writes the counts to `countsFile` where one is given.
 * A file that could not be read, and an error outside any test, each count as one failure.
 */
class ClosingLineReporter implements Reporter {
  readonly #countsFile: string | undefined;
  #root = process.cwd();

  constructor(options: { countsFile?: string } = {}) {
    this.#countsFile = options.countsFile;
  }

  onInit(vitest: Vitest): void {
    this.#root = vitest.config.root;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const counts = countTests(modules);
    counts.failed += unhandled.length;
    if (this.#countsFile !== undefined) {
      const path = resolve(this.#root, this.#countsFile);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, JSON.stringify(counts));
    }
    // Other reporters, and Vitest itself, still have something to say.
    process.once('exit', () => writeSync(1, `${closingLine(counts)}\n`));
  }
}

function countTests(modules: readonly TestModule[]): TestCounts {
  const counts: TestCounts = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    const before = counts.failed;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      // A test that is still pending when the run ends was never decided.
      counts[state === 'pending' ? 'failed' : state] += 1;
    }
    if (module.state() === 'failed' && counts.failed === before) counts.failed += 1;
  }
  return counts;
}

export default ClosingLineReporter;
