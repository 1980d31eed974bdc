import { describe, expect, it } from 'vitest';
import { run } from './fake-host.test-fixture.ts';

describe('status', () => {
  it('says that no host runs, and how to start one, which is no failure', async () => {
    const none = await run(['status']);
    expect(none).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^No host is running\..*serve --detach/u) as string,
    });
    expect((await run(['status', '--json'])).lines()).toEqual([{ running: false, detail: 'No host is running.' }]);
    const between = await run(['status'], { host: { running: 'unknown' } });
    expect(between.out).toBe('A host is just starting or ending.\n');
  });

  it('shows the host that runs, as a table and as the object of the contract', async () => {
    const { out } = await run(['status'], { host: { running: 'found' } });
    expect(out).toContain('http://127.0.0.1:4650');
    expect(out).toMatch(/^PROCESS +PID +STATE/mu);
    expect(out).toMatch(/^Ends +when it is stopped$/mu);
    const [line] = (await run(['status', '--json'], { host: { running: 'found' } })).lines();
    expect(line).toMatchObject({ running: true, pid: 42, processes: [{ name: 'host' }] });
  });

  it('gives the address of the page with a code, where there is a host', async () => {
    const { out } = await run(['status', '--page'], { host: { running: 'found' } });
    expect(out).toMatch(/^http:\/\/127\.0\.0\.1:4650\/#code=code&workspace=/u);
    expect((await run(['status', '--page'])).err).toContain('HOST_UNREACHABLE');
  });
});

describe('stop', () => {
  it('says what it ended, also where there was nothing', async () => {
    expect(await run(['stop'])).toMatchObject({ code: 0, out: 'No host was running.\n' });
    const forced: boolean[] = [];
    const host = { running: 'found' as const, onEnd: (force: boolean) => void forced.push(force) };
    expect((await run(['stop'], { host })).out).toBe('The host has ended, process 42.\n');
    expect((await run(['stop', '--force', '--json'], { host })).lines()).toEqual([{ stopped: true, pid: 42 }]);
    expect(forced).toEqual([false, true]);
  });

  it('refuses a time that is none', async () => {
    expect(await run(['stop', '--timeout', 'long'])).toMatchObject({ code: 2 });
  });
});

describe('serve --detach', () => {
  it('prints where the host is, and whether it is new', async () => {
    const fresh = await run(['serve', '--detach', '--port', '4711']);
    expect(fresh).toMatchObject({ code: 0, out: expect.stringContaining('http://127.0.0.1:4711') as string });
    expect(fresh.err).toContain('nootropic stop');
    const [line] = (await run(['serve', '--detach', '--json'], { host: { running: 'found' } })).lines();
    expect(line).toMatchObject({ pid: 42, isNew: false });
  });
});
