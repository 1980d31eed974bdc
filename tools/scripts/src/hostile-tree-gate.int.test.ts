import { expect, it } from 'vitest';
import { runHostileTreeGate } from './hostile-tree-gate.ts';

it.skipIf(process.platform === 'win32')(
  'accounts for each file of a hostile tree, and reads nothing outside of it',
  async () => {
    expect(await runHostileTreeGate(300)).toMatchObject({ asked: 300, run: 300, faults: [] });
  },
  120_000,
);
