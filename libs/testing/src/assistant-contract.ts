import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NootropicError, type Assistant, type SendInput, type TurnEvent } from '@nootropic/contracts';

export interface AssistantSubject extends AsyncDisposable {
  /** Its model answers `count N` with N pieces of text, a moment between each two, and everything else with one. */
  readonly assistant: Assistant;
  /** A folder with a file in it, which the assistant may work in. */
  readonly workspace: string;
}

/**
 * What every `Assistant` must keep, in the same process and over a wire alike: the order of a turn, how it ends, how it is taken up again, and what an
 * error looks like. One subject is made for all tests.
 */
export function describeAssistantContract(name: string, makeSubject: () => Promise<AssistantSubject>): void {
  describe(`${name} keeps the contract of Assistant`, () => {
    let subject: AssistantSubject;
    beforeAll(async () => {
      subject = await makeSubject();
    });
    afterAll(async () => {
      await subject[Symbol.asyncDispose]();
    });

    const send = async (text: string, more: Partial<SendInput> = {}, signal?: AbortSignal) =>
      subject.assistant.send({ workspace: subject.workspace, text, ...more }, { signal });
    const log = async (id: string) => (await subject.assistant.sessions.show({ id })).events;
    /** Reads until so many pieces of text have come. */
    const read = async (stream: AsyncIterator<TurnEvent, unknown>, pieces: number): Promise<TurnEvent[]> => {
      const events: TurnEvent[] = [];
      for (let seen = 0; seen < pieces;) {
        const next = await stream.next();
        if (next.done === true) break;
        events.push(next.value);
        if (next.value.type === 'text-delta') seen += 1;
      }
      return events;
    };

    it('gives a turn in order, each event as the session has it', async () => {
      const events = await all(await send('hello'));
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      expect(events[0]).toMatchObject({ type: 'turn-start', text: 'hello' });
      expect(events.at(-1)).toMatchObject({ type: 'turn-end', reason: 'done' });
      expect(await log(sessionOf(events))).toEqual(events);
    });

    it('goes on with a session, with the numbers of its events', async () => {
      const first = await all(await send('hello'));
      const sessionId = sessionOf(first);
      const second = await all(await send('again', { sessionId }));
      expect(second[0]?.seq).toBe(first.length + 1);
      expect(await log(sessionId)).toEqual([...first, ...second]);
    });

    it('ends a turn whose stream is returned, and whose signal aborts, with an event that the session keeps', async () => {
      const returned = await send('count 400');
      const sessionId = sessionOf(await read(returned, 2));
      await returned.return?.();
      expect((await log(sessionId)).at(-1)).toMatchObject({ type: 'turn-end', reason: 'aborted' });

      const abort = new AbortController();
      const aborted = await send('count 400', {}, abort.signal);
      await read(aborted, 2);
      abort.abort();
      expect((await all(aborted)).at(-1)).toMatchObject({ type: 'turn-end', reason: 'aborted' });
      expect(await subject.assistant.turns.list()).toEqual([]);
    });

    it('takes a turn up again from any event, for several readers at once', async () => {
      const stream = await send('count 30', { keepSeconds: 30 });
      const begun = await read(stream, 3);
      const sessionId = sessionOf(begun);
      expect(await subject.assistant.turns.list()).toMatchObject([{ sessionId, readers: 1 }]);
      const resumed = await Promise.all(
        [0, 1, begun.length].map(async (after) => all(await subject.assistant.turns.resume({ sessionId, after }))),
      );
      const events = [...begun, ...(await all(stream))];
      expect(events.at(-1)).toMatchObject({ type: 'turn-end', reason: 'done' });
      expect(resumed).toEqual([events, events.slice(1), events.slice(begun.length)]);
      expect(await all(await subject.assistant.turns.resume({ sessionId, after: 2 }))).toEqual(events.slice(2));
    });

    it('stops a turn for its readers, and says where there was none', async () => {
      const stream = await send('count 400');
      const sessionId = sessionOf(await read(stream, 2));
      expect(await subject.assistant.turns.stop({ sessionId })).toEqual({ stopped: true });
      expect((await all(stream)).at(-1)).toMatchObject({ type: 'turn-end', reason: 'aborted' });
      expect(await subject.assistant.turns.stop({ sessionId })).toEqual({ stopped: false });
    });

    it('rejects with an error that has its code, its words and what to do next', async () => {
      const codeOf = async (work: Promise<unknown>) => {
        const error: unknown = await work.then(
          () => 'It did not reject.',
          (cause: unknown) => cause,
        );
        expect(NootropicError.is(error)).toBe(true);
        const { code, message, hint } = error as NootropicError;
        expect([message, hint]).not.toContain('');
        return code;
      };
      const { assistant } = subject;
      expect(await codeOf(assistant.sessions.show({ id: 'none' }))).toBe('SESSION_NOT_FOUND');
      expect(await codeOf(assistant.turns.resume({ sessionId: 'none', after: 0 }).then(all))).toBe('SESSION_NOT_FOUND');
      expect(await codeOf(send('hello', { sessionId: 'none' }).then(all))).toBe('SESSION_NOT_FOUND');
      const unknown = { sessionId: 'none', requestId: 'none', decision: 'allow' as const };
      expect(await codeOf(assistant.answer(unknown))).toBe('APPROVAL_UNKNOWN');
      expect(await codeOf(assistant.models.show({ name: 'none' }))).toBe('MODEL_NOT_FOUND');
    });

    it('makes what goes wrong in a turn an event of it', async () => {
      const events = await all(await send('hello', { model: 'file:/nowhere/none.gguf' }));
      const { code } = { code: '', ...(events.at(-1) as { error?: { code: string } }).error };
      expect([events.at(-1)?.type, code]).toEqual(['turn-error', 'MODEL_NOT_FOUND']);
    });

    it('gives other streams to their end, and lets go of one that is returned', async () => {
      const { assistant, workspace } = subject;
      const whole = await assistant.index.refresh({ workspace });
      let phase = '';
      for await (const progress of whole) ({ phase } = progress);
      expect(phase).toBe('done');
      const left = await assistant.index.refresh({ workspace, rebuild: true });
      await left.return?.();
      expect(await left.next()).toMatchObject({ done: true });
    });
  });
}

async function all(stream: AsyncIterator<TurnEvent, unknown>): Promise<TurnEvent[]> {
  const events: TurnEvent[] = [];
  for (let next = await stream.next(); next.done !== true; next = await stream.next()) events.push(next.value);
  return events;
}

function sessionOf(events: readonly TurnEvent[]): string {
  return events[0]?.sessionId ?? 'none';
}
