import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from './fake-host.test-fixture.ts';

const page = /^http:\/\/127\.0\.0\.1:4650\/#code=code&workspace=/u;

describe('nootropic ui', () => {
  it('opens the page of the folder at the host that runs', async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-ui-')));
    try {
      const opened: string[] = [];
      const onOpenAddress = (url: string) => void opened.push(url);
      const { code, out, err } = await run(['ui', '--cwd', folder], { host: { running: 'found' }, onOpenAddress });
      expect([code, out]).toEqual([0, '']);
      expect(err).toBe('The page is in your browser: http://127.0.0.1:4650\n');
      expect(opened).toHaveLength(1);
      expect(opened[0]).toMatch(page);
      expect(new URLSearchParams(new URL(opened[0] ?? '').hash.slice(1)).get('workspace')).toBe(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('starts a host where none runs, and says so', async () => {
    const { err } = await run(['ui'], { onOpenAddress: () => undefined });
    expect(err).toContain('A host was started in the background');
  });

  it('prints the address where it is asked to, and opens nothing', async () => {
    const onOpenAddress = () => {
      throw new Error('not to be opened');
    };
    const { code, out, err } = await run(['ui', '--print'], { host: { running: 'found' }, onOpenAddress });
    expect([code, page.test(out), err.includes('No browser')]).toEqual([0, true, false]);
  });

  it('prints it with the reason where no browser can be opened', async () => {
    const options = { host: { running: 'found' as const }, onOpenAddress: () => 'there is no display' };
    const { code, out, err } = await run(['ui'], options);
    expect([code, page.test(out)]).toEqual([0, true]);
    expect(err).toContain('No browser was opened: there is no display.');
    expect((await run(['ui', '--json'], options)).lines()).toMatchObject([
      { opened: false, why: 'there is no display', page: expect.stringMatching(page) as string, isNew: false },
    ]);
  });

  it('says what to do where the host has no page', async () => {
    const { code, err } = await run(['ui'], { host: { page: false } });
    expect(code).toBe(5);
    expect(err).toContain('nootropic stop');
  });
});
