import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ModelEvent } from '@nootropic/contracts';
import { createEventBatch } from './model-process-events.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function record() {
  const sent: (readonly ModelEvent[])[] = [];
  return { sent, batch: createEventBatch((events) => sent.push(events), Date.now) };
}
const text = (piece: string): ModelEvent => ({ type: 'text', text: piece });
const finish: ModelEvent = { type: 'finish', reason: 'stop', tokens: { read: 0, reused: 0, written: 0 } };

it('sends the first piece at once, and what follows soon in one message', () => {
  const { sent, batch } = record();
  batch.push(text('a'));
  expect(sent).toHaveLength(1);
  batch.push(text('b'));
  batch.push(text('c'));
  expect(sent).toHaveLength(1);
  vi.advanceTimersByTime(25);
  expect(sent.slice(1)).toEqual([[text('bc')]]);
});

it('tells the progress of a prompt at once, then once a second', () => {
  const { sent, batch } = record();
  for (let done = 1; done <= 30; done += 1) {
    vi.advanceTimersByTime(100);
    batch.push({ type: 'prompt-progress', done, total: 30 });
  }
  batch.push(text('a'));
  expect(sent.flat()).toEqual([
    ...[1, 11, 21].map((done) => ({ type: 'prompt-progress', done, total: 30 })),
    text('a'),
  ]);
});

it('tells always what of a prompt need not be read', () => {
  const { sent, batch } = record();
  const progress = (done: number) => ({ type: 'prompt-progress', done, total: 30 }) as const;
  batch.push(progress(1));
  batch.push({ ...progress(5), reused: 5 });
  batch.push(progress(6));
  expect(sent.flat()).toEqual([progress(1), { ...progress(5), reused: 5 }]);
});

it('keeps the order, and sends what is no text at once with all before it', () => {
  const { sent, batch } = record();
  batch.push(text('a'));
  batch.push({ type: 'reasoning', text: 'b' });
  batch.push(text('c'));
  batch.push(finish);
  expect(sent).toEqual([[text('a')], [{ type: 'reasoning', text: 'b' }, text('c'), finish]]);
});

it('joins the probabilities of joined pieces', () => {
  const { sent, batch } = record();
  const logprob = (token: string) => ({ token, logprob: -1, top: [] });
  batch.push(text('a'));
  batch.push({ type: 'text', text: 'b', logprobs: [logprob('b')] });
  batch.push({ type: 'text', text: 'c', logprobs: [logprob('c')] });
  batch.flush();
  expect(sent[1]).toEqual([{ type: 'text', text: 'bc', logprobs: [logprob('b'), logprob('c')] }]);
});

it('sends nothing twice', () => {
  const { sent, batch } = record();
  batch.push(text('a'));
  batch.push(text('b'));
  batch.flush();
  vi.advanceTimersByTime(100);
  batch.flush();
  expect(sent).toHaveLength(2);
});
