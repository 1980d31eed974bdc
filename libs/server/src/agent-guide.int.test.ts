import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compose } from './compose.ts';

const guide = new URL('../../../docs/guides/agent.md', import.meta.url);

let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'nootropic-guide-'));
});
afterEach(() => rm(place, { recursive: true, force: true }));

it('shows files in its guide that count as they stand there', async () => {
  const text = await readFile(guide, 'utf8');
  /** The block of code that follows these words. */
  const after = (words: string): string => {
    const at = text.indexOf(words);
    expect(at, words).toBeGreaterThan(0);
    return /```\w+\n([\s\S]*?)```/u.exec(text.slice(at))?.[1] ?? '';
  };
  const put = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(join(place, path)), { recursive: true });
    await writeFile(join(place, path), content);
  };
  const workspace = join(place, 'work');
  await put('work/AGENTS.md', after('`AGENTS.md` (else'));
  for (const path of ['agents/docs.md', 'skills/release/SKILL.md', 'hooks.json', 'commands/changelog.md'])
    await put(`work/.nootropic/${path}`, after(`\`.nootropic/${path}\``));
  await put('home/config/config.json', after('`nootropic config path` names'));
  await using composed = await compose({
    env: { ...process.env, NOOTROPIC_HOME: join(place, 'home') },
    flags: { log: { level: 'silent' } },
  });
  const { trust, permissions } = composed.assistant;
  const found = await trust.set({ workspace, trusted: true });
  expect(found.ignored).toEqual([]);
  expect(found.instructions.map(({ path }) => path)).toEqual(['AGENTS.md']);
  for (const each of [found.agents, found.skills, found.hooks, found.commands]) expect(each).toHaveLength(1);
  const judged = (tool: string, subject: string) => permissions.check({ workspace, tool, subject, mode: 'auto-edit' });
  expect((await judged('run', 'npm test -- x')).decision).toBe('allow');
  expect((await judged('edit', 'migrations/1.sql')).decision).toBe('deny');
});
