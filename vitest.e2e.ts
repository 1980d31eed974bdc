import { defineConfig } from 'vitest/config';
import { closingLineReporter } from './vitest.shared.ts';

/** Tests that need a browser: `npm run e2e`. They are no part of `check`, since not every machine has Chromium. */
export default defineConfig({
  test: {
    name: 'e2e',
    environment: 'node',
    include: ['apps/*/e2e/**/*.e2e.ts'],
    // Each starts a host and a browser; time limits end a test that hangs, they do not measure speed.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    fileParallelism: false,
    reporters: ['default', closingLineReporter],
  },
});
