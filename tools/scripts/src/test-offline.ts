import { join } from 'node:path';
import { runWithoutNetwork } from './without-network.ts';
import { workspaceRoot } from './workspace-root.ts';

/*
 * `npm run test:offline -- [arguments of vitest]`: the whole test suite where there is a loopback and no other network. Exits with 3 where the system does
 * not let a program have that.
 */

const vitest = join(workspaceRoot, 'node_modules/vitest/vitest.mjs');
process.exitCode = runWithoutNetwork([vitest, 'run', '--config', 'vitest.workspace.ts', ...process.argv.slice(2)]);
