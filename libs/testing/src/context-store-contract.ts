import { NootropicError, type ContextEntry, type ContextRange, type ContextStore } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSeededRandom } from './seeded-random.ts';

const file = { title: 'a text', kind: 'file', from: '/some/where' } as const;

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing thrown',
    (error: unknown) => (NootropicError.is(error) ? error.code : String(error)),
  );
}

/** The tests that every `ContextStore` passes. `makeSubject` gives an empty one, or the same one opened again after it was disposed. */
export function describeContextStoreContract(
  name: string,
  makeSubject: () => ContextStore | Promise<ContextStore>,
): void {
  describe(`${name} is a ContextStore`, () => {
    let store: ContextStore;
    beforeEach(async () => {
      store = await makeSubject();
    });
    afterEach(() => store[Symbol.asyncDispose]());

    const textOf = async (id: string, range?: ContextRange): Promise<string> => {
      let text = '';
      for await (const piece of store.read(id, range)) text += piece.text;
      return text;
    };
    const put = (text: string, named?: string): Promise<ContextEntry> =>
      store.put({ ...file, ...(named !== undefined && { name: named }) }, [text]);

    it('gives back what was put in, and what is known of it', async () => {
      const entry = await store.put({ ...file, mark: 'm1' }, ['one\ntwo ', 'and a half\n', 'thr\u00e9e']);
      expect(entry).toMatchObject({ ...file, mark: 'm1', lines: 3, characters: 24, bytes: 25, parts: 1 });
      expect(entry.id).toMatch(/^ctx_[a-z0-9]{16}$/u);
      expect(entry).not.toHaveProperty('name');
      expect(await textOf(entry.id)).toBe('one\ntwo and a half\nthr\u00e9e');
      expect(await store.list()).toEqual([entry]);
    });

    it('takes bytes that are cut anywhere, in a stream', async () => {
      const text = 'a \u{1f9e0} b\u2028\u00e9\r\n\n'.repeat(50);
      const bytes = new TextEncoder().encode(text);
      async function* stream(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < bytes.length; at += 7) {
          await Promise.resolve();
          yield bytes.subarray(at, at + 7);
        }
      }
      const entry = await store.put(file, stream());
      expect(await textOf(entry.id)).toBe(text);
      expect(entry).toMatchObject({ bytes: bytes.length, characters: text.length, lines: 100 });
    });

    it('keeps an empty text, and any text that is well formed', async () => {
      const empty = await put('');
      expect(empty).toMatchObject({ bytes: 0, characters: 0, lines: 0, tokens: 0 });
      expect(await textOf(empty.id)).toBe('');
      for (const text of ['\n', '\n\n', '\ufeff', 'x', '\u{1f9e0}'.repeat(70_000), 'y'.repeat(200_000), '\u0001\u007f'])
        expect(await textOf((await put(text)).id)).toBe(text);
    });

    it('refuses what is no text, and keeps nothing of it', async () => {
      expect(await codeOf(put('one\0two'))).toBe('INPUT_INVALID');
      expect(await store.list()).toEqual([]);
    });

    it('keeps nothing of an input that breaks off, and throws what it threw', async () => {
      const broken = new Error('the pipe broke');
      async function* stream(): AsyncGenerator<string> {
        for (let at = 0; at < 40; at += 1) yield `${'word '.repeat(10_000)}\n`;
        await Promise.resolve();
        throw broken;
      }
      await expect(store.put({ ...file, name: 'n' }, stream())).rejects.toBe(broken);
      expect(await store.list()).toEqual([]);
      expect(await store.search('word')).toEqual([]);
    });

    it('keeps nothing of what is stopped', async () => {
      const stop = new AbortController();
      async function* stream(): AsyncGenerator<string> {
        for (;;) {
          await Promise.resolve();
          yield `${'word '.repeat(10_000)}\n`;
        }
      }
      const onProgress = (): void => stop.abort();
      expect(await codeOf(store.put(file, stream(), { signal: stop.signal, onProgress }))).toBe('ABORTED');
      expect(await store.list()).toEqual([]);
      expect(await store.search('word')).toEqual([]);
    });

    it('replaces the entry of a name as a whole, and finds entries by the start of their names', async () => {
      const first = await put('old words', 'docs/a');
      const other = await put('other words', 'docs/b');
      const second = await put('new words', 'docs/a');
      await put('unnamed words');
      expect(second.id).not.toBe(first.id);
      expect((await store.list({ named: 'docs/' })).map(({ id }) => id)).toEqual([second.id, other.id]);
      expect(await store.list({ named: 'docs/a%' })).toEqual([]);
      expect((await store.search('words', { named: 'docs/' })).map(({ entry }) => entry.name).sort()).toEqual([
        'docs/a',
        'docs/b',
      ]);
      expect(await codeOf(textOf(first.id))).toBe('NOT_FOUND');
    });

    it('reads by lines, by offset, and by tokens', async () => {
      const { id } = await put('one\ntwo\nthree\nfour');
      expect(await textOf(id, { line: 2, lines: 2 })).toBe('two\nthree\n');
      expect(await textOf(id, { line: 4 })).toBe('four');
      expect(await textOf(id, { line: 5 })).toBe('');
      expect(await textOf(id, { lines: 0 })).toBe('');
      expect(await textOf(id, { offset: 5, characters: 6 })).toBe('wo\nthr');
      expect(await textOf(id, { offset: 999 })).toBe('');
      expect(await textOf(id, { tokens: 2.4 })).toBe('one\ntwo\n');
      expect(await textOf(id, { line: 2, lines: 2, characters: 3 })).toBe('two');
    });

    it('never cuts a character in two, and always goes on', async () => {
      const { id } = await put('\u{1f9e0}\u{1f9e0}a');
      expect(await textOf(id, { characters: 3 })).toBe('\u{1f9e0}');
      expect(await textOf(id, { characters: 1 })).toBe('\u{1f9e0}');
      expect(await textOf(id, { offset: 1 })).toBe('\u{1f9e0}a');
      expect(await textOf(id, { tokens: 0.1 })).toBe('\u{1f9e0}');
    });

    it('gives pages that together are the text, whatever their size', async () => {
      const random = createSeededRandom(7);
      const text = Array.from(
        { length: 3000 },
        (_, at) => `${at} ${'w\u00f6rd '.repeat(Math.floor(random() * 20))}`,
      ).join('\n');
      const { id, characters } = await put(text);
      for (const size of [{ tokens: 9_000 }, { characters: 50_001 }, { lines: 777 }]) {
        let whole = '';
        while (whole.length < characters) {
          const page = await textOf(id, { offset: whole.length, ...size });
          expect(page).not.toBe('');
          whole += page;
        }
        expect(whole).toBe(text);
      }
    });

    it('says where each piece begins', async () => {
      const text = Array.from({ length: 40_000 }, (_, at) => `line ${at + 1}`).join('\n');
      const { id } = await put(text);
      let offset = 0;
      for await (const piece of store.read(id)) {
        expect(piece.offset).toBe(offset);
        expect(piece.text.length).toBeLessThanOrEqual(128 * 1024);
        expect(piece.line).toBe(text.slice(0, offset).split('\n').length);
        offset += piece.text.length;
      }
      expect(offset).toBe(text.length);
      for await (const piece of store.read(id, { line: 31_000, lines: 1 }))
        expect(piece).toEqual({ text: 'line 31000\n', offset: text.indexOf('line 31000'), line: 31_000 });
    });

    it('merges texts into one view that outlives them', async () => {
      const one = await put('a1\na2 zebra');
      const empty = await put('');
      const two = await put('b1 zebra\nb2\n');
      const view = await store.merge([one.id, empty.id, two.id, one.id], {
        title: 'both',
        from: 'merged',
        name: 'view',
      });
      const text = 'a1\na2 zebra\nb1 zebra\nb2\na1\na2 zebra';
      expect(view).toMatchObject({
        kind: 'view',
        name: 'view',
        parts: 4,
        lines: 6,
        characters: text.length,
        storedBytes: 0,
      });
      expect(view.bytes).toBe(text.length);
      expect(await textOf(view.id)).toBe(text);
      expect(await textOf(view.id, { line: 2, lines: 2 })).toBe('a2 zebra\nb1 zebra\n');
      expect(await textOf(view.id, { line: 5, lines: 1 })).toBe('a1\n');
      for (let offset = 0; offset <= text.length; offset += 1)
        expect(await textOf(view.id, { offset, characters: 4 })).toBe(text.slice(offset, offset + 4));
      await store.remove([one.id, two.id, empty.id]);
      expect(await textOf(view.id)).toBe(text);
      const hits = await store.search('zebra');
      expect(hits.every(({ entry }) => entry.id === view.id)).toBe(true);
      expect(hits.some(({ startLine, endLine }) => startLine <= 3 && endLine >= 3)).toBe(true);
    });

    it('makes a view of views, and in place of one of them', async () => {
      const one = await put('one\n');
      const first = await store.merge([one.id, one.id], { title: 'v', from: 'f', name: 'v' });
      const second = await store.merge([first.id, one.id], { title: 'v', from: 'f', name: 'v' });
      expect(await textOf(second.id)).toBe('one\none\none\n');
      expect((await store.list()).map(({ id }) => id)).toEqual([second.id, one.id]);
      expect(await codeOf(store.merge([one.id, 'ctx_0'], { title: 'v', from: 'f' }))).toBe('NOT_FOUND');
      expect(await codeOf(store.merge([], { title: 'v', from: 'f' }))).toBe('INPUT_INVALID');
    });

    it('finds passages by words and says where they are', async () => {
      const lines = Array.from({ length: 500 }, (_, at) => (at === 320 ? 'the walrus sleeps' : `nothing here ${at}`));
      const { id } = await put(lines.join('\n'));
      await put('another text about seals');
      const [hit] = await store.search('where is the WALRUS?');
      expect(hit?.entry.id).toBe(id);
      expect(hit?.startLine).toBeLessThanOrEqual(321);
      expect(hit?.endLine).toBeGreaterThanOrEqual(321);
      expect(hit?.text).toBe(lines.slice((hit?.startLine ?? 1) - 1, hit?.endLine).join('\n'));
      expect(hit?.score).toBeGreaterThan(0);
      expect(await store.search('crocodile')).toEqual([]);
    });

    it('searches only what is asked for, and no more than is asked for', async () => {
      const one = await put('walrus\n'.repeat(300));
      const two = await put('walrus');
      expect((await store.search('walrus', { ids: [two.id] })).map(({ entry }) => entry.id)).toEqual([two.id]);
      expect(await store.search('walrus', { limit: 3 })).toHaveLength(3);
      expect(await store.search('walrus', { ids: [] })).toEqual([]);
      expect(await codeOf(store.search('walrus', { ids: ['ctx_none'] }))).toBe('NOT_FOUND');
      await store.remove([one.id, two.id]);
      expect(await store.search('walrus')).toEqual([]);
    });

    it('takes any question', async () => {
      await put('some text');
      for (const query of ['', '"', "'", '*', 'AND', 'a NEAR b', 'x:y', '(((', '\0', '\ud800', '--', '%'.repeat(5000)])
        expect(Array.isArray(await store.search(query))).toBe(true);
    });

    it('removes all or none', async () => {
      const one = await put('one');
      expect(await codeOf(store.remove([one.id, 'ctx_none']))).toBe('NOT_FOUND');
      expect(await store.list()).toEqual([one]);
      await store.remove([one.id]);
      expect(await store.list()).toEqual([]);
      expect(await codeOf(textOf(one.id))).toBe('NOT_FOUND');
    });

    it('takes several texts at once', async () => {
      const texts = Array.from({ length: 8 }, (_, at) => `${`text ${at} `.repeat(2000)}\n`.repeat(10 * at));
      const entries = await Promise.all(texts.map((text) => put(text)));
      expect(await Promise.all(entries.map(({ id }) => textOf(id)))).toEqual(texts);
    });
  });
}
