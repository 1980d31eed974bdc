import type { FileDifference } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitDiff } from './fit-diff.ts';

const line = `+${'x'.repeat(49)}\n`;
const file = (path: string, lines: number, more: Partial<FileDifference> = {}): FileDifference => ({
  ...{ path, change: 'modified', binary: false, added: lines, removed: 0 },
  text: `diff --git a/${path} b/${path}\n@@ -1 +1,${lines} @@ function ${path.replace('.', '')}() {\n${line.repeat(lines)}`,
  ...more,
});
const isSecretPath = (path: string): boolean => path.endsWith('.env');
const fit = (files: readonly FileDifference[], characters: number) => fitDiff(files, { characters, isSecretPath });

describe('fitDiff', () => {
  it('gives short files whole, and of long ones as much as there is room for, cut at a line', () => {
    const { text, files } = fit([file('a.ts', 2), file('b.ts', 200), file('c.ts', 100)], 4000);
    expect(files.map(({ path, shown }) => `${path} ${shown}`)).toEqual(['a.ts whole', 'b.ts cut', 'c.ts cut']);
    expect(text).toContain('[b.ts is longer: +200 -0 in all]\n');
    expect(text.length).toBeLessThanOrEqual(4000);
    expect(text.length).toBeGreaterThan(3800);
    for (const each of text.split('\n').filter((words) => words.startsWith('+x'))) expect(`${each}\n`).toBe(line);
  });

  it('names only what may hold secrets, binaries, and what tools write', () => {
    const { text, files } = fit(
      [
        file('.env', 3),
        file('b.txt', 3, { change: 'renamed', from: 'old.env' }),
        file('image.png', 0, { binary: true }),
        file('package-lock.json', 3),
        file('conflict.ts', 0, { text: '' }),
      ],
      10_000,
    );
    expect(files.map(({ reason }) => reason)).toEqual([
      ...['may hold secrets', 'may hold secrets', 'binary', 'written by a tool', 'there is no diff of it'],
    ]);
    expect(files.slice(0, 2).map(({ places }) => places)).toEqual([[], []]);
    expect(text).not.toContain('xxx');
    expect(text).toContain('[.env: modified, +3 -0, not shown: may hold secrets]');
  });

  it('says so where it was cut before it came here, and where places are', () => {
    expect(fit([file('a.ts', 2, { cut: true })], 10_000).files[0]).toMatchObject({
      ...{ shown: 'cut', places: ['function ats() {'] },
    });
  });

  it('holds its size but for one line about each file, and never shows a secret', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ lines: fc.nat(300), secret: fc.boolean() }), { maxLength: 30 }),
        fc.integer({ min: 500, max: 20_000 }),
        (shapes, characters) => {
          const all = shapes.map(({ lines, secret }, at) => file(`${at}${secret ? '.env' : '.ts'}`, lines));
          const { text, files } = fit(all, characters);
          expect(files).toHaveLength(all.length);
          expect(text.length).toBeLessThanOrEqual(characters + all.length * 100);
          for (const [at, each] of files.entries()) {
            if (each.path.endsWith('.env')) expect(each.shown).toBe('left-out');
            if (each.shown === 'whole') expect(text).toContain(all[at]?.text);
          }
        },
      ),
    );
  });
});
