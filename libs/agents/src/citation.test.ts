import { describe, expect, it } from 'vitest';
import { findCitations, formatCitation } from './citation.ts';

describe('findCitations', () => {
  it.each([
    ['See src/app.ts:10-24.', [{ path: 'src/app.ts', startLine: 10, endLine: 24 }]],
    [
      'See `src/app.ts:10`, and (lib/a-b/c_d.py:3–9).',
      [
        { path: 'src/app.ts', startLine: 10, endLine: 10 },
        { path: 'lib/a-b/c_d.py', startLine: 3, endLine: 9 },
      ],
    ],
    ['./main.go:L5-L8 starts it', [{ path: 'main.go', startLine: 5, endLine: 8 }]],
    ['twice a.ts:1-2 and a.ts:1-2', [{ path: 'a.ts', startLine: 1, endLine: 2 }]],
    ['app/[id]/page.tsx:7', [{ path: 'app/[id]/page.tsx', startLine: 7, endLine: 7 }]],
    ['In src/app.ts:10-24: the loop', [{ path: 'src/app.ts', startLine: 10, endLine: 24 }]],
    ['`src/app.ts`:10-24', [{ path: 'src/app.ts', startLine: 10, endLine: 24 }]],
    ['see [the loop](src/app.ts#L10-L24)', [{ path: 'src/app.ts', startLine: 10, endLine: 24 }]],
    ['docs/guide.md#L7', [{ path: 'docs/guide.md', startLine: 7, endLine: 7 }]],
    ['in `my notes/to do.md:3-4` it says', [{ path: 'my notes/to do.md', startLine: 3, endLine: 4 }]],
    ['in "my notes/to do.md":3 it says', [{ path: 'my notes/to do.md', startLine: 3, endLine: 3 }]],
    ['see my notes/do.md:3', [{ path: 'notes/do.md', startLine: 3, endLine: 3 }]],
    ['src/app.ts:10:5 throws', [{ path: 'src/app.ts', startLine: 10, endLine: 10 }]],
    ['as source://docs/guide/a.md:3-4 says', [{ path: 'source://docs/guide/a.md', startLine: 3, endLine: 4 }]],
    ['see http://host/a.md:3', []],
  ])('finds those of %j', (text, citations) => {
    expect(findCitations(text)).toEqual(citations);
  });

  it.each([
    'at 10:30 in the morning',
    'port localhost:8080 is busy',
    'a.ts:9-2 ends before it starts',
    'a.ts:0',
    'http://localhost:8080/v1',
    'connect to example.com:443',
    'https://api.example.org:8443/v1',
    'issue `#12`',
    '127.0.0.1:8080',
  ])('takes nothing from %j', (text) => {
    expect(findCitations(text)).toEqual([]);
  });

  it('reads back what formatCitation writes', () => {
    const citation = { path: 'src/deep/file.test.ts', startLine: 3, endLine: 14 };
    expect(findCitations(formatCitation(citation))).toEqual([citation]);
  });

  it('finds one at the end of a very long line', () => {
    expect(findCitations(`${'x'.repeat(500_000)} a.ts:4`)).toEqual([{ path: 'a.ts', startLine: 4, endLine: 4 }]);
  });

  it('takes a long line of colons and slashes without stalling', () => {
    expect(findCitations('a/'.repeat(500_000))).toEqual([]);
  });
});
