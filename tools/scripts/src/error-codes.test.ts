import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorTable } from '@nootropic/contracts';
import { expect, it } from 'vitest';
import { errorCodesIn } from './error-codes.ts';
import { workspaceRoot } from './workspace-root.ts';

const codes = new Set(Object.keys(errorTable));

/** Codes made by `NootropicError.from` itself, out of what the system threw. */
const madeInTheTable = ['DISK_FULL'];

it('uses every error code of the table, and no other', () => {
  const { used, unknown } = errorCodesIn(workspaceRoot, codes);
  expect(unknown).toEqual([]);
  expect([...codes].filter((code) => !used.has(code) && !madeInTheTable.includes(code))).toEqual([]);
});

it('documents every error code, and no other', () => {
  const page = readFileSync(join(workspaceRoot, 'docs/reference/errors.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `([A-Z][A-Z0-9_]*)` \|/gm)].map(([, code]) => code);
  expect(documented).toEqual([...codes]);
});

it('sees an unknown code and misses an unused one', () => {
  const root = mkdtempSync(join(tmpdir(), 'nootropic-codes-'));
  try {
    mkdirSync(join(root, 'libs/one/src'), { recursive: true });
    writeFileSync(
      join(root, 'libs/one/src/one.ts'),
      "throw new NootropicError('NO_SUCH');\nthrow NootropicError.from(error, 'INTERNAL');\n",
    );
    const { used, unknown } = errorCodesIn(root, codes);
    expect([...used]).toEqual(['INTERNAL']);
    expect(unknown.map((line) => line.replaceAll('\\', '/'))).toEqual(['libs/one/src/one.ts: NO_SUCH']);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
