import type { ShellLine } from '@nootropic/contracts';
import { describeShellParserContract } from '@nootropic/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBashShellParser } from './shell-parser.ts';

const parser = createBashShellParser();

describeShellParserContract('createBashShellParser', () => parser);

/** The commands with what runs them, `?` for a word that only the shell knows. */
const read = async (line: string): Promise<string[]> => {
  const { complete, commands } = await parser.commands(line);
  const shown = commands.map(({ words, wrappers, assigns }) =>
    [
      ...assigns.map((name) => `${name}=`),
      ...wrappers.map((wrapper) => `[${wrapper}]`),
      ...words.map((word) => word ?? '?'),
    ].join(' '),
  );
  return complete ? shown : ['unclear', ...shown];
};

describe('createBashShellParser', () => {
  it.each<[string, string[]]>([
    ['a $(b `c`) "d $(e)"', ['a ? ?', 'b ?', 'c', 'e']],
    ['(a; b) && { c; }', ['a', 'b', 'c']],
    ['! a | b', ['a', 'b']],
    ['a & b', ['a', 'b']],
    ['if a; then b; elif c; then d; else e; fi', ['a', 'b', 'c', 'd', 'e']],
    ['while a; do b; done', ['a', 'b']],
    ['for x in $(a); do b $x; done', ['x=', 'a', 'b ?']],
    ['case $(a) in b) c ;; *) d ;; esac', ['a', 'c', 'd']],
    ['f() { a; }', ['function f', 'a']],
    ['cat <(a) >(b)', ['cat ? ?', 'a', 'b']],
    ['X=1 Y=$(a) b', ['X= Y= b', 'a']],
    ['X=1', ['X=']],
    ['export X=$(a)', ['export X=', 'a']],
    ['[ -f a ] && [[ a == b ]]', ['[ -f a ]', '[[ a == b ]]']],
    ['a # b; c', ['a']],
    ['a b#c', ['a b#c']],
    ['a \\\n  b', ['a b']],
  ])('finds the commands of %j', async (line, found) => {
    expect(await read(line)).toEqual(found);
  });

  it.each<[string, string[]]>([
    ['sudo -u me a b', ['[sudo] a b']],
    ['env -i X=1 a', ['X= [env] a']],
    ['nice -n 5 timeout -k 1 5 a', ['[nice] [timeout] a']],
    ['nohup a &', ['[nohup] a']],
    ['time a', ['[time] a']],
    ['xargs -n 1 a b', ['[xargs] a b ?']],
    ['xargs -I{} a {} b', ['[xargs] a ? b ?']],
    ["sh -c 'a; b'", ['[sh -c] a', '[sh -c] b']],
    ["bash -lc 'a $1' x", ['[bash -c] a ?']],
    ["eval 'a;' b", ['eval a; b', '[eval] a', '[eval] b']],
    ["find . -exec a {} ';' -exec b +", ['find . -exec a {} ; -exec b +', '[find] a ?', '[find] b']],
    ["trap 'a' EXIT", ['trap a EXIT', '[trap] a']],
    ["git -c alias.x='!a b' x", ['git -c alias.x=!a b x', '[git] a b']],
    ['ssh -p 22 host a b', ['ssh -p 22 host a b', '[ssh] a b']],
    ["sh <<'E'\na\nE\nb", ['[sh] a', 'b']],
    ['bash <<< "a b"', ['[bash] a b']],
    ['command -v a', ['command -v a']],
    ['command a', ['[command] a']],
    ['exec a', ['[exec] a']],
    ['busybox a b', ['[busybox] a b']],
    ["su -c 'a'", ['su -c a', '[su] a']],
  ])('finds what %j runs', async (line, found) => {
    expect(await read(line)).toEqual(found);
  });

  it.each([
    'sh -c "$X"',
    'a | sh',
    'sh < a',
    'sudo --unknown a',
    'env -S a',
    'bash --rcfile a',
    'python3 -c a',
    'node -e a',
    'perl -ne a',
    'python3 - <<E\na\nE',
    'source a',
    'coproc a',
    'cat <<A <<B\nA\nB',
    'cat <<"a b"\na b',
    'a <> b',
    'for ((;;)); do a; done',
    'a#b',
    '[ a > b ]',
    'a\u00a0b',
    'a\u200bb',
    'a\u202eb',
    'a\rb',
    'a\\\nb',
    '(a',
    'a))',
    'case a in',
  ])('does not say that it understood %j', async (line) => {
    const { complete, unclear } = await parser.commands(line);
    expect(complete).toBe(false);
    expect(unclear.length).toBeGreaterThan(0);
  });

  it('knows no word that shells fill in, or read differently', async () => {
    for (const word of ['$X', '"$X"', '${X:-a}', '$(a)', '$((1))', "$'a'", '{a,b}', 'a{1..2}', "'a'*", '"a"?', '\\a*'])
      expect([word, (await parser.commands(`echo ${word}`)).commands[0]?.words]).toEqual([word, ['echo', undefined]]);
    for (const [word, value] of [
      ['*.ts', '*.ts'],
      ["'*.ts'", '*.ts'],
      ['HEAD@{1}', 'HEAD@{1}'],
      ['{}', '{}'],
      ['"a$"', 'a$'],
      ['"\\$X"', '$X'],
      ['a\\ b', 'a b'],
      ['~/a', '~/a'],
    ])
      expect([word, (await parser.commands(`echo ${word}`)).commands[0]?.words]).toEqual([word, ['echo', value]]);
  });

  it('finds what is written and read by redirection', async () => {
    const redirectsOf = ({ commands }: ShellLine) =>
      commands.flatMap(({ redirects }) => redirects.map(({ mode, target }) => `${mode} ${target ?? '?'}`));
    expect(redirectsOf(await parser.commands('a > b 2>&1 < c >> "d e" 2> $X'))).toEqual([
      'write b',
      'read c',
      'write d e',
      'write ?',
    ]);
    expect(redirectsOf(await parser.commands('{ a; } &> b'))).toEqual(['write b']);
    expect(redirectsOf(await parser.commands('> b'))).toEqual(['write b']);
    expect(redirectsOf(await parser.commands("sh -c 'a' > b"))).toEqual(['write b']);
    expect(redirectsOf(await parser.commands('sudo a > b'))).toEqual(['write b']);
    expect(redirectsOf(await parser.commands('a $(< b)'))).toEqual(['read b']);
    expect(redirectsOf(await parser.commands('cat > b <<E\nx\nE'))).toEqual(['write b']);
  });

  it('gives up what is too long or too deep, and goes on with the next line', async () => {
    expect(await parser.commands('a '.repeat(20_000))).toMatchObject({ complete: false });
    expect(await parser.commands(`${'sudo '.repeat(50)}a`)).toMatchObject({ complete: false });
    expect(await parser.commands(`${'('.repeat(2000)}a${')'.repeat(2000)}`)).toMatchObject({
      complete: expect.any(Boolean),
    });
    expect(await read('a b')).toEqual(['a b']);
  });

  it('never fails on a line, and puts no word into a complete one that is not written there', async () => {
    const pieces = fc.constantFrom(
      ...[
        'a',
        'b',
        ' ',
        ' ',
        '\n',
        ';',
        '|',
        '&',
        '&&',
        '(',
        ')',
        '{',
        '}',
        '$',
        '$(',
        '`',
        '"',
        "'",
        '\\',
        '<',
        '>',
        '<<E\n',
      ],
      ...[
        '\nE\n',
        '#',
        '*',
        '=',
        '[',
        ']',
        '!',
        'if ',
        'then ',
        'fi',
        'for ',
        'in ',
        'do ',
        'done',
        'case ',
        'esac',
        'sh -c ',
        '~',
        '\t',
      ],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 14 }), async (parts) => {
        const line = parts.join('');
        const { complete, commands, unclear } = await parser.commands(line);
        expect(complete).toBe(unclear.length === 0);
        if (!complete) return;
        const bare = line.replace(/["'\\\n]/gu, '');
        for (const { words } of commands)
          for (const word of words)
            if (word !== undefined && word !== 'function') expect(bare).toContain(word.replace(/["'\\\n]/gu, ''));
      }),
      { numRuns: 1500, seed: 5 },
    );
  });
});
