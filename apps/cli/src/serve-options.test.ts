import { describe, expect, it } from 'vitest';
import { run, type Ran } from './fake-host.test-fixture.ts';

/** Serves until it has printed the last line that is waited for. */
const serve = async (last: string, ...options: string[]): Promise<Ran> =>
  run(['serve', '--cwd', '/', ...options], {
    during: ({ interrupt, printed }) => {
      const wait = setInterval(() => {
        if (!printed().includes(last)) return;
        clearInterval(wait);
        interrupt();
      }, 5);
    },
  });

describe('serve', () => {
  it('prints an address with a code, which is no token', async () => {
    const { out } = await serve('API');
    expect(out).toMatch(/^Page +http:\/\/127\.0\.0\.1:0\/#code=code&workspace=%2F /m);
    expect(out).not.toContain('Open');
    expect(out).not.toContain('Others');
  });

  it('opens a port without keys only where it is told to, by default the one of Ollama', async () => {
    expect((await serve('Open', '--open-port')).out).toMatch(/^Open +http:\/\/127\.0\.0\.1:11434 /m);
    expect((await serve('Open', '--open-port', '4700')).out).toMatch(/^Open +http:\/\/127\.0\.0\.1:4700 /m);
  });

  it('serves other machines as it is told', async () => {
    const files = ['--tls-cert', '/t/c.pem', '--tls-key', 'k.pem', '--jwt-secret-file', '/t/s', '--jwks-file', '/t/j'];
    const { out, err } = await serve('Others', '--bind', '192.0.2.1', '--allow-host', 'one', 'two', ...files);
    const request = JSON.parse(/^Others https:\/\/(?<bind>\{.*\}) /m.exec(out)?.groups?.['bind'] ?? '') as object;
    expect(request).toEqual({
      ...{
        bind: '192.0.2.1',
        allowHost: ['one', 'two'],
        tlsCert: '/t/c.pem',
        tlsKey: expect.stringMatching(/^\/.*k\.pem$/) as string,
      },
      ...{ jwtSecretFile: '/t/s', jwksFile: '/t/j' },
    });
    expect(err).toContain('other machines too');
  });

  it('wants to know where, when it is told how', async () => {
    for (const option of ['--tls-cert', '--jwt-secret-file', '--allow-host']) {
      const { code, err } = await run(['serve', option, 'x']);
      expect([code, err]).toEqual([2, expect.stringContaining('--bind') as string]);
    }
  });
});

describe('status --page', () => {
  it('prints an address of its own', async () => {
    const { out } = await run(['status', '--page', '--cwd', '/'], { host: { running: 'found' } });
    expect(out).toBe('http://127.0.0.1:4650/#code=code&workspace=%2F\n');
  });
});
