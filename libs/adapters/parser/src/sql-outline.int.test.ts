import { afterAll, describe, expect, it } from 'vitest';
import { outline } from './languages/outline.ts';
import { createTreeSitterParser } from './tree-sitter-parser.ts';

describe('SQL', () => {
  const parser = createTreeSitterParser();
  afterAll(() => parser[Symbol.asyncDispose]());

  it('finds what several dialects create, and what statements name', async () => {
    const source = `-- Licence.

-- The users.
-- All of them.
CREATE TABLE IF NOT EXISTS app.users (
  id serial PRIMARY KEY,
  team_id int REFERENCES teams(id)
);

/* Adds one. */
CREATE OR REPLACE FUNCTION add_user(name text, team int DEFAULT 1) RETURNS int AS $$
BEGIN
  INSERT INTO users (name) VALUES (check_name(name));
  RETURN 1;
END;
$$ LANGUAGE plpgsql;

create materialized view "Active Users" as
  select u.id, count(*) from app.users u join teams t on t.id = u.team_id;

CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW
BEGIN
  UPDATE log SET a = CASE WHEN 1 THEN 2 END;
  DELETE FROM old_rows;
END;

CREATE TABLE [dbo].[Order Details] (a int);
create table \`back\`.\`ticks\` (a int);
CREATE INDEX by_name ON users (name);
CREATE TYPE mood AS ENUM ('sad', 'ok; not the end');
what is this even (;
INSERT INTO audit SELECT now_utc(), 1;
`;
    expect(outline(await parser.parse('schema.sql', source))).toMatchInlineSnapshot(`
      "5-8 table app.users | CREATE TABLE IF NOT EXISTS app.users | The users. All of them.
      11-16 function add_user | CREATE OR REPLACE FUNCTION add_user(name text, team int DEFAULT 1) | Adds one.
      18-19 table Active Users | create materialized view "Active Users"
      21-25 function touch | CREATE TRIGGER touch
      27-27 table dbo.Order Details | CREATE TABLE [dbo].[Order Details]
      28-28 table back.ticks | create table \`back\`.\`ticks\`
      30-30 type mood | CREATE TYPE mood
      calls: 13 add_user>check_name, 32 >now_utc
      inherits: 
      uses: 7 app.users>teams, 13 add_user>users, 19 Active Users>users, 19 Active Users>teams, 21 touch>users, 24 touch>old_rows, 29 >users, 32 >audit
      imports: 
      borders: 5 11 18 21 24 25 27 28 29 30 31 32"
    `);
  });

  it.each([
    ['brackets', '('.repeat(20_000)],
    ['an open string', `select '${'x'.repeat(50_000)}`],
    ['an open dollar quote', 'create function f() as $$ begin'],
    ['blocks', 'create procedure p() begin '.repeat(2_000)],
  ])('takes %s', async (_what, text) => {
    const { borders, symbols } = await parser.parse('odd.sql', text);
    expect([...borders, ...symbols.map((symbol) => symbol.endLine)].every((line) => line === 1)).toBe(true);
  });
});
