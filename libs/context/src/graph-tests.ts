import type { GraphFile } from './graph-file.ts';
import { baseOf, folderOf } from './graph-paths.ts';
import type { GraphTables } from './graph-store.ts';

/** `session` of `session.test.ts`, `test_session.py`, `SessionTest.java`, `session_test.go` and of `session.ts`. Lower case, letters and digits only. */
export function testedStem(path: string): string {
  const base = baseOf(path).replace(/\.[^.]+$/u, '');
  const bare = base
    .replace(/^(?:test|spec)[_-]/iu, '')
    .replace(/(?:[._-](?:tests?|spec|int|e2e|model|unit|bench|test-d))+$/iu, '')
    .replace(/(?:Tests?|Spec|IT)$/u, '');
  return (bare === '' ? base : bare).replace(/[^\p{L}\p{N}]/gu, '').toLowerCase();
}

const testFolder = /^(?:tests?|__tests__|specs?|src|lib|main|java|kotlin|scala|unit|integration|e2e)$/u;

function mirrored(path: string): string {
  return folderOf(path)
    .split('/')
    .filter((part) => !testFolder.test(part))
    .join('/');
}

/**
 * Test files that are named after a file or a symbol of it, by the usual conventions. A name that several files bear counts only
 * where the folders are the same but for those that keep tests apart.
 */
export function testsNamedAfter(tables: GraphTables, file: GraphFile, symbolNames: readonly string[]): number[] {
  const stems = new Set([
    testedStem(file.path),
    ...symbolNames.map((name) => name.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase()).filter((name) => name.length > 3),
  ]);
  const namesakes = new Map<string, number>();
  for (const other of tables.files) {
    if (other?.family !== file.family || other.role === 'tests') continue;
    const stem = testedStem(other.path);
    if (stems.has(stem)) namesakes.set(stem, (namesakes.get(stem) ?? 0) + 1);
  }
  const own = mirrored(file.path);
  return tables.files.flatMap((other, number) => {
    if (other?.role !== 'tests' || other.family !== file.family || other.path === file.path) return [];
    const stem = testedStem(other.path);
    if (!stems.has(stem)) return [];
    return mirrored(other.path) === own || (namesakes.get(stem) ?? 0) <= 1 ? [number] : [];
  });
}
