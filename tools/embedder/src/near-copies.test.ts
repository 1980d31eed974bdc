import { describe, expect, it } from 'vitest';
import type { CorpusFunction } from './found-function.ts';
import { functionWords } from './function-words.ts';
import { createCopyFinder, type Worded } from './near-copies.ts';

const body =
  'function f(queue, limit) { while (queue.length > limit) { const old = queue.shift(); forget(old.key, old.size); } }';
const worded = (given: Partial<CorpusFunction>): Worded => {
  const found: CorpusFunction = {
    language: 'javascript',
    package: 'a',
    split: 'train',
    path: 'src/a.js',
    name: 'trim',
    owner: '',
    doc: '',
    code: body,
    ...given,
  };
  return { found, words: functionWords(found) };
};

describe('near copies', () => {
  const copyOf = createCopyFinder([
    worded({ split: 'test', name: 'trimQueue', doc: 'Removes the oldest entries of a queue' }),
  ]);

  it.each([
    [
      'the same comment, in other forms of its words',
      { name: 'other', code: 'return 1', doc: 'removed the oldest entry of queues' },
      'same doc',
    ],
    [
      'the same name and nearly the same body',
      { name: 'trim_queue', code: body.replace('forget', 'drop') },
      'same name, near body',
    ],
    ['the same letters in another case', { name: 'trimqueue' }, 'same name, near body'],
    ['the same words under another name', { name: 'shrink', code: body.replaceAll('f(', 'shrink(') }, undefined],
    ['a short comment that many have', { name: 'other', code: 'return 1', doc: 'the queue' }, undefined],
    [
      'the same name with another body',
      { name: 'trimQueue', code: 'return this.items.filter(Boolean).sort(byName).slice(first, last)' },
      undefined,
    ],
  ] as const)('%s', (_, given, reason) => expect(copyOf(worded(given))).toBe(reason));

  it('finds a long body whose words are all the same', () => {
    const long = `${body} log.info(first, second, third, fourth, fifth)`;
    const find = createCopyFinder([worded({ split: 'test', name: 'one', code: long })]);
    expect(find(worded({ name: 'two', code: long }))).toBe('same words under another name');
  });
});
