import type { Attempt, CheckResult, Reflexion } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';

export interface ReflexionSubject extends AsyncDisposable {
  readonly reflexion: Reflexion;
  readonly attempts: {
    /** It broke nothing, and some judge can say so. */
    readonly sound: Attempt;
    /** It broke something that a judge finds. */
    readonly broken: Attempt;
    /** Of a file that no judge knows. */
    readonly unknown: Attempt;
  };
}

/** The contract of `Reflexion`. */
export function describeReflexionContract(name: string, makeSubject: () => Promise<ReflexionSubject>): void {
  const judged = async (reflexion: Reflexion, attempt: Attempt): Promise<CheckResult[]> =>
    Array.fromAsync(reflexion.judge(attempt));
  const lesson = (text: string, paths: readonly string[] = []) => ({ text, paths, sessionId: 's1' });

  describe(`${name} (Reflexion)`, () => {
    it('passes a sound attempt, with nothing to say', async () => {
      await using subject = await makeSubject();
      const results = await judged(subject.reflexion, subject.attempts.sound);
      const able = results.filter(({ unable }) => unable === undefined);
      expect(able.length).toBeGreaterThan(0);
      for (const result of able) expect(result).toMatchObject({ ok: true, output: '' });
    });

    it('fails a broken attempt with words, and ends there', async () => {
      await using subject = await makeSubject();
      const results = await judged(subject.reflexion, subject.attempts.broken);
      const last = results.at(-1);
      expect(last?.ok).toBe(false);
      expect(last?.unable).toBeUndefined();
      expect(last?.output).not.toBe('');
      expect(last?.output.length).toBeLessThanOrEqual(4_100);
      expect(results.filter(({ ok, unable }) => !ok && unable === undefined)).toHaveLength(1);
    });

    it('gives no result where no judge knows the language', async () => {
      await using subject = await makeSubject();
      expect(await judged(subject.reflexion, subject.attempts.unknown)).toEqual([]);
    });

    it('throws only for an abort', async () => {
      await using subject = await makeSubject();
      const attempt = { ...subject.attempts.sound, signal: AbortSignal.abort() };
      await expect(judged(subject.reflexion, attempt)).rejects.toThrow();
    });

    it('keeps a lesson, lists the newest first, and forgets it', async () => {
      await using subject = await makeSubject();
      const { reflexion } = subject;
      expect(await reflexion.lessons()).toEqual([]);
      const first = await reflexion.learn(lesson('The parser needs a semicolon after the import.', ['src/parser.ts']));
      const second = await reflexion.learn(lesson('Colours are given as numbers, never as names.', ['src/paint.ts']));
      expect(first).toMatchObject({ paths: ['src/parser.ts'], sessionId: 's1' });
      expect(first.id).not.toBe(second.id);
      expect((await reflexion.lessons()).map(({ id }) => id)).toEqual([second.id, first.id]);
      expect(await reflexion.forget(first.id)).toBe(true);
      expect(await reflexion.forget(first.id)).toBe(false);
      expect(await reflexion.lessons()).toEqual([second]);
    });

    it('learns the same thing once', async () => {
      await using subject = await makeSubject();
      const { reflexion } = subject;
      await reflexion.learn(lesson('Call open() before read() in the store.', ['src/store.ts']));
      await reflexion.learn(lesson('Call open() before read() in the store.', ['src/reader.ts']));
      const all = await reflexion.lessons();
      expect(all).toHaveLength(1);
      expect([...(all[0]?.paths ?? [])].sort()).toEqual(['src/reader.ts', 'src/store.ts']);
    });

    it('recalls by words and by paths, best first, and no more than asked for', async () => {
      await using subject = await makeSubject();
      const { reflexion } = subject;
      await reflexion.learn(lesson('Colours of the painter are numbers, never names.', ['src/paint.ts']));
      await reflexion.learn(lesson('The tokenizer counts bytes, not characters.', ['src/tokens.ts']));
      await reflexion.learn(lesson('Invoices are rounded once, at the end.', ['src/invoice.ts']));
      const byWords = await reflexion.recall({ text: 'make the tokenizer count characters' });
      expect(byWords[0]?.paths).toEqual(['src/tokens.ts']);
      const byPath = await reflexion.recall({ text: 'tidy this file', paths: ['src/invoice.ts'] });
      expect(byPath[0]?.paths).toEqual(['src/invoice.ts']);
      const all = 'painter colours tokenizer bytes invoices rounded';
      expect(await reflexion.recall({ text: all, limit: 2 })).toHaveLength(2);
      expect(await reflexion.recall({ text: all })).toHaveLength(3);
      expect(await reflexion.recall({ text: 'zzz' })).toEqual([]);
      expect(await reflexion.recall({ text: '' })).toEqual([]);
    });

    it('may be closed twice', async () => {
      await using subject = await makeSubject();
      await subject.reflexion[Symbol.asyncDispose]();
      await subject.reflexion[Symbol.asyncDispose]();
    });
  });
}
