import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The error codes that the program's sources name, with the files that name them. A code is any word between quotes
 * that has the form of one and stands where a code can: in a file that makes, maps or compares errors.
 * Tests, and the table itself, do not count.
 */
export function errorCodesIn(
  workspaceRoot: string,
  known: ReadonlySet<string>,
): { used: Set<string>; unknown: string[] } {
  const used = new Set<string>();
  const unknown: string[] = [];
  for (const path of globSync(['apps/*/src/**/*.{ts,tsx}', 'libs/**/src/**/*.{ts,tsx}'], { cwd: workspaceRoot })) {
    if (/\.test\.tsx?$|test-fixture|contracts[\\/]src[\\/]errors\.ts$|node_modules|[\\/]dist[\\/]/.test(path)) continue;
    const text = readFileSync(join(workspaceRoot, path), 'utf8');
    for (const [, code = ''] of text.matchAll(/'([A-Z][A-Z0-9_]*)'/g)) if (known.has(code)) used.add(code);
    for (const [, code = ''] of text.matchAll(
      /(?:new NootropicError|NootropicError\.from)\((?:[^'()]*,\s*)?'([A-Z][A-Z0-9_]*)'/g,
    )) {
      if (!known.has(code)) unknown.push(`${path}: ${code}`);
    }
  }
  return { used, unknown };
}
