import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markdownLines } from './markdown-lines.ts';
import { lineWidth, plainLine, wrapLine, span, cutLine } from './styled-line.ts';

function plain(source: string, width = 40): string[] {
  return markdownLines(source, width).map((line) => plainLine(line).trimEnd());
}

describe('markdownLines', () => {
  it('writes headings, lists, code and quotes as a terminal shows them', () => {
    expect(
      plain('# Title\n\nSome **bold** `code`.\n\n1. one\n2. two\n   - nested\n\n```ts\nlet a;\n```\n\n> said'),
    ).toEqual([
      'Title',
      '',
      'Some bold code.',
      '',
      '1. one',
      '2. two',
      '   • nested',
      '',
      '  ts',
      '  let a;',
      '',
      '│ said',
    ]);
  });

  it('shows a change written as search and replace as it is', () => {
    const change = '<<<<<<< SEARCH\nlet a = 1;\n=======\nlet a = 2;\n>>>>>>> REPLACE';
    expect(plain(change)).toEqual(change.split('\n'));
  });

  it('keeps the number of a list that begins in the middle', () => {
    expect(plain('3. three')).toEqual(['3. three']);
  });

  it('lines tables up where they fit, and writes rows out where not', () => {
    expect(plain('| a | b |\n|---|---|\n| 1 | 22 |')).toEqual(['a  b', '1  22']);
    expect(plain('| first column | second column |\n|---|---|\n| something | else |', 20).join(' ')).toContain(
      'something · else',
    );
  });

  it('says where a link leads', () => {
    expect(plain('[here](https://e.org/a)')).toEqual(['here (https://e.org/a)']);
  });

  it('marks what is bold or code', () => {
    expect(markdownLines('**a** `b`', 40)[0]).toEqual([
      { text: 'a', looks: ['bold'] },
      { text: ' ', looks: undefined },
      { text: 'b', looks: ['cyan'] },
    ]);
  });

  it('never throws, and no line is wider than the terminal', () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('\n', '\n\n', '- ', '1. ', '```', '|', '|---|', '**', '`', '> ', '# ', '[', '](', '漢字', '👩‍💻'),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), fc.integer({ min: 30, max: 120 }), (parts, width) => {
        for (const line of markdownLines(parts.join('').replaceAll(/\p{Cc}/gu, '\n'), width))
          expect(lineWidth(line)).toBeLessThanOrEqual(width);
      }),
      { seed: 11, numRuns: 500 },
    );
  });
});

describe('wrapLine', () => {
  it('breaks between words and keeps words of several looks whole', () => {
    const lines = wrapLine([span('see '), span('code', 'cyan'), span(', then go on')], 10);
    expect(lines.map(plainLine)).toEqual(['see code,', 'then go on']);
  });

  it('breaks what is longer than a line, and indents what follows', () => {
    expect(wrapLine([span('abcdefghijklmnop')], 10, [span('  ')]).map(plainLine)).toEqual(['abcdefghij', '  klmnop']);
    expect(cutLine([span('    deep code here')], 10).map(plainLine)).toEqual(['    deep c', 'ode here']);
  });
});
