import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIgnoreRules, rootedPatterns } from './ignore-rules.ts';

const root = (git: string, own = ''): ReturnType<typeof createIgnoreRules> =>
  createIgnoreRules().inside('', { git, own });

describe('ignore rules', () => {
  it('leaves out by default what is never written by hand, and not what a package may consist of', () => {
    const rules = createIgnoreRules();
    expect(
      ['node_modules/', 'a/node_modules/', '.git/', '.git', 'x.min.js', 'package-lock.json'].filter(
        (path) => !rules.ignores(path),
      ),
    ).toEqual([]);
    expect(['dist/', 'build/', 'lib/', 'src/a.ts', '.github/'].filter((path) => rules.ignores(path))).toEqual([]);
  });

  it('lets a .gitignore take back what is left out by default', () => {
    const rules = root('!vendor/\n');
    expect(rules.ignores('vendor/')).toBe(false);
    expect(rules.ignores('vendor/a.go')).toBe(false);
  });

  it('lets a nested .gitignore take back what one above leaves out, and only below itself', () => {
    const rules = root('*.log.txt\nbuild/\n').inside('a b', { git: '!keep.log.txt\n!build/\n/only\nx/y\n', own: '' });
    expect(rules.ignores('a b/keep.log.txt')).toBe(false);
    expect(rules.ignores('a b/build/')).toBe(false);
    expect(rules.ignores('a b/build/x.ts')).toBe(false);
    expect(rules.ignores('keep.log.txt')).toBe(true);
    expect(rules.ignores('build/')).toBe(true);
    expect(rules.ignores('a b/only')).toBe(true);
    expect(rules.ignores('a b/c/only')).toBe(false);
    expect(rules.ignores('a b/x/y')).toBe(true);
    expect(rules.ignores('a b/c/x/y')).toBe(false);
  });

  it('never lets a .nootropicignore take back what git leaves out', () => {
    const rules = root('private/\n', '!private/\ndrafts/\n!drafts/kept/\n*.tmp\n!a.tmp\n');
    expect(rules.ignores('private/')).toBe(true);
    expect(rules.ignores('drafts/')).toBe(true);
    expect(rules.ignores('b.tmp')).toBe(true);
    expect(rules.ignores('a.tmp')).toBe(false);
  });

  it('drops comments, empty lines and patterns that would take very long to match', () => {
    const costly = `${'*a'.repeat(40)}b`;
    expect(rootedPatterns('', `# note\n\n${costly}\n**/**/**/**/x\nfine\n`)).toEqual(['fine']);
    expect(root(costly).ignores(`${'a'.repeat(250)}`)).toBe(false);
  });

  it('matches a plain name below its own folder only, whatever characters the folder has', () => {
    const name = fc.stringMatching(/^[a-z*?[\]!# ]{1,8}$/).filter((text) => text.trim() === text);
    fc.assert(
      fc.property(name, (folder) => {
        const rules = createIgnoreRules().inside(folder, { git: 'gone.ts\n', own: '' });
        return (
          rules.ignores(`${folder}/gone.ts`) &&
          rules.ignores(`${folder}/x/gone.ts`) &&
          !rules.ignores('gone.ts') &&
          !rules.ignores('other/gone.ts')
        );
      }),
    );
  });
});
