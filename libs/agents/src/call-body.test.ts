import { describe, expect, it } from 'vitest';
import { bodiesOf, bodyInArguments } from './call-body.ts';
import { largestBlock } from './edit-text.ts';

const edit = (id: string, args: Record<string, unknown> = {}) => ({
  id,
  name: 'edit',
  arguments: { path: `${id}.ts`, ...args },
});
const block = (code: string) => `\`\`\`ts\n${code}\n\`\`\`\n`;

describe('bodiesOf', () => {
  it('gives each call the block before it where the text leads with one', () => {
    const [a, b] = [block('a'), block('b')];
    const bodies = bodiesOf(a + b, [
      { call: edit('a'), at: a.length },
      { call: edit('b'), at: a.length + b.length },
    ]);
    expect([...bodies]).toEqual([
      ['a', { text: a, raw: false }],
      ['b', { text: b, raw: false }],
    ]);
  });

  it('gives each call the block after it where calls lead', () => {
    const [a, b] = [block('a'), block('b')];
    const bodies = bodiesOf(`Two.\n${a}${b}`, [
      { call: edit('a'), at: 5 },
      { call: edit('b'), at: 5 + a.length },
    ]);
    expect([...bodies]).toEqual([
      ['a', { text: a, raw: false }],
      ['b', { text: b, raw: false }],
    ]);
  });

  it('gives calls that came together after all of the text its blocks in order', () => {
    const said = `${block('a')}${block('b')}`;
    const bodies = bodiesOf(said, [
      { call: edit('a'), at: said.length },
      { call: edit('b'), at: said.length },
    ]);
    expect([...bodies.values()].map((body) => largestBlock(body.text)?.lines)).toEqual([['a'], ['b']]);
  });

  it('gives nothing where nothing was written', () => {
    expect(bodiesOf('I will change it.', [{ call: edit('a'), at: 17 }]).size).toBe(0);
  });
});

describe('bodyInArguments', () => {
  it('understands what other programs taught models', () => {
    expect(bodyInArguments({ path: 'a', content: 'x' })).toEqual({ text: 'x', raw: true });
    expect(bodyInArguments({ path: 'a', old_string: 'x', new_string: 'y' })).toEqual({
      text: '<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE',
      raw: false,
    });
    expect(bodyInArguments({ path: 'a' })).toBeUndefined();
  });

  it('takes fences off that are all around it, and leaves those that are part of it', () => {
    expect(bodyInArguments({ content: '```ts\nx\n```' })?.raw).toBe(false);
    expect(bodyInArguments({ content: '# Title\n\n```sh\nnpm test\n```\n' })?.raw).toBe(true);
  });
});
