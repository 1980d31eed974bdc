import { NootropicError } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { createHostLink, type HostLinkOptions } from './host-link.ts';
import type { LinkMessage } from '../shared/link-messages.ts';

const host = {
  ...{ pid: 1, url: 'http://127.0.0.1:4650', token: 't'.repeat(43), version: '0.1.0', startedAt: 1, started: {} },
  isNew: true,
};

/** A link over a host that is as `states` says, one look after the other. */
function link(options: Pick<HostLinkOptions, 'ensure'> & { readonly ready?: readonly boolean[] }) {
  const told: LinkMessage[] = [];
  const waited: number[] = [];
  const looks = [...(options.ready ?? [])];
  const made = createHostLink({
    ...{ command: ['/app/node', '/app/cli.js'], version: '0.1.0', env: { HOME: '/nowhere' } },
    tell: (message) => told.push(message),
    ...(options.ensure && { ensure: options.ensure }),
    isReady: async () => looks.shift() ?? true,
    pause: async (ms, signal) => {
      waited.push(ms);
      if (waited.length > 20)
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('over'))));
    },
  });
  return { made, told, waited };
}

describe('createHostLink', () => {
  it('tells where the host is, and starts another when that one is gone', async () => {
    const asked: unknown[] = [];
    const { made, told } = link({
      ensure: async ({ command, env }) => {
        asked.push([command, env?.['XAI_API_KEY']]);
        return host;
      },
      ready: [true, true, false, true],
    });
    await made.order({ type: 'ensure', anew: false, env: { XAI_API_KEY: 'x' } });
    await expect.poll(() => told.filter(({ type }) => type === 'ready')).toHaveLength(2);
    made[Symbol.dispose]();
    expect(told[1]).toEqual({ type: 'ready', url: host.url, token: host.token, version: '0.1.0', isNew: true });
    expect(asked[0]).toEqual([['/app/node', '/app/cli.js'], 'x']);
  });

  it('says why there is none, and waits longer each time', async () => {
    const { made, told, waited } = link({
      ensure: async () => {
        throw new NootropicError('HOST_RUNNING', 'Another version runs.');
      },
    });
    await made.order({ type: 'ensure', anew: false, env: {} });
    await expect.poll(() => waited.length).toBeGreaterThan(5);
    made[Symbol.dispose]();
    expect(told[1]).toMatchObject({ type: 'failed', code: 'HOST_RUNNING', message: 'Another version runs.' });
    expect(waited.slice(0, 6)).toEqual([500, 2000, 5000, 15_000, 60_000, 60_000]);
  });

  it('does nothing for a message that is no order', async () => {
    const { made, told } = link({ ensure: async () => host });
    for (const message of [
      undefined,
      'ensure',
      { type: 'ensure', env: { PATH: 1 } },
      { type: 'run', command: 'sh' },
      { type: 'ensure', anew: false, env: { 'a b': 'x' } },
    ])
      await made.order(message);
    expect(told).toEqual([]);
  });
});
