import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createEventReader } from './server-sent-events.ts';

const bytes = new TextEncoder();

it('reads events, however they are cut', () => {
  const events = fc.array(
    fc.record({ event: fc.constantFrom('message', 'done'), data: fc.string({ unit: 'grapheme', minLength: 1 }) }),
  );
  const end = fc.constantFrom('\n', '\r\n');
  fc.assert(
    fc.property(events, end, fc.array(fc.nat(20)), (given, newline, cuts) => {
      const sent = given.map(({ event, data }) => ({ event, data: data.replaceAll(/[\r\n]/gu, '_') }));
      const text = sent.map(({ event, data }) =>
        [`event: ${event}`, ': a comment', `data: ${data}`, '', ''].join(newline),
      );
      const whole = bytes.encode(text.join(''));
      const read = createEventReader();
      const got = [];
      let at = 0;
      for (const cut of [...cuts, whole.length]) {
        got.push(...read(whole.subarray(at, at + cut)));
        at += cut;
      }
      expect(got).toEqual(sent);
    }),
    { numRuns: 500 },
  );
});

it('joins the lines of one event and leaves out what has none', () => {
  const read = createEventReader();
  expect(read(bytes.encode('data: a\ndata:b\n\nevent: empty\n\ndata: [DONE]\n\n'))).toEqual([
    { event: 'message', data: 'a\nb' },
    { event: 'message', data: '[DONE]' },
  ]);
});
