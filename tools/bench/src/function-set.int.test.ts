import { afterAll, expect, it } from 'vitest';
import { openParser } from './bench-knowledge.ts';
import { buildFunctionSet, drawn, questionOf } from './function-set.ts';
import { tinyCorpus } from './tiny-corpus.ts';

const parser = openParser();
afterAll(() => parser[Symbol.asyncDispose]());
const build = (path: string, text: string, most = 10) => buildFunctionSet([{ path, text }], parser, { most });

const sources = [
  ['a.ts', '/**\n * Reads the stored invoice from disk.\n */\nexport function load(id: string) {\n  return id;\n}\n'],
  ['a.js', '/** Reads the stored invoice from disk. */\nexport function load(id) {\n  return id;\n}\n'],
  ['a.py', 'def load(id):\n    """Reads the stored invoice from disk."""\n    return id\n'],
  ['a.go', 'package a\n\n// load Reads the stored invoice from disk.\nfunc load(id string) string {\n\treturn id\n}\n'],
  ['a.rs', '/// Reads the stored invoice from disk.\n#[inline]\nfn load(id: u8) -> u8 {\n    id\n}\n'],
  ['A.java', 'class A {\n  /** Reads the stored invoice from disk. */\n  int load(int id) {\n    return id;\n  }\n}\n'],
] as const;

it.each(sources)('takes the comment out of the text and asks what it says (%s)', async (path, text) => {
  const { files, questions } = await build(path, text);
  expect(questions).toEqual([expect.objectContaining({ path, question: 'Reads the stored invoice from disk.' })]);
  expect(files[0]?.text).not.toContain('stored invoice');
  const kept = (lines: string) => lines.split('\n').filter((line) => line.trim() !== '' && !line.includes('invoice'));
  expect(kept(files[0]?.text ?? '')).toEqual(kept(text).filter((line) => !/^\s*(\/\*\*|\*\/)$/u.test(line)));
  const [question] = questions;
  expect(files[0]?.text.split('\n')[(question?.startLine ?? 0) - 1]).toMatch(/load|inline/u);
});

it('asks for no comment that stands at two places, and for none in tests', async () => {
  const [, text] = sources[0];
  expect((await build('a.ts', `${text}// It reads the stored\n// invoice from disk.\n`)).questions).toEqual([]);
  expect((await build('a.ts', text + text.replace('load', 'read'))).questions).toEqual([]);
  expect((await build('a.test.ts', text)).questions).toEqual([]);
});

it('draws as many as are asked for, the same each time, and takes out all comments', async () => {
  const set = await buildFunctionSet(tinyCorpus(), parser, { most: 5 });
  expect(set.questions).toHaveLength(5);
  expect(set.documented).toBe(32);
  expect(set.files.some(({ text }) => text.includes('/**'))).toBe(false);
  expect((await buildFunctionSet(tinyCorpus(), parser, { most: 5 })).questions).toEqual(set.questions);
});

it('makes a question of a comment without the name of the function', () => {
  const of = (doc: string, name = 'Server.close') => questionOf({ name, doc });
  expect(of('close stops the listener and waits for requests')).toBe('stops the listener and waits for requests');
  expect(of('Calls {@link Listener stop} and `waits` for <b>all</b> requests')).toBe(
    'Calls Listener stop and waits for all requests',
  );
  expect(of('Closes it.')).toBeUndefined();
  expect(of('Deprecated: use something else that is newer')).toBeUndefined();
  expect(of('$map turns each of the values into another', 'list.$map')).toBe('turns each of the values into another');
  expect(of(`words ${'again '.repeat(100)}`)?.length).toBeLessThanOrEqual(300);
});

it('draws in order and without repetition', () => {
  const items = Array.from({ length: 100 }, (_, at) => at);
  const some = drawn(items, { most: 10, seed: 3 });
  expect(some).toHaveLength(10);
  expect(new Set(some).size).toBe(10);
  expect(some.toSorted((a, b) => a - b)).toEqual(some);
  expect(drawn(items, { most: 10, seed: 4 })).not.toEqual(some);
  expect(drawn(items, { most: 200, seed: 3 })).toEqual(items);
  expect(drawn(items, { most: 10, seed: 3, fits: (item) => item > 95 })).toEqual([96, 97, 98, 99]);
});
