import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** What prints a run's closing line. Its path, since Vitest loads a reporter by itself. */
export const closingLineReporter = join(import.meta.dirname, 'tools/scripts/src/closing-line-reporter.ts');

/**
 * The one test configuration of the workspace. A project's `vitest.config.ts` is a single call of this,
 * so that `nx test PROJECT` and the whole run (`vitest.workspace.ts`) mean the same thing.
 *
 * Time limits are generous: they end a test that hangs, they do not measure speed.
 * A project that runs by itself leaves its counts in `test-results/counts.json`, which Nx keeps with the result.
 */
export function projectTests(name: string): ViteUserConfig {
  return defineConfig({
    test: {
      name,
      environment: 'node',
      include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'e2e/**/*.test.ts'],
      testTimeout: 60_000,
      hookTimeout: 60_000,
      passWithNoTests: true,
      reporters: ['default', [closingLineReporter, { countsFile: 'test-results/counts.json' }]],
    },
  });
}
