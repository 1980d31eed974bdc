import { defineProject, type UserWorkspaceConfig } from 'vitest/config';

/**
 * The one test configuration of the workspace. A project's `vitest.config.ts` is a single call of this,
 * so that `nx test PROJECT` and the whole run (`vitest.workspace.ts`) mean the same thing.
 *
 * Time limits are generous: they end a test that hangs, they do not measure speed.
 */
export function projectTests(name: string): UserWorkspaceConfig {
  return defineProject({
    test: {
      name,
      environment: 'node',
      include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'e2e/**/*.test.ts'],
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  });
}

