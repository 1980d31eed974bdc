import { NootropicError, type SessionLog, type TurnEvent } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** The tests that every `SessionLog` passes. `makeSubject` gives an empty log whose clock is the one given. */
export function describeSessionLogContract(
  name: string,
  makeSubject: (now: () => number) => SessionLog | Promise<SessionLog>,
): void {
  describe(`${name} is a SessionLog`, () => {
    let log: SessionLog;
    let clock: number;
    beforeEach(async () => {
      clock = 1_000;
      log = await makeSubject(() => clock);
    });
    afterEach(() => log[Symbol.asyncDispose]());

    const create = (id: string) => log.create({ id, workspace: '/w', title: `about ${id}`, createdAt: 500 });
    const delta = (sessionId: string, seq: number): TurnEvent => ({
      seq,
      sessionId,
      turnId: 't',
      time: 1,
      type: 'text-delta',
      text: `piece ${seq}`,
    });
    const codeOf = (action: Promise<unknown>) =>
      action.then(
        () => 'resolved',
        (error: unknown) => (NootropicError.is(error) ? error.code : String(error)),
      );

    it('creates a session without events', async () => {
      const session = await create('a');
      expect(session).toEqual({
        id: 'a',
        workspace: '/w',
        title: 'about a',
        createdAt: 500,
        updatedAt: 500,
        events: 0,
      });
      expect(await log.read('a')).toEqual([]);
      expect(await log.find('a')).toEqual(session);
    });

    it('refuses an id that is taken, empty, or a word with a meaning', async () => {
      await create('a');
      for (const id of ['a', '', 'latest']) expect(await codeOf(create(id))).toBe('INPUT_INVALID');
    });

    it('gives events back in order, all or those after a number', async () => {
      await create('a');
      await create('b');
      await log.append('a', [delta('a', 1), delta('a', 2)]);
      await log.append('b', [delta('b', 1)]);
      await log.append('a', [delta('a', 3)]);
      expect(await log.read('a')).toEqual([delta('a', 1), delta('a', 2), delta('a', 3)]);
      expect(await log.read('a', 2)).toEqual([delta('a', 3)]);
      expect(await log.read('a', 3)).toEqual([]);
      clock = 2_000;
      await log.append('a', [delta('a', 4)]);
      expect(await log.find('a')).toMatchObject({ events: 4, updatedAt: 2_000, createdAt: 500 });
    });

    it('keeps an event of an unknown kind as it came', async () => {
      await create('a');
      const strange: TurnEvent = {
        seq: 1,
        sessionId: 'a',
        turnId: 't',
        time: 1.5,
        type: 'from-the-future',
        nested: { list: [1, -0.1, null, true, { deep: 'x' }], empty: {} },
        text: 'NUL \u0000, quote ", emoji 🧠, lone \ud800, line \u2028',
      };
      await log.append('a', [strange]);
      expect(await log.read('a')).toEqual([strange]);
      expect(Object.keys((await log.read('a'))[0] ?? {})).toEqual(Object.keys(strange));
    });

    it('does not change what was written when the caller changes its object', async () => {
      await create('a');
      const event = { ...delta('a', 1), list: [1] };
      await log.append('a', [event]);
      event.list.push(2);
      expect(await log.read('a')).toMatchObject([{ list: [1] }]);
    });

    it('keeps nothing of a call with a gap, a repeat or a stranger in it', async () => {
      await create('a');
      await log.append('a', [delta('a', 1)]);
      for (const events of [
        [delta('a', 3)],
        [delta('a', 1)],
        [delta('a', 2), delta('a', 4)],
        [delta('a', 2), delta('a', 2)],
        [delta('a', 2), delta('b', 3)],
      ]) {
        expect(await codeOf(log.append('a', events))).toBe('INPUT_INVALID');
      }
      expect(await log.read('a')).toEqual([delta('a', 1)]);
      expect((await log.find('a')).events).toBe(1);
    });

    it('says SESSION_NOT_FOUND for what is not there', async () => {
      expect(await codeOf(log.find('latest'))).toBe('SESSION_NOT_FOUND');
      await create('a');
      for (const call of [
        log.find('zz'),
        log.find(''),
        log.read('zz'),
        log.append('zz', [delta('zz', 1)]),
        log.append('zz', []),
        log.change('zz', 'removed'),
        log.change('zz', { title: 'x' }),
      ]) {
        expect(await codeOf(call)).toBe('SESSION_NOT_FOUND');
      }
    });

    it('finds by a start that only one id has, and says when more have it', async () => {
      await create('abc1');
      await create('abc2');
      await create('abc');
      await create('a%_x');
      expect((await log.find('abc1')).id).toBe('abc1');
      expect((await log.find('abc')).id).toBe('abc');
      expect((await log.find('a%')).id).toBe('a%_x');
      expect(await codeOf(log.find('ABC1'))).toBe('SESSION_NOT_FOUND');
      await expect(log.find('ab')).rejects.toMatchObject({
        code: 'SESSION_NOT_FOUND',
        message: expect.stringContaining('ambiguous') as string,
      });
    });

    it('knows the one updated last, also when the clock stands still or goes back', async () => {
      await create('a');
      await create('b');
      expect((await log.find('latest')).id).toBe('b');
      await log.append('a', [delta('a', 1)]);
      expect((await log.find('latest')).id).toBe('a');
      clock = 10;
      await log.append('b', [delta('b', 1)]);
      expect((await log.find('latest')).id).toBe('b');
      expect((await log.list()).map((session) => session.id)).toEqual(['b', 'a']);
    });

    it('removes a session with its events, and only that one', async () => {
      await create('a');
      await create('b');
      await log.append('a', [delta('a', 1)]);
      await log.append('b', [delta('b', 1)]);
      expect(await log.change('a', 'removed')).toMatchObject({ id: 'a', events: 1 });
      expect(await codeOf(log.read('a'))).toBe('SESSION_NOT_FOUND');
      expect(await log.read('b')).toEqual([delta('b', 1)]);
      expect((await create('a')).events).toBe(0);
      expect(await log.read('a')).toEqual([]);
    });

    it('creates one with its first events, or not at all', async () => {
      const first = [delta('a', 1), delta('a', 2)];
      const begun = await log.create({ id: 'a', workspace: '/w', title: 'x', createdAt: 500, events: first });
      expect(begun).toMatchObject({ events: 2, createdAt: 500, updatedAt: 1_000 });
      expect(await log.read('a')).toEqual(first);
      const gap = { id: 'b', workspace: '/w', title: 'x', createdAt: 500, events: [delta('b', 2)] };
      expect(await codeOf(log.create(gap))).toBe('INPUT_INVALID');
      expect(await codeOf(log.find('b'))).toBe('SESSION_NOT_FOUND');
    });

    it('gives a session another title and leaves its place among the others', async () => {
      await create('a');
      await create('b');
      clock = 5_000;
      expect(await log.change('a', { title: 'renamed' })).toMatchObject({ title: 'renamed', updatedAt: 500 });
      expect((await log.list()).map(({ id, title }) => [id, title])).toEqual([
        ['b', 'about b'],
        ['a', 'renamed'],
      ]);
    });

    describe('searched', () => {
      const usage = { tokensRead: 0, tokensReused: 0, tokensWritten: 0, totalMs: 0 };
      /** A turn that asked and answered. */
      const say = async (sessionId: string, turnId: string, [asked, answered]: readonly [string, string]) => {
        const { events } = await log.find(sessionId);
        const base = { sessionId, turnId, time: 1 };
        await log.append(sessionId, [
          { ...base, seq: events + 1, type: 'turn-start', text: asked, agent: 'answer', workspace: '/w' },
          { ...base, seq: events + 2, type: 'text-delta', text: answered },
          { ...base, seq: events + 3, type: 'turn-end', reason: 'done', text: answered, citations: [], usage },
        ]);
      };
      const search = async (query: string, more: { workspace?: string; limit?: number } = {}) =>
        (await log.list({ query, ...more })).map(({ id, found }) => [id, found?.turnId ?? '']);

      it('finds the turn in which words were asked or answered, in any order, by their beginnings', async () => {
        await create('a');
        await say('a', 'a1', ['Where is the parser?', 'In src/parse.ts, as `readTokens`.']);
        await say('a', 'a2', ['And the café?', 'Closed\non Mondays.']);
        await create('b');
        await say('b', 'b1', ['Where is the door?', 'At the front.']);
        expect(await search('parser')).toEqual([['a', 'a1']]);
        expect(await search('READTOK where')).toEqual([['a', 'a1']]);
        expect(await search('src/parse.ts')).toEqual([['a', 'a1']]);
        expect(await search('CAFE')).toEqual([['a', 'a2']]);
        expect((await search('where')).sort()).toEqual([
          ['a', 'a1'],
          ['b', 'b1'],
        ]);
        for (const none of ['parser door', 'parser mondays', 'arser', 'ts.parse', '""', '* - (', 'NOT', ' ', 'x\0y'])
          expect([none, await search(none)]).toEqual([none, []]);
        const [hit] = await log.list({ query: 'monday' });
        expect(hit).toMatchObject({ id: 'a', title: 'about a', events: 6 });
        expect(hit?.found?.snippet).toContain('Closed on Mondays.');
      });

      it('finds by the title, the new one once there is one, and names no turn for that', async () => {
        await create('a');
        expect(await search('about')).toEqual([['a', '']]);
        await say('a', 'a1', ['one', 'two']);
        await say('a', 'a2', ['three', 'four']);
        expect(await log.list({ query: 'about' })).toMatchObject([{ id: 'a', found: { snippet: 'about a' } }]);
        expect(await search('about three')).toEqual([['a', 'a2']]);
        await create('b');
        await say('b', 'b1', ['one more about b', 'Yes.']);
        expect(await search('about b')).toEqual([['b', 'b1']]);
        await log.change('b', 'removed');
        await log.change('a', { title: 'Counting' });
        expect(await search('about')).toEqual([]);
        expect(await search('four count')).toEqual([['a', 'a2']]);
      });

      it('finds what was said since, and nothing of what was removed', async () => {
        await create('a');
        await say('a', 'a1', ['one', 'two']);
        expect(await search('five')).toEqual([]);
        await say('a', 'a2', ['five', 'six']);
        expect(await search('five')).toEqual([['a', 'a2']]);
        await log.change('a', 'removed');
        expect(await search('five')).toEqual([]);
        await create('a');
        expect(await search('five')).toEqual([]);
      });

      it('keeps to a folder and to a number', async () => {
        await create('a');
        await create('b');
        await log.create({ id: 'c', workspace: '/other', title: 'about c', createdAt: 500 });
        expect(await search('about', { workspace: '/other' })).toEqual([['c', '']]);
        expect(await search('about', { limit: 2 })).toHaveLength(2);
        expect(await search('about')).toHaveLength(3);
      });
    });

    it('may be disposed twice', async () => {
      await log[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
    });
  });
}
