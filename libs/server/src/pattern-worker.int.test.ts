import { afterEach, describe, expect, it } from 'vitest';
import type { PatternRunner } from '@nootropic/context';
import { createPatternWorkers } from './pattern-worker.ts';

const entry = new URL('./processes/pattern-worker.ts', import.meta.url);
const open = createPatternWorkers({ entry, textMs: 3_000 });
const impatient = createPatternWorkers({ entry, textMs: 300 });
const opened: PatternRunner[] = [];

function start(source: string, flags = 'u', by = open): PatternRunner {
  const runner = by(source, flags);
  opened.push(runner);
  return runner;
}

afterEach(async () => {
  for (const runner of opened.splice(0)) await runner[Symbol.asyncDispose]();
});

describe('createPatternWorkers', () => {
  it('finds the first lines that match, with their columns, text after text', async () => {
    const runner = start('b+');
    const texts = ['abb\n\nb\nbb', '', 'none', '\n\nab'];
    const found = await Promise.all(texts.map((text) => runner.match(text, 2)));
    expect(found.map((lines) => lines?.map(({ startLine, endLine, column }) => [startLine, endLine, column]))).toEqual([
      [
        [1, 1, 1],
        [3, 3, 0],
      ],
      [],
      [],
      [[3, 3, 1]],
    ]);
  });

  it('looks at one line at a time', async () => {
    expect(await start('^b$', 'iu').match('a\nB\nc', 9)).toEqual([{ startLine: 2, endLine: 2, column: 0 }]);
    expect(await start('a[^]b').match('a\nb', 9)).toEqual([]);
  });

  it.each([
    ['(a+)+$', `${'a'.repeat(60)}b`],
    ['(a|a)*$', `${'a'.repeat(60)}b`],
    ['(.*a){25}$', `${'a'.repeat(60)}b`],
    ['^(\\w+\\s?)*$', `${'word '.repeat(30)}!`],
    ['^(?=(a|aa)+$)(?<!b)', `${'a'.repeat(80)}c`],
    ['(x+x+)+y', 'x'.repeat(60)],
    ['([a-z]+)*\\d', 'a'.repeat(60)],
  ])('gives up %s on a text made for it, and this thread goes on meanwhile', async (source, text) => {
    const runner = start(source, 'u', impatient);
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    expect(await runner.match(text, 1)).toBeUndefined();
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
    expect(await runner.match('a', 1)).toBeUndefined();
  });

  it('gives up what waits behind such a text too, and keeps what was answered before', async () => {
    const runner = start('(a+)+$', 'u', impatient);
    const [before, slow, behind] = [runner.match('xa', 1), runner.match(`${'a'.repeat(60)}b`, 1), runner.match('a', 1)];
    expect(await before).toHaveLength(1);
    expect([await slow, await behind]).toEqual([undefined, undefined]);
  });

  it('ends what is under way when it is closed, and starts no thread for nothing', async () => {
    const runner = open('(a+)+$', 'u');
    const slow = runner.match(`${'a'.repeat(60)}b`, 1);
    await runner[Symbol.asyncDispose]();
    expect(await slow).toBeUndefined();
    await open('(a+)+$', 'u')[Symbol.asyncDispose]();
  });

  it('rejects where no worker can be started', async () => {
    const runner = start('a', 'u', createPatternWorkers({ entry: new URL('./nowhere.ts', import.meta.url) }));
    await expect(runner.match('a', 1)).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
