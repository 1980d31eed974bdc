import { mkdtempSync, openSync, rmSync, statSync, writeSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NootropicError, type IndexedFileContent, type SearchIndex } from '@nootropic/contracts';
import { createSeededRandom } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { schemaVersion } from './index-schema.ts';
import { createLocalSearchIndex } from './local-search-index.ts';

const files = 300;
const dimensions = 16;

/** A word that no other is part of. */
const name = (at: number): string => `walk${String.fromCharCode(97 + (at % 26), 97 + (Math.floor(at / 26) % 26))}zq`;

function content(at: number): IndexedFileContent {
  const text = `export function ${name(at)}() {\n  return walk('${at}', ${at * 7});\n}`.padEnd(900, ` // filler${at}`);
  const chunk = {
    hash: `hash${at}`,
    startLine: 1,
    endLine: 3,
    symbol: name(at),
    kind: 'function' as const,
    signature: `${name(at)}()`,
    doc: '',
    text,
  };
  return {
    file: { path: `src/step${at}.ts`, hash: `file${at}`, bytes: text.length, mtimeMs: 1, language: 'typescript' },
    chunks: [chunk],
    symbols: [
      {
        name: name(at),
        kind: 'function',
        path: `src/step${at}.ts`,
        startLine: 1,
        endLine: 3,
        signature: `${name(at)}()`,
        doc: '',
      },
    ],
    references: [],
    imports: [],
  };
}

const vectorOf = (at: number): Float32Array =>
  Float32Array.from({ length: dimensions }, (_, n) => Math.sin(at * 31 + n * 7));

describe('an index with a damaged file', () => {
  let dir: string;
  let warnings: string[];
  const path = () => join(dir, `index-v${schemaVersion}.sqlite`);
  const open = (settings: { writes?: boolean; embedder?: string } = {}): Promise<SearchIndex> =>
    createLocalSearchIndex({
      dir,
      dimensions,
      embedder: 'test',
      onWarning: (text) => warnings.push(text),
      ...settings,
    });
  const fill = async (index: SearchIndex): Promise<void> => {
    for (let start = 0; start < files; start += 50) {
      const numbers = Array.from({ length: 50 }, (_, n) => start + n);
      const upsert = numbers.map(content);
      await index.apply({ upsert, remove: [], vectors: new Map(numbers.map((at) => [`hash${at}`, vectorOf(at)])) });
    }
  };
  /** What a run over the tree does: what is missing is given again. */
  const bringUp = async (index: SearchIndex): Promise<void> => {
    const known = new Set((await index.files()).map((file) => file.path));
    const lacking = new Set((await index.withoutVectors()).files);
    for (let at = 0; at < files; at += 1) {
      const made = content(at);
      if (known.has(made.file.path) && !lacking.has(made.file.path)) continue;
      await index.apply({ upsert: [made], remove: [], vectors: new Map([[`hash${at}`, vectorOf(at)]]) });
    }
  };
  const damage = (seed: number): void => {
    const random = createSeededRandom(seed);
    const size = statSync(path()).size;
    const file = openSync(path(), 'r+');
    for (let page = 0; page < 3; page += 1) {
      const noise = Uint8Array.from({ length: 4096 }, () => Math.floor(random() * 256));
      const at = 4096 * (1 + Math.floor(random() * (size / 4096 - 1)));
      writeSync(file, noise, 0, noise.length, at);
    }
    closeSync(file);
  };
  const isWhole = async (index: SearchIndex): Promise<void> => {
    for (const at of [0, 7, 150, files - 1]) {
      expect((await index.query({ text: name(at) }, 1))[0]?.path).toBe(`src/step${at}.ts`);
      expect((await index.query({ vector: vectorOf(at) }, 1))[0]?.path).toBe(`src/step${at}.ts`);
    }
    expect(await index.stats()).toMatchObject({ files, chunks: files, symbols: files, vectors: files });
  };

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'index-damage-'));
    warnings = [];
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is mended and made whole again, damage %i', async (seed) => {
    {
      await using index = await open();
      await fill(index);
    }
    damage(seed);
    await using index = await open();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      try {
        await bringUp(index);
        await isWhole(index);
        break;
      } catch (error) {
        if (!NootropicError.is(error) || error.code !== 'STORE_CORRUPT' || attempt === 2) throw error;
      }
    }
    expect(warnings.join('\n')).toMatch(/damaged/u);
  });

  it('is mended while another connection reads it, which goes on', async () => {
    await using writer = await open();
    await fill(writer);
    await using reader = await open({ writes: false });
    await isWhole(reader);
    // What both have in memory hides the damage until the log is in the file and the cache is gone.
    await writer.stats({ optimize: true });
    await isWhole(reader);
    const { salvageIndex } = await import('./salvage-index.ts');
    expect(await salvageIndex(path())).toEqual({ text: true, vectorsKept: files, vectorsLost: false });
    await isWhole(reader);
    await isWhole(writer);
    await writer.apply({ upsert: [], remove: ['src/step3.ts'], vectors: new Map() });
    expect(await reader.query({ text: name(3) }, 1)).toEqual([]);
  });

  it('goes by words alone until each chunk has a vector of a new embedder', async () => {
    {
      await using index = await open();
      await fill(index);
    }
    await using index = await open({ embedder: 'other' });
    expect((await index.withoutVectors()).chunks).toBe(files);
    await index.apply({ upsert: [], remove: [], vectors: new Map([['hash1', vectorOf(1)]]) });
    expect(await index.query({ vector: vectorOf(1) }, 3)).toEqual([]);
    expect((await index.query({ text: name(1) }, 1))[0]?.path).toBe('src/step1.ts');
    const numbers = Array.from({ length: files }, (_, at) => at);
    await index.apply({ upsert: [], remove: [], vectors: new Map(numbers.map((at) => [`hash${at}`, vectorOf(at)])) });
    expect((await index.withoutVectors()).chunks).toBe(0);
    await expect
      .poll(async () => (await index.query({ vector: vectorOf(7) }, 1))[0]?.path, { timeout: 5000 })
      .toBe('src/step7.ts');
  });

  it('stays bounded over many edits, and keeps the vectors of what was there last', async () => {
    await using index = await createLocalSearchIndex({ dir, dimensions, embedder: 'test', spareVectors: 50 });
    const edit = async (at: number): Promise<void> => {
      const made = content(1);
      const chunk = { ...made.chunks[0], hash: `edit${at}` } as (typeof made.chunks)[number];
      await index.apply({
        upsert: [{ ...made, chunks: [chunk] }],
        remove: [],
        vectors: new Map([[`edit${at}`, vectorOf(at)]]),
      });
    };
    for (let at = 0; at < 1000; at += 1) await edit(at);
    const { vectors } = await index.stats();
    expect(vectors).toBeLessThanOrEqual(51 + 2 * 64 + 100);
    expect(await index.missingVectors(['edit999', 'edit998', 'edit960', 'edit0'])).toEqual(['edit0']);
    expect((await index.stats({ optimize: true })).bytes).toBeLessThan(2_000_000);
  });
});
