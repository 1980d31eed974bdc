import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/*
 * The peer of the index line, run as a process of its own: `node sqlite-alone.ts FOLDER DATABASE` puts the text of every file
 * into a full-text table of SQLite, with the settings that the index has, and nothing else.
 */

const [folder = '.', file = ':memory:'] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec(
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE VIRTUAL TABLE texts USING fts5(path, text)',
);
const insert = database.prepare('INSERT INTO texts (path, text) VALUES (?, ?)');
database.exec('BEGIN');
for (const path of globSync('**/*.ts', { cwd: folder })) insert.run(path, readFileSync(join(folder, path), 'utf8'));
database.exec('COMMIT');
database.close();
