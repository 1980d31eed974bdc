import { EventEmitter } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { openAddress, type OpenAddressWorld } from './open-address.ts';

const url = 'http://127.0.0.1:4650/#code=a&workspace=%2Fa%20b';

/** A system whose opener ends as told, or stays. */
function system(how: { code?: number; error?: string }, more: Partial<OpenAddressWorld> = {}) {
  const spawned: unknown[][] = [];
  const world: OpenAddressWorld = {
    platform: 'linux',
    env: { DISPLAY: ':0' },
    patienceMs: 1,
    spawn: (program, args, options) => {
      spawned.push([program, args, options.shell ?? false]);
      const child = Object.assign(new EventEmitter(), { unref: () => undefined });
      queueMicrotask(() => {
        if (how.error !== undefined) child.emit('error', Object.assign(new Error(how.error), { code: how.error }));
        else if (how.code !== undefined) child.emit('exit', how.code);
      });
      return child as unknown as ChildProcess;
    },
    ...more,
  };
  return { spawned, opened: openAddress(url, world) };
}

describe('openAddress', () => {
  it('asks the program of the system, without a shell', async () => {
    for (const [platform, program, args] of [
      ['linux', 'xdg-open', [url]],
      ['darwin', 'open', [url]],
      ['win32', 'rundll32.exe', ['url.dll,FileProtocolHandler', url]],
    ] as const) {
      const { spawned, opened } = system({ code: 0 }, { platform });
      expect(await opened).toBeUndefined();
      expect(spawned).toEqual([[program, args, false]]);
    }
  });

  it('takes one that stays for one that has done it', async () => {
    expect(await system({}).opened).toBeUndefined();
  });

  it('says why not', async () => {
    expect(await system({ code: 3 }).opened).toBe('xdg-open found no browser');
    expect(await system({ error: 'ENOENT' }).opened).toBe('there is no xdg-open here');
    expect(await system({ error: 'EACCES' }).opened).toContain('cannot be started');
  });

  it('does not try where nobody would see it', async () => {
    const blind = system({ code: 0 }, { env: {} });
    expect(await blind.opened).toBe('there is no display');
    expect(blind.spawned).toEqual([]);
    const far = system({ code: 0 }, { platform: 'darwin', env: { SSH_CONNECTION: 'x' } });
    expect(await far.opened).toBe('this is a session over SSH');
    expect(await system({ code: 0 }, { env: { WAYLAND_DISPLAY: 'wayland-0' } }).opened).toBeUndefined();
  });
});
