import markdownIt from 'markdown-it';
import { expect, it } from 'vitest';
import { markdownStructure } from './markdown-sections.ts';

function sections(text: string): string[] {
  return markdownStructure('a.md', text, markdownIt('commonmark')).symbols.map(
    ({ name, startLine, endLine }) => `${startLine}-${endLine} ${name}`,
  );
}

it('takes each section to the next heading of its rank', () => {
  expect(sections('intro\n\n# Guide\n\n## Install `x`\ntext\n### Deep\n## *Run*\nx\n\nOther\n=====\nend')).toEqual([
    '3-10 Guide',
    '5-7 Guide.Install x',
    '7-7 Guide.Install x.Deep',
    '8-10 Guide.Run',
    '11-13 Other',
  ]);
});

it('does not take a # in a fence, in indented code, in HTML or in front matter for a heading', () => {
  expect(
    sections('---\n# no\ntitle: x\n---\n# Yes\n```sh\n# no\n```\n~~~\n# no\n~~~\n\n    # no\n\n<!--\n# no\n-->\n'),
  ).toEqual(['5-18 Yes']);
});

it('keeps the lines of a text with CRLF', () => {
  expect(sections('# A\r\n\r\ntext\r\n\r\n# B\r\n')).toEqual(['1-4 A', '5-6 B']);
});

it('gives the borders of the outermost blocks', () => {
  expect(
    markdownStructure('a.md', '# A\n\none\ntwo\n\n- x\n- y\n\n```\ncode\n\nmore\n```\n', markdownIt('commonmark'))
      .borders,
  ).toEqual([1, 3, 6, 9]);
});

it('takes many headings in a time that grows with their number only', () => {
  expect(sections('# a\n'.repeat(50_000)).length).toBe(50_000);
});
