import type { Assistant } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { run, type RunOptions } from './fake-host.test-fixture.ts';

const lesson = (id: string, text: string, paths: string[] = []) => ({ id, text, paths, at: 0, sessionId: 's' });

function withLessons(removed: string[] = []): RunOptions {
  const list = [
    lesson('0198a2ff-1', 'Never use tabs.\nSpaces\u001b[31m only.', ['src/a.ts']),
    lesson('0198a2ff-2', 'Other.'),
  ];
  const lessons: Assistant['lessons'] = {
    list: async () => list,
    remove: async ({ id }) => {
      removed.push(id);
      return { id };
    },
  };
  return { host: { changes: { lessons } }, clock: () => 60_000 };
}

describe('nootropic lessons', () => {
  it('lists what was learnt', async () => {
    const { code, out } = await run(['lessons', 'list'], withLessons());
    expect(code).toBe(0);
    expect(out).toMatch(/^0198a2ff {2}1 min {2}src\/a\.ts\n {2}Never use tabs\.\n/u);
    const json = await run(['lessons', 'list', '--json'], withLessons());
    expect(json.lines()).toHaveLength(2);
    expect((await run(['lessons', 'list'])).err).toContain('Nothing was learnt');
  });

  it('forgets one by a unique start of its id', async () => {
    const removed: string[] = [];
    expect((await run(['lessons', 'rm', '0198a2ff-2'], withLessons(removed))).code).toBe(0);
    expect(removed).toEqual(['0198a2ff-2']);
    const unclear = await run(['lessons', 'rm', '0198'], withLessons(removed));
    expect(unclear.code).toBe(5);
    expect(unclear.err).toContain('2 lessons begin with 0198');
    expect((await run(['lessons', 'rm', 'x'], withLessons(removed))).code).toBe(5);
    expect(removed).toHaveLength(1);
  });
});

describe('nootropic agents', () => {
  const origin = (path: string) => ({ scope: 'workspace' as const, path, hash: 'a' });
  const found = {
    ...{ trusted: true, unattended: false },
    instructions: [origin('AGENTS.md')],
    agents: [{ name: 'reviewer', description: 'Looks for mistakes.', origin: origin('.nootropic/agents/reviewer.md') }],
    skills: [{ name: 'notes', description: 'Writes notes.', origin: origin('.agents/skills/notes/SKILL.md') }],
    hooks: [{ event: 'AfterTool', command: 'npm run lint', origin: origin('.nootropic/hooks.json') }],
    commands: [{ name: 'fix', description: 'Mends.', origin: origin('.nootropic/commands/fix.md') }],
    ignored: [{ path: 'b.md', what: 'agent', reason: 'line 1: there is no description' }],
  };
  const withFound = (show: Assistant['trust']['show']): RunOptions => ({
    host: { changes: { trust: { show, set: () => Promise.reject(new Error('not asked for')) } } },
  });

  it('lists what counts with where it comes from, and what does not with why', async () => {
    const { code, out, err } = await run(
      ['agents'],
      withFound(async () => found),
    );
    expect(code).toBe(0);
    for (const { path } of [...found.instructions, found.agents[0]?.origin, found.hooks[0]?.origin].filter(
      (each) => each !== undefined,
    ))
      expect(out).toContain(path);
    expect(out).toContain('/fix');
    expect(out).toContain('npm run lint');
    expect(err).toBe('Left out:\n  agent  b.md: line 1: there is no description\n');
    expect(
      (
        await run(
          ['agents', '--json'],
          withFound(async () => found),
        )
      ).lines(),
    ).toEqual([found]);
  });

  it('says that a folder is not trusted', async () => {
    const nothing = { instructions: [], agents: [], skills: [], hooks: [], commands: [] };
    const ignored = [{ path: 'AGENTS.md', what: 'instructions', reason: 'the folder is not trusted' }];
    const { err } = await run(
      ['agents'],
      withFound(async () => ({ ...found, ...nothing, trusted: false, ignored })),
    );
    expect(err).toContain('nootropic trust');
  });
});
