import type { ShellLine, ShellParser } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';

/** The contract of `ShellParser`. */
export function describeShellParserContract(name: string, makeSubject: () => ShellParser): void {
  describe(`${name} (ShellParser)`, () => {
    const wordsOf = ({ commands }: ShellLine): unknown[] => commands.map(({ words }) => words);

    it('finds every command of pipes and lists, in the order in which they are written', async () => {
      const line = await makeSubject().commands('git status && npm ls | head -n 3; ls || pwd\nwc -l a.txt');
      expect(line).toMatchObject({ complete: true, unclear: [] });
      expect(wordsOf(line)).toEqual([
        ['git', 'status'],
        ['npm', 'ls'],
        ['head', '-n', '3'],
        ['ls'],
        ['pwd'],
        ['wc', '-l', 'a.txt'],
      ]);
    });

    it('takes quotes away and keeps what they hold together', async () => {
      const line = await makeSubject().commands(`grep "two words" 'a;b' pre'mid'"post" ''`);
      expect(wordsOf(line)).toEqual([['grep', 'two words', 'a;b', 'premidpost', '']]);
      expect(line.complete).toBe(true);
    });

    it('finds nothing in an empty line', async () => {
      for (const empty of ['', '   ', '\n\n'])
        expect(await makeSubject().commands(empty)).toEqual({ complete: true, commands: [], unclear: [] });
    });

    it('says of a line that it does not understand that it does not', async () => {
      for (const broken of [
        'echo "open',
        "echo 'open",
        'ls &&& rm x',
        'ls; ) rm',
        '| ls',
        'ls |',
        'echo \u0000 x',
        'echo \u001b[2K',
      ]) {
        const line = await makeSubject().commands(broken);
        expect([broken, line.complete]).toEqual([broken, false]);
        expect(line.unclear.length).toBeGreaterThan(0);
      }
    });

    it('never gives a command that a variable or a substitution names as if it were known', async () => {
      for (const hidden of ['$X -rf /', '$(echo rm) -rf /', '`echo rm` -rf /', 'r$X -rf /']) {
        const { complete, commands } = await makeSubject().commands(hidden);
        const named = commands.find(({ words }) => words.includes('-rf'));
        expect([hidden, complete && named?.words[0] !== undefined]).toEqual([hidden, false]);
      }
    });
  });
}
