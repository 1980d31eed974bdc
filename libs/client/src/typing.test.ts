import { NootropicError } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startTyping } from './typing.fixture.ts';
import type { TypingAnswer } from './typing-types.ts';

const textOf = (answer: TypingAnswer): string | undefined =>
  answer.kind === 'suggestion' ? answer.suggestion.text : undefined;
const reasonOf = (answer: TypingAnswer): string | undefined => (answer.kind === 'none' ? answer.reason : undefined);

describe('createTyping', () => {
  it('asks a model after the debounce, and shows what it says', async () => {
    const { time, host, typing, editor } = startTyping(() => 'value * 2;');
    const answer = editor.type('const a = ');
    await time.pass(10);
    expect(host.asked).toHaveLength(0);
    await time.pass(500);
    expect(await answer).toMatchObject({ kind: 'suggestion', suggestion: { text: 'value * 2;', from: 'asked' } });
    expect(host.asked[0]?.input).toMatchObject({ prefix: 'const a = ', purpose: 'show', editor: 'editor' });
    expect(typing.state).toMatchObject({ state: 'shown' });
  });

  it('answers from what is known before any time passes', async () => {
    const { time, host, editor } = startTyping(() => 'value * 2;');
    const first = editor.type('const a = ');
    await time.pass(500);
    await first;
    const asked = host.asked.filter(({ input }) => input.purpose === 'show').length;
    const answers = [];
    for (const key of 'value') answers.push(await editor.type(key));
    expect(answers.map(textOf)).toEqual(['alue * 2;', 'lue * 2;', 'ue * 2;', 'e * 2;', ' * 2;']);
    expect(answers.every((each) => each.kind === 'suggestion' && each.suggestion.from === 'cache')).toBe(true);
    expect(host.asked.filter(({ input }) => input.purpose === 'show')).toHaveLength(asked);
  });

  it('lets a generation go on while it says what is typed', async () => {
    const { time, host, editor } = startTyping(() => 'value * 2;');
    void editor.type('const a = ');
    await time.pass(130);
    const stale = editor.type('v');
    const answer = editor.type('a');
    await time.pass(500);
    expect(reasonOf(await stale)).toBe('stale');
    expect(textOf(await answer)).toBe('lue * 2;');
    expect(host.asked.filter(({ input }) => input.purpose === 'show')).toHaveLength(1);
    expect(host.asked[0]?.stopped).toBe(false);
  });

  it('stops a generation with the very key that does not go on from it', async () => {
    const { time, host, typing, editor } = startTyping(() => 'value * 2;');
    void editor.type('const a = ');
    await time.pass(150);
    typing.changed({ path: 'src/a.ts', version: 9, removed: 0, inserted: 'x' });
    expect(host.asked[0]?.stopped).toBe(true);
  });

  it('shows the first line as soon as it is whole, and tells when there is more', async () => {
    const more: string[] = [];
    const { time, editor } = startTyping(() => '\n  first();\n  second();\n}', {
      onMore: ({ text }) => more.push(text),
      prefix: 'function a() ',
    });
    const answer = editor.type('{');
    await time.pass(200);
    expect(await answer).toMatchObject({ kind: 'suggestion', suggestion: { text: '\n  first();', whole: false } });
    await time.pass(500);
    expect(more.at(-1)).toBe('\n  first();\n  second();\n}');
  });

  it('computes ahead what comes after the suggestion, on the next line with its indentation', async () => {
    const { time, host, editor } = startTyping(
      ({ prefix }) => (prefix.endsWith('= ') ? 'one();' : prefix.endsWith('\n  ') ? 'two();' : ''),
      { prefix: 'function a() {\n' },
    );
    const answer = editor.type('  const a = ');
    await time.pass(1_000);
    expect(textOf(await answer)).toBe('one();');
    expect(host.asked.map(({ input }) => input.purpose)).toEqual(['show', 'ahead']);
    expect(host.asked[1]?.input.prefix).toBe('function a() {\n  const a = one();\n  ');
    void editor.type('one();');
    const next = await editor.type('\n  ');
    expect(next).toMatchObject({ kind: 'suggestion', suggestion: { text: 'two();', from: 'cache' } });
  });

  it('gives nothing while somebody deletes, selects, or stands in a word, and says why', async () => {
    const { time, editor, typing } = startTyping(() => 'x');
    void editor.type('abc');
    await time.pass(500);
    expect(reasonOf(await editor.delete(1))).toBe('deleting');
    expect(reasonOf(await typing.suggest({ ...editor.place(), selecting: true }))).toBe('selecting');
    expect(reasonOf(await editor.move({ prefix: 'a', suffix: 'bc' }))).toBe('middle-of-word');
    expect(typing.state).toMatchObject({
      state: 'none',
      reason: 'middle-of-word',
      text: 'The cursor stands in a word.',
    });
  });

  it('lets nobody wait for long, and tells what comes later', async () => {
    const later: string[] = [];
    const { time, editor } = startTyping(() => 'late', { onMore: ({ text }) => later.push(text), firstMs: 9_000 });
    const answer = editor.type('a = ');
    await time.pass(5_000);
    expect(reasonOf(await answer)).toBe('waiting');
    await time.pass(5_000);
    expect(later).toEqual(['late']);
    expect(textOf(await editor.ask())).toBe('late');
  });

  it('takes no place that is older than the last change', async () => {
    const { editor, typing } = startTyping(() => 'x');
    const before = editor.place();
    typing.changed({ path: 'src/a.ts', version: 5, removed: 0, inserted: 'y' });
    void editor.ask();
    typing.changed({ path: 'src/a.ts', version: 6, removed: 0, inserted: 'z' });
    expect(reasonOf(await typing.suggest(before))).toBe('stale');
  });

  it('keeps to the settings, unless the person asks', async () => {
    const settings = { enabled: false };
    const { time, editor } = startTyping(() => 'x()', { settings: () => settings });
    expect(reasonOf(await editor.type('a'))).toBe('off');
    const asked = editor.ask(true);
    await time.pass(500);
    expect(textOf(await asked)).toBe('x()');
  });

  it('leaves comments alone where they are not wanted', async () => {
    const { editor } = startTyping(() => 'x', { settings: () => ({ inComments: false }) });
    expect(reasonOf(await editor.type('// what it '))).toBe('comment');
  });

  it.each([
    ['MODEL_NOT_FOUND', 'no-model'],
    ['DENIED', 'left-out'],
    ['QUEUE_FULL', 'busy'],
    ['MODEL_CRASHED', 'failed'],
  ])('says with %s that the reason is %s, with the words of the host', async (code, reason) => {
    const { time, editor } = startTyping(() => ({ code, why: 'In words.' }));
    const answer = editor.type('a');
    await time.pass(500);
    expect(await answer).toEqual({ kind: 'none', reason, text: 'In words.' });
  });

  it('does not ask a host that is gone with every key', async () => {
    let calls = 0;
    const { time, editor } = startTyping(() => '', {
      complete: async () => {
        calls += 1;
        throw new NootropicError('HOST_UNREACHABLE');
      },
    });
    const first = editor.type('a');
    await time.pass(500);
    expect(reasonOf(await first)).toBe('no-host');
    expect(reasonOf(await editor.type('b'))).toBe('no-host');
    expect(calls).toBe(1);
    await time.pass(10_000);
    void editor.type('c');
    await time.pass(500);
    expect(calls).toBe(2);
  });

  it('does not say what the editor closed by itself', async () => {
    const { time, host, editor } = startTyping(() => 'call(first, (x) => y)', { suffix: '\n' });
    const answer = editor.type('a = ');
    await time.pass(600);
    await answer;
    await editor.type('call');
    const inside = await editor.typePair('(', ')');
    expect(textOf(inside)).toBe('first, (x) => y');
    expect(host.asked.filter(({ input }) => input.purpose === 'show')).toHaveLength(1);
  });

  it('gives the words, lines and whole of a suggestion, and counts them', async () => {
    const texts = { now: '' };
    const { time, typing, editor } = startTyping(() => 'first(one);', { textOf: () => texts.now });
    const answer = editor.type('a = ');
    await time.pass(600);
    const { suggestion } = (await answer) as Extract<TypingAnswer, { kind: 'suggestion' }>;
    expect(typing.accept(suggestion.id, 'word')).toBe('first');
    expect(typing.accept('another', 'word')).toBe('');
    await editor.type('first');
    expect(typing.accept(suggestion.id)).toBe('(one);');
    texts.now = 'a = first(two);';
    await time.pass(30_000);
    expect(typing.takeReport()).toMatchObject({
      shown: 1,
      accepted: 1,
      acceptedCharacters: 11,
      retainedCharacters: 5,
    });
    expect(typing.takeReport()).toMatchObject({ shown: 0, accepted: 0 });
  });

  it('counts what was written for nothing', async () => {
    const { time, typing, editor } = startTyping(() => 'a text that is long enough to be stopped');
    void editor.type('a = ');
    await time.pass(200);
    void editor.type('Z');
    expect(typing.takeReport().wastedTokens).toBeGreaterThan(0);
  });

  it('lets a model read a file that is opened, once, and not while somebody types there', async () => {
    const { time, host, typing, editor } = startTyping(() => '');
    typing.warm(editor.place());
    await time.pass(500);
    typing.warm(editor.place());
    await time.pass(500);
    expect(host.asked.map(({ input }) => input.purpose)).toEqual(['warm']);
    void editor.ask();
    await time.pass(500);
    typing.warm(editor.place());
    expect(host.asked.map(({ input }) => input.purpose)).toEqual(['warm', 'show']);
  });

  it('does not show again what was sent away', async () => {
    const { time, typing, editor } = startTyping(() => 'value');
    const answer = editor.type('a = ');
    await time.pass(500);
    const { suggestion } = (await answer) as Extract<TypingAnswer, { kind: 'suggestion' }>;
    typing.dismiss(suggestion.id);
    expect(reasonOf(await editor.ask())).toBe('nothing');
  });

  it('shows nothing but what a model said there, whatever is typed and however fast', async () => {
    const words = ['alpha', 'beta()', ' = ', '{', '\n  ', '(x)', ';', '\n'];
    const word = fc.constantFrom(...words);
    const key = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('type' as const), text: word }) },
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('follow' as const), count: fc.integer({ min: 1, max: 6 }) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('delete' as const), count: fc.integer({ min: 1, max: 3 }) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('move' as const), to: fc.integer({ min: 0, max: 40 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('pair' as const) }) },
    );
    const step = fc.record({ key, wait: fc.constantFrom(0, 5, 30, 120, 400, 1_500) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.array(word, { minLength: 1, maxLength: 6 }),
        async (steps, says) => {
          const said: { readonly prefix: string; readonly suffix: string; readonly text: string }[] = [];
          const { time, editor } = startTyping(({ prefix, suffix }) => {
            const text = says.map((_, at) => says[(prefix.length + at) % says.length]).join('');
            said.push({ prefix, suffix, text });
            return text;
          });
          let current = '';
          const check = (place: { readonly prefix: string; readonly suffix: string }) => (answer: TypingAnswer) => {
            if (answer.kind === 'none') return;
            const { text } = answer.suggestion;
            current = text;
            expect(text).not.toBe('');
            const goesOn = said.some(
              (each) =>
                place.suffix.endsWith(each.suffix) &&
                (each.prefix + each.text).startsWith(place.prefix + text) &&
                place.prefix.startsWith(each.prefix),
            );
            expect(goesOn, JSON.stringify({ place, text, said })).toBe(true);
          };
          for (const { key: pressed, wait } of steps) {
            const answer =
              pressed.kind === 'type'
                ? editor.type(pressed.text)
                : pressed.kind === 'follow'
                  ? editor.type(current.slice(0, pressed.count) || 'z')
                  : pressed.kind === 'delete'
                    ? editor.delete(pressed.count)
                    : pressed.kind === 'pair'
                      ? editor.typePair('(', ')')
                      : editor.move({
                          prefix: editor.text.slice(0, pressed.to),
                          suffix: editor.text.slice(pressed.to),
                        });
            current = '';
            void answer.then(check(editor.place()));
            await time.pass(wait);
          }
          await time.pass(3_000);
        },
      ),
      { numRuns: 150 },
    );
  });
});
