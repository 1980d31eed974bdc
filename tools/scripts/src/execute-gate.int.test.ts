import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hostileProgramCount, runExecuteGate } from './execute-gate.ts';

const every = 9;
const count = Math.ceil(hostileProgramCount / every);
/** A slice that has to run here; where bubblewrap or a compiler is missing, the gate itself says so. */
const canRun =
  process.platform === 'linux' &&
  ['/usr/bin/bwrap', '/usr/bin/python3', '/usr/bin/gcc', '/usr/bin/g++', '/usr/bin/javac'].every((path) =>
    existsSync(path),
  );

it('has enough hostile programs', () => {
  expect(hostileProgramCount).toBeGreaterThanOrEqual(60);
});

it.skipIf(!canRun)(
  'contains hostile programs (needs bubblewrap, python3, gcc, g++ and a JDK)',
  async () => {
    const { asked, run, failed, shouldShow, shown, examples } = await runExecuteGate(count, { every });
    expect(examples).toEqual([]);
    expect({ asked, run, failed, shown }).toEqual({ asked: count, run: count, failed: 0, shown: shouldShow });
  },
  120_000,
);
