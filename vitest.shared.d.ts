import { type UserWorkspaceConfig } from 'vitest/config';
/**
 * The one test configuration of the workspace. A project's `vitest.config.ts` is a single call of this,
 * so that `nx test PROJECT` and the whole run (`vitest.workspace.ts`) mean the same thing.
 *
 * Time limits are generous: they end a test that hangs, they do not measure speed.
 */
export declare function projectTests(name: string): UserWorkspaceConfig;
/** Where a run leaves its counts, for the closing line. */
export declare const workspaceRoot: string;
