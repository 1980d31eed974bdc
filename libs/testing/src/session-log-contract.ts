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
        log.remove('zz'),
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
      await log.remove('a');
      expect(await codeOf(log.read('a'))).toBe('SESSION_NOT_FOUND');
      expect(await log.read('b')).toEqual([delta('b', 1)]);
      expect((await create('a')).events).toBe(0);
      expect(await log.read('a')).toEqual([]);
    });

    it('may be disposed twice', async () => {
      await log[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
    });
  });
}
