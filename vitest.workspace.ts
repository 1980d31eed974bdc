import { defineConfig } from 'vitest/config';
import { closingLineReporter } from './vitest.shared.ts';

export default defineConfig({
  test: {
    projects: [
      'libs/*/vitest.config.ts',
      'libs/adapters/*/vitest.config.ts',
      'apps/*/vitest.config.ts',
      'tools/*/vitest.config.ts',
    ],
    reporters: ['default', closingLineReporter],
  },
});
