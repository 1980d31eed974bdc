import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFindings } from './review-findings.ts';

const whole = [
  'FINDING: the last element is left out',
  'AT: src/sum.ts:12',
  'INPUT: sum([1, 2])',
  'WRONG: gives 1, should give 3',
];

describe('parseFindings', () => {
  it('takes a finding with a place, an input and a wrong outcome', () => {
    expect(parseFindings(whole.join('\n'))).toEqual({
      dropped: 0,
      findings: [
        {
          path: 'src/sum.ts',
          line: 12,
          title: 'the last element is left out',
          input: 'sum([1, 2])',
          outcome: 'gives 1, should give 3',
        },
      ],
    });
  });

  it.each([
    ['without an input', [whole[0], whole[1], whole[3]]],
    ['without a wrong outcome', whole.slice(0, 3)],
    ['with an empty input', [whole[0], whole[1], 'INPUT: n/a', whole[3]]],
    ['without a place', [whole[0], whole[2], whole[3]]],
  ])('drops one %s', (_, lines) => {
    expect(parseFindings(lines.join('\n'))).toEqual({ findings: [], dropped: 1 });
  });

  it('drops one about a file that is not there', () => {
    expect(parseFindings(whole.join('\n'), (path) => path === 'src/other.ts')).toEqual({ findings: [], dropped: 1 });
  });

  it('reads several, in Markdown and over more than one line, and passes over praise', () => {
    const answer = `The code looks good overall.\n\n**FINDING:** one\n**AT:** \`a.ts:3\`\n**INPUT:** an empty\nlist\n**WRONG:** throws\n\n- FINDING: two\n- AT: b.ts\n- INPUT: -1\n- WRONG: loops\n\nThat is all.`;
    expect(parseFindings(answer).findings).toEqual([
      { path: 'a.ts', line: 3, title: 'one', input: 'an empty list', outcome: 'throws' },
      { path: 'b.ts', title: 'two', input: '-1', outcome: 'loops' },
    ]);
  });

  it('takes any answer without failing', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...whole, 'NO FINDINGS', '', 'AT:', 'x'), { maxLength: 20 }), (lines) => {
        const { findings, dropped } = parseFindings(lines.join('\n'));
        return findings.length + dropped === lines.filter((line) => line.startsWith('FINDING')).length;
      }),
    );
  });
});
