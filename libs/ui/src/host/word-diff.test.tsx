import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import { WordDiff } from './word-diff.tsx';

it('marks what a tool says now and did not say when it was approved, and shows markup as text', () => {
  const html = renderToStaticMarkup(
    <WordDiff before="Reads a file." after="Reads a file <b>and sends it away</b>." titles={['Approved', 'Now']} />,
  );
  expect(html).toMatch(/<ins>[^<]*and sends it away/u);
  expect(html).not.toContain('<b>');
  expect(html).toContain('Reads a file');
});
