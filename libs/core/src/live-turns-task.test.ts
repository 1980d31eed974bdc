import { isKnownEvent, type TurnEvent } from '@nootropic/contracts';
import * as testing from '@nootropic/testing';
import { expect, it } from 'vitest';
import { collect } from './assistant.fixture.ts';
import { call, say, steps, taskSubjectsOn } from './task.fixture.ts';

const taskSubject = taskSubjectsOn(testing);
const change = call('put', { path: 'src/a.ts', content: 'new\n' }, 'put new');

async function untilAsked(stream: AsyncIterator<TurnEvent, unknown>): Promise<TurnEvent> {
  for (;;) {
    const next = await stream.next();
    if (next.done === true) throw new Error('Nothing was asked.');
    if (next.value.type === 'approval-request') return next.value;
  }
}

it('keeps a request for approval that nobody reads, until somebody comes back and answers it', async () => {
  const { assistant, place, sessions } = await taskSubject({ play: steps(change, say('Changed.')) });
  const asked = { workspace: place.root, text: 'Do it.', mode: 'ask' as const, attended: true, keepSeconds: 60 };
  const stream = await assistant.send(asked);
  const request = await untilAsked(stream);
  await stream.return?.();
  expect(await assistant.turns.list()).toMatchObject([{ sessionId: request.sessionId, readers: 0 }]);

  const { sessionId } = request;
  const resumed = await assistant.turns.resume({ sessionId, after: request.seq - 1 });
  const again = await untilAsked(resumed);
  expect(again).toEqual(request);
  if (!isKnownEvent(again) || again.type !== 'approval-request') throw new Error('It is another event.');
  await assistant.answer({ sessionId, requestId: again.requestId, decision: 'allow' });
  const rest = await collect(resumed);
  expect(rest.map(({ type }) => type)).toEqual([
    'approval-answer',
    'file-change',
    'tool-result',
    'text-delta',
    'turn-end',
  ]);
  expect(await place.text('src/a.ts')).toBe('new\n');
  expect((await sessions.read(sessionId)).slice(-rest.length)).toEqual(rest);
});

it('denies nobody’s request and ends the turn where it is stopped instead', async () => {
  const { assistant, place } = await taskSubject({ play: steps(change) });
  const stream = await assistant.send({
    workspace: place.root,
    text: 'Do it.',
    mode: 'ask',
    attended: true,
    keepSeconds: 60,
  });
  const { sessionId, seq } = await untilAsked(stream);
  await stream.return?.();
  expect(await assistant.turns.stop({ sessionId })).toEqual({ stopped: true });
  const rest = await collect(await assistant.turns.resume({ sessionId, after: seq }));
  expect(rest.at(-1)).toMatchObject({ type: 'turn-end', reason: 'aborted' });
  expect(await place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
});
