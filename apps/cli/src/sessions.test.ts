import { describe, expect, it } from 'vitest';
import { run } from './fake-host.test-fixture.ts';

describe('nootropic sessions', () => {
  it('searches: the session, and what is said there where it is not only the title', async () => {
    const { code, out } = await run(['sessions', 'search', 'two', 'words']);
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'aaaaaaaa  1970-01-01 00:01  where is it?',
      '  said two words in any folder',
      'bbbbbbbb  1970-01-01 00:01  where is it?',
      '',
    ]);
    expect((await run(['sessions', 'search', 'x', '--json', '--limit', '1'])).lines()).toMatchObject([
      { turnId: 't1' },
    ]);
    expect((await run(['sessions', 'search', 'x', '--here', '--cwd', '/usr'])).out).toContain('said x in /usr');
    expect(await run(['sessions', 'search', 'nothing'])).toMatchObject({ code: 0, out: '' });
    expect((await run(['sessions', 'search', 'x', '--limit', '0'])).code).toBe(2);
  });

  it('renames one', async () => {
    const { code, err } = await run(['sessions', 'rename', 'latest', 'a', 'new', 'name']);
    expect([code, err]).toEqual([0, 'Renamed: a new name\n']);
    expect((await run(['sessions', 'rename', 'latest', 'x', '--json'])).lines()).toMatchObject([{ title: 'x' }]);
    expect((await run(['sessions', 'rename', 'latest'])).code).toBe(2);
  });

  it('forks one, at its end or at a turn', async () => {
    const { code, out, err } = await run(['sessions', 'fork', 'latest']);
    expect([code, out]).toEqual([0, 'forked-at-the-end\n']);
    expect(err).toContain('nootropic chat --session forked-a');
    expect((await run(['sessions', 'fork', 'latest', '--turn', 't1', '--json'])).lines()).toMatchObject([
      { id: 'forked-at-t1' },
    ]);
  });

  it('exports one as it is given, and on one line of JSON', async () => {
    expect((await run(['sessions', 'export', 'latest'])).out).toBe('# where is it?\n');
    expect((await run(['sessions', 'export', 'latest', '--format', 'json'])).out).toContain('\n  "events"');
    expect((await run(['sessions', 'export', 'latest', '--json'])).lines()).toEqual([
      { session: { id: 'a' }, events: [] },
    ]);
    expect((await run(['sessions', 'export', 'nope'])).code).toBe(5);
  });
});

describe('nootropic index pause', () => {
  it('lets the index of a host rest and go on', async () => {
    const host = { remote: true };
    const paused = await run(['index', 'pause'], { host });
    expect([paused.code, paused.err]).toEqual([
      0,
      'The index of this folder rests. `nootropic index resume` lets it go on.\n',
    ]);
    expect((await run(['index', 'pause', '--json'], { host })).lines()).toMatchObject([{ paused: true }]);
    expect((await run(['index', 'resume', '--json'], { host })).lines()).toMatchObject([{ paused: false }]);
  });

  it('has nothing to pause where no host runs', async () => {
    const { code, err } = await run(['index', 'pause']);
    expect(code).not.toBe(0);
    expect(err).toContain('No host is running');
  });
});
