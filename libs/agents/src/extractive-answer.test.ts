import type { ContextBlock } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { findCitations } from './citation.ts';
import { extractiveAnswer, extractiveCitations } from './extractive-answer.ts';

const block = (path: string, lines: number, more: Partial<ContextBlock> = {}): ContextBlock => ({
  citation: { path, startLine: 5, endLine: 4 + lines, symbol: 'Session.append' },
  text: Array.from({ length: lines }, (_, index) => `line ${index + 5}`).join('\n'),
  score: 1,
  kind: 'method',
  signature: 'append(event: Event): Promise<void>',
  doc: 'Writes an event.',
  callers: [{ path: 'src/turn.ts', line: 40, name: 'append', from: 'takeTurn' }],
  ...more,
});

const answer = (blocks: ContextBlock[], ways: string[] = []) => [...extractiveAnswer(blocks, ways)].join('');

describe('extractiveAnswer', () => {
  it('says what it is and shows path, symbol, signature, doc comment, lines and callers', () => {
    const text = answer([block('src/session.ts', 2)], ['--model file:PATH']);
    expect(text).toContain('No language model is installed');
    for (const part of [
      'src/session.ts:5-6',
      'method Session.append',
      'append(event: Event)',
      'Writes an event.',
      '5 │ line 5',
      'src/turn.ts:40 (takeTurn)',
      '--model file:PATH',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('names every passage that it counts as a citation', () => {
    const blocks = ['a.ts', 'b.ts', 'c.ts', 'd.ts', 'e.ts', 'f.ts'].map((path) => block(path, 3, { callers: [] }));
    const named = findCitations(answer(blocks)).map(({ path }) => path);
    expect(extractiveCitations(blocks).map(({ path }) => path)).toEqual(named);
  });

  it('cuts a long passage and says how much is left', () => {
    expect(answer([block('a.ts', 40)])).toContain('28 more lines');
  });

  it('says so when nothing matches', () => {
    expect(answer([])).toContain('Nothing in this workspace matches');
  });
});
