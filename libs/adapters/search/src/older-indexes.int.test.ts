import { existsSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sketchFile } from '@nootropic/testing';
import { tryFileLock } from '@nootropic/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalSearchIndex } from './local-search-index.ts';

let dir: string;
const open = () => createLocalSearchIndex({ dir, dimensions: 3, embedder: 'e' });
const older = () => join(dir, 'index-v1.sqlite');

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nootropic-older-'));
  writeFileSync(older(), 'of an older program');
  writeFileSync(`${older()}-wal`, '');
  mkdirSync(join(dir, 'vectors-v1'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function fill(): Promise<void> {
  await using index = await open();
  await index.apply({ upsert: [sketchFile({ path: 'a.ts' })], remove: [], vectors: new Map() });
}

describe('the index of an older program', () => {
  it('stays while there is nothing to take its place', async () => {
    await (await open())[Symbol.asyncDispose]();
    await (await open())[Symbol.asyncDispose]();
    expect(existsSync(older())).toBe(true);
  });

  it('is removed with all that belongs to it once the new one holds something', async () => {
    await fill();
    await (await open())[Symbol.asyncDispose]();
    for (const name of ['index-v1.sqlite', 'index-v1.sqlite-wal', 'index-v1.lock', 'vectors-v1']) {
      expect(existsSync(join(dir, name)), name).toBe(false);
    }
  });

  it('stays while its program writes it', async () => {
    await fill();
    const lock = tryFileLock(join(dir, 'index-v1.lock'));
    await (await open())[Symbol.asyncDispose]();
    expect(existsSync(older())).toBe(true);
    lock?.release();
  });
});
