import { expect, it, vi } from 'vitest';
import { createTurnWatch, type SeenEvent } from './turn-watch.ts';

const event = (seq: number, more: object = {}) => ({
  ...{ type: 'notice', level: 'info', code: 'x', message: 'y', seq, sessionId: 's', turnId: 't', time: 5_000 },
  ...more,
});
const lines = (...events: unknown[]) =>
  events.map((each) => `event: message\ndata: ${JSON.stringify(each)}\n\n`).join('');

function watching(answer: () => Response) {
  const seen: SeenEvent[] = [];
  const onError = vi.fn();
  const watch = createTurnWatch({ folder: () => '/open', now: () => 5_000, onError });
  watch.onEvent((each) => void seen.push(each));
  const ask = watch.watched(async () => answer());
  return { seen, ask, watch, onError, read: async (path = '/turns') => (await ask(path)).text() };
}

it('tells what passes by, and passes it on as it is', async () => {
  const start = event(1, { type: 'turn-start', text: 'q', agent: 'answer', workspace: '/begun' });
  const sent = lines(start, event(2));
  const { seen, read } = watching(() => new Response(sent));
  expect(await read()).toBe(sent);
  expect(seen.map(({ workspace, event: { seq } }) => [workspace, seq])).toEqual([
    ['/begun', 1],
    ['/begun', 2],
  ]);
});

it('tells each event once, however many read it, and nothing of the past', async () => {
  const { seen, read } = watching(() => new Response(lines(event(1, { time: 3_000 }), event(2), event(3))));
  await read('/turns/resume');
  await read('/turns/resume');
  expect(seen.map(({ event: { seq } }) => seq)).toEqual([2, 3]);
  expect(seen[0]?.workspace).toBe('/open');
});

it('sees the turn in a review', async () => {
  const { seen, read } = watching(
    () => new Response(lines({ type: 'event', event: event(1) }, { type: 'findings', findings: [] })),
  );
  await read('/git/review');
  expect(seen).toHaveLength(1);
});

it('lets through what is no turn, what failed, and what it cannot read', async () => {
  const { seen, read, ask } = watching(() => new Response('event: message\ndata: {broken\n\ndata: {"type":"x"}\n\n'));
  expect(await read()).toContain('broken');
  await read('/search');
  expect((await ask('/models')).status).toBe(200);
  expect(seen).toEqual([]);
});

it('ends the stream of the host when its reader leaves', async () => {
  const cancelled = vi.fn();
  const source = new ReadableStream({ cancel: cancelled });
  const { ask } = watching(() => new Response(source));
  await (await ask('/turns')).body?.cancel();
  expect(cancelled).toHaveBeenCalled();
});

it('is not stopped by a listener that fails', async () => {
  const { read, watch, seen, onError } = watching(() => new Response(lines(event(1), event(2))));
  const end = watch.onEvent(() => {
    throw new Error('no');
  });
  await read();
  expect(seen).toHaveLength(2);
  expect(onError).toHaveBeenCalledTimes(2);
  end();
});
