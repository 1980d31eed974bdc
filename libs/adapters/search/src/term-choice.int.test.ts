import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@nootropic/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { indexMigrations } from './index-schema.ts';
import { createTermChoice } from './term-choice.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nootropic-terms-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** An index whose chunks have these texts. */
function indexOf(texts: readonly string[]) {
  const db = openDatabase({ path: join(dir, 'index.sqlite'), migrations: indexMigrations, durability: 'normal' });
  db.exec("INSERT INTO files VALUES (1, 'a.ts', '', 0, 0, 'typescript')");
  const chunk = db.prepare("INSERT INTO chunks VALUES (?, 1, '', 1, 1, '', NULL, '', '', ?)");
  const words = db.prepare("INSERT INTO words (rowid, path, symbol, signature, text) VALUES (?, '', '', '', ?)");
  for (const [at, text] of texts.entries()) {
    chunk.run(at + 1, text);
    words.run(at + 1, text);
  }
  return db;
}

const texts = Array.from(
  { length: 100 },
  (_, at) => `common ${at % 4 === 0 ? 'quarter' : ''} ${at === 7 ? 'single' : ''}`,
);

describe('createTermChoice', () => {
  it('keeps the rarest terms, as many as may be scored', () => {
    using db = disposable(indexOf(texts));
    expect(createTermChoice(db.value, 50)(['"common"', '"quarter"', '"single"'])).toBe('"single" OR "quarter"');
  });

  it('leaves nothing out of a small index', () => {
    using db = disposable(indexOf(texts));
    expect(createTermChoice(db.value, 1_000)(['"common"', '"absent"'])).toBe('"common" OR "absent"');
  });

  it('keeps two terms however common they are', () => {
    using db = disposable(indexOf(texts));
    expect(createTermChoice(db.value, 5)(['"quarter"', '"common"'])).toBe('"quarter" OR "common"');
  });

  it('asks for what was asked where the index has none of it', () => {
    using db = disposable(indexOf(texts));
    expect(createTermChoice(db.value, 5)(['"absent"', '"missing"'])).toBe('"absent" OR "missing"');
  });
});

function disposable<T extends { close(): unknown }>(value: T): { readonly value: T } & Disposable {
  return { value, [Symbol.dispose]: () => void value.close() };
}
