import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkCorpora, corpusFiles, openCorpus, readCorpora, textOf, type CorpusPackage } from './corpora.ts';

const root = mkdtempSync(join(tmpdir(), 'nootropic-corpora-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const entry: CorpusPackage = {
  name: 'small',
  version: '1.0.0',
  from: 'npm',
  urls: ['https://one.example/small-1.0.0.tgz', 'https://two.example/small-1.0.0.tgz'],
  sha256: '0'.repeat(64),
  license: 'MIT',
};

it('pins packages in five languages at least, each by its digest', () => {
  const { packages } = readCorpora();
  const languages = new Set(packages.flatMap(({ questions }) => questions?.language ?? []));
  expect(languages.size).toBeGreaterThanOrEqual(5);
  expect(new Set(packages.map(({ sha256 }) => sha256)).size).toBe(packages.length);
  expect(new Set(packages.map(({ from }) => from))).toEqual(new Set(['npm', 'debian']));
});

it.each([
  [{ sha256: 'abc' }, /sha256/u],
  [{ urls: [] }, /urls/u],
  [{ urls: ['file:///etc/passwd'] }, /urls/u],
  [{ name: '../up' }, /name/u],
  [{ version: 'latest' }, /version/u],
  [{ from: 'github' }, /from/u],
  [{ license: '' }, /license/u],
  [{ folders: ['../..'] }, /folders/u],
  [{ questions: { language: 'go', folders: ['.'] } }, /folders/u],
  [{ questions: 'go' }, /questions/u],
  [{ size: 3 }, /size/u],
])('refuses %j', (change, message) => {
  expect(() => checkCorpora({ packages: [{ ...entry, ...change }] })).toThrow(message);
});

it('refuses a name that is there twice, and what is no list', () => {
  expect(() => checkCorpora({ packages: [entry, entry] })).toThrow(/another/u);
  expect(() => checkCorpora({})).toThrow(TypeError);
  expect(() => checkCorpora(null)).toThrow(TypeError);
  expect(checkCorpora({ packages: [entry] }).packages).toEqual([entry]);
});

/** An archive as registries give it, and a `fetch` that serves it from the second address only. */
function published() {
  const dir = mkdtempSync(join(root, 'made-'));
  mkdirSync(join(dir, 'package/src'), { recursive: true });
  writeFileSync(join(dir, 'package/src/a.ts'), 'export const a = 1;\n');
  writeFileSync(join(dir, 'package/latin.txt'), Buffer.from([0xe9, 0x0a]));
  execFileSync('tar', ['-czf', join(dir, 'small.tgz'), '-C', dir, 'package']);
  const bytes = readFileSync(join(dir, 'small.tgz'));
  const asked: string[] = [];
  return {
    asked,
    pinned: { ...entry, sha256: createHash('sha256').update(bytes).digest('hex') },
    place: {
      cache: join(dir, 'cache'),
      signal: new AbortController().signal,
      say: () => {},
      fetch: async (url: string | URL | Request) => {
        asked.push(String(url));
        return String(url).startsWith('https://two.')
          ? new Response(new Uint8Array(bytes))
          : new Response('', { status: 404 });
      },
    },
  };
}

it('downloads an archive once, from where it is, and unpacks it', async () => {
  const { pinned, place, asked } = published();
  const folder = await openCorpus(pinned, place);
  expect(await corpusFiles(folder)).toEqual(['latin.txt', 'src/a.ts']);
  expect(await corpusFiles(folder, ['src'])).toEqual(['src/a.ts']);
  expect(await textOf(join(folder, 'src/a.ts'))).toBe('export const a = 1;\n');
  expect(await textOf(join(folder, 'latin.txt'))).toBeUndefined();
  expect(await openCorpus(pinned, place)).toBe(folder);
  expect(asked).toEqual(pinned.urls);
  expect(readdirSync(join(place.cache, 'corpora'))).toHaveLength(1);
});

it('takes nothing that is not what was pinned, and leaves nothing behind', async () => {
  const { pinned, place } = published();
  await expect(openCorpus({ ...pinned, sha256: '1'.repeat(64) }, place)).rejects.toThrow(/status 404.*not the pinned/u);
  expect(readdirSync(join(place.cache, 'corpora'))).toEqual([]);
});
