import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { escapes } from './sandbox-escapes.ts';
import { escapeCount, runSandboxGate } from './sandbox-gate.ts';

/** Where bubblewrap is, this is tested. Where it is missing this fails: to go on without, somebody has to say so. */
const isWaived =
  process.platform !== 'linux' ||
  (!existsSync('/usr/bin/bwrap') && process.env['NOOTROPIC_TEST_WITHOUT_SANDBOX'] === '1');

describe('the gate of the sandbox', () => {
  it('has enough escapes, each with a name of its own', () => {
    expect(escapeCount).toBeGreaterThanOrEqual(40);
    expect(new Set(escapes.map(({ name }) => name)).size).toBe(escapeCount);
  });

  it.skipIf(isWaived)(
    'lets nothing out with nobody who is asked (where bubblewrap is missing, install it, or set NOOTROPIC_TEST_WITHOUT_SANDBOX=1)',
    async () => {
      const { asked, run, escaped, examples } = await runSandboxGate(escapeCount, { control: false });
      expect(examples).toEqual([]);
      expect({ asked, run, escaped }).toEqual({ asked: escapeCount, run: escapeCount, escaped: 0 });
    },
    300_000,
  );

  it.skipIf(isWaived)(
    'sees what an escape does',
    async () => {
      const { shouldShow, shown, examples } = await runSandboxGate(12);
      expect(shouldShow).toBeGreaterThan(5);
      expect(shown, examples.join('\n')).toBe(shouldShow);
    },
    300_000,
  );
});
