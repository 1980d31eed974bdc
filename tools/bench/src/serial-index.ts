import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openParser } from './bench-knowledge.ts';
import { corpusFiles, textOf } from './corpora.ts';

/*
 * The peer of a cold index, run as a process of its own: `node serial-index.ts FOLDER DATABASE` parses every file and puts its text into a
 * full-text table of SQLite, one file after the other, and nothing else.
 */

const [folder = '.', path = ':memory:'] = process.argv.slice(2);
const database = new DatabaseSync(path);
database.exec(
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE VIRTUAL TABLE texts USING fts5(path, text)',
);
const insert = database.prepare('INSERT INTO texts (path, text) VALUES (?, ?)');
const parser = openParser();
const files = (await corpusFiles(folder)).filter((file) => !file.startsWith('.git/'));
database.exec('BEGIN');
for (const file of files) {
  const text = await textOf(join(folder, file));
  if (text === undefined) continue;
  await parser.parse(file, text);
  insert.run(file, text);
}
database.exec('COMMIT');
database.close();
await parser[Symbol.asyncDispose]();
