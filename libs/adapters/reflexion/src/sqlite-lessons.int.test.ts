import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createSqliteLessons } from './sqlite-lessons.ts';

async function store(most = 500) {
  const dir = await mkdtemp(join(tmpdir(), 'nootropic-lessons-'));
  let time = 0;
  const path = join(dir, 'deep', 'lessons.db');
  const open = () => {
    let count = 0;
    return createSqliteLessons({
      path,
      most,
      now: () => (time += 1),
      newId: () => `l${String((count += 1))}-${String(time)}`,
    });
  };
  return { dir, path, open, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}
const lesson = (text: string, paths: readonly string[] = []) => ({ text, paths, sessionId: 's' });
const subjects = ['apples', 'bridges', 'clouds', 'drums', 'engines', 'forests', 'glaciers', 'harbours'];

describe('lessons in SQLite', () => {
  it('are there after the program was closed, and for another program meanwhile', async () => {
    await using place = await store();
    const one = place.open();
    const other = place.open();
    const kept = one.add(lesson('Never use tabs.', ['a.ts']));
    expect(other.all()).toEqual([kept]);
    one.close();
    expect(other.remove(kept.id)).toBe(true);
    other.close();
    const again = place.open();
    expect(again.all()).toEqual([]);
    again.close();
  });

  it('that say the same are one, with all paths and the newest words', async () => {
    await using place = await store();
    const lessons = place.open();
    const first = lessons.add(lesson('edit of a.ts failed: a.ts:12: TS2322 not assignable', ['a.ts']));
    const second = lessons.add(lesson('edit of a.ts failed: a.ts:40: TS2322 not assignable', ['b.ts']));
    expect(second.id).toBe(first.id);
    expect(lessons.all()).toEqual([
      { ...second, text: expect.stringContaining(':40:') as string, paths: ['a.ts', 'b.ts'] },
    ]);
    lessons.close();
  });

  it('go when there are too many: the least recalled first, of those the oldest', async () => {
    await using place = await store(4);
    const lessons = place.open();
    for (const subject of subjects.slice(0, 4)) lessons.add(lesson(`About ${subject} only`));
    expect(lessons.recall({ text: 'apples', paths: [], limit: 1 })).toHaveLength(1);
    for (const subject of subjects.slice(4)) lessons.add(lesson(`About ${subject} only`));
    const left = lessons.all().map(({ text }) => text.split(' ')[1]);
    expect(left).toEqual(['harbours', 'glaciers', 'forests', 'apples']);
    lessons.close();
  });

  it('survive a kill of the program that learnt them', async () => {
    await using place = await store();
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('./lessons-kill-child.ts', import.meta.url)), place.path],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let told = '';
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      told += chunk.toString();
      if (told.split('\n').length > 20) child.kill('SIGKILL');
    }
    const acknowledged = told.split('\n').slice(0, -1);
    expect(acknowledged.length).toBeGreaterThanOrEqual(20);
    const lessons = place.open();
    const kept = new Set(lessons.all().map(({ id }) => id));
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    lessons.close();
  });
});
