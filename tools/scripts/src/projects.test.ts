import { existsSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workspaceFolders, workspaceRoot } from './workspace-root.ts';

interface Manifest {
  nx?: { name?: string; tags?: string[] };
}

/** Lines of a README that still fit on a page. */
const page = 60;

const tagsOf = (tags: readonly string[], kind: string) => tags.filter((tag) => tag.startsWith(`${kind}:`));

describe.each(workspaceFolders().map((folder) => [relative(workspaceRoot, folder).replaceAll('\\', '/'), folder]))(
  '%s',
  (path, folder) => {
    const { nx } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

    it('has exactly one layer, one platform, and the name of its folder', () => {
      const tags = nx?.tags ?? [];
      expect(tagsOf(tags, 'layer')).toHaveLength(1);
      expect(tagsOf(tags, 'platform')).toHaveLength(1);
      expect(tags).toHaveLength(2);
      expect(nx?.name).toBe(basename(folder));
    });

    it('says on a page what it is for', () => {
      const lines = readFileSync(join(folder, 'README.md'), 'utf8').trimEnd().split('\n');
      expect(lines.length).toBeLessThanOrEqual(page);
      expect(lines.filter((line) => line.trim() !== '').length).toBeGreaterThan(2);
    });

    it('names what it exports', () => {
      const index = join(folder, 'src/index.ts');
      expect(existsSync(index) || path?.startsWith('apps/')).toBe(true);
      const unnamed = existsSync(index) ? readFileSync(index, 'utf8').match(/^export \*.*$/gm) : null;
      expect(unnamed ?? []).toEqual([]);
    });

    it('is referenced by the root tsconfig.json and tested by the workspace', () => {
      const { references } = JSON.parse(readFileSync(join(workspaceRoot, 'tsconfig.json'), 'utf8')) as {
        references: { path: string }[];
      };
      expect(references.map((reference) => reference.path)).toContain(path);
      expect(existsSync(join(folder, 'vitest.config.ts'))).toBe(true);
    });
  },
);
