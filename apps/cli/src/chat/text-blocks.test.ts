import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastBlocks, takeBlocks, type OpenText, type TextBlock } from './text-blocks.ts';

function read(pieces: readonly string[]): TextBlock[] {
  let open: OpenText = { text: '' };
  const all: TextBlock[] = [];
  for (const piece of pieces) {
    const taken = takeBlocks({ ...open, text: open.text + piece });
    all.push(...taken.blocks);
    open = taken.open;
  }
  return [...all, ...lastBlocks(open)];
}

const example = 'One\ntwo.\n\n- a\n\n  more of a\n- b\n\n```ts title\nconst a = 1;\n\nb();\n```\nLast';

describe('takeBlocks', () => {
  it('gives paragraphs, lists and code away when they are done', () => {
    expect(read([example])).toEqual([
      { kind: 'markdown', text: 'One\ntwo.\n' },
      { kind: 'markdown', text: '- a\n\n  more of a\n- b\n\n' },
      { kind: 'code', language: 'ts', text: 'const a = 1;\n\nb();', first: true },
      { kind: 'markdown', text: 'Last' },
    ]);
  });

  it('keeps what is still written', () => {
    const { blocks, open } = takeBlocks({ text: 'Done.\n\nNot ye' });
    expect(blocks).toEqual([{ kind: 'markdown', text: 'Done.\n' }]);
    expect(open.text).toBe('Not ye');
    expect(takeBlocks({ text: '```ts\nconst' }).open).toMatchObject({ text: 'const', fence: { language: 'ts' } });
  });

  it('gives long code away in parts, of which only the first begins it', () => {
    const code = Array.from({ length: 30 }, (_, at) => `line ${at}`).join('\n');
    const blocks = read([`\`\`\`\n${code}\n\`\`\`\n`]);
    expect(blocks.map((block) => (block.kind === 'code' ? block.first : undefined))).toEqual([true, false, false]);
    expect(blocks.map(({ text }) => text).join('\n')).toBe(code);
  });

  it('ends code at a fence of its own kind and length only', () => {
    expect(read(['````md\n```\ninner\n```\n````\nafter'])).toEqual([
      { kind: 'code', language: 'md', text: '```\ninner\n```', first: true },
      { kind: 'markdown', text: 'after' },
    ]);
  });

  it('shows the same whatever pieces a text comes in', () => {
    const line = fc.constantFrom(
      '',
      'word',
      '- item',
      '  more',
      '```',
      '```ts',
      '~~~',
      '# title',
      '    code',
      '> quote',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), fc.array(fc.nat(7), { maxLength: 80 }), (lines, sizes) => {
        const text = lines.join('\n');
        const pieces: string[] = [];
        let at = 0;
        for (const size of sizes) {
          pieces.push(text.slice(at, at + size + 1));
          at += size + 1;
        }
        pieces.push(text.slice(at));
        expect(read(pieces)).toEqual(read([text]));
      }),
      { seed: 20_260_101, numRuns: 500 },
    );
  });
});
