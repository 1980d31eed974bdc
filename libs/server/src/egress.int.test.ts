import { mkdtemp, realpath, rm } from 'node:fs/promises';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRecordingTelemetry, startScriptedServer } from '@nootropic/testing';
import { createLocalRunner } from '@nootropic/workspace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compose } from './compose.ts';
import { openEgress, type OpenEgress } from './egress.ts';

let dir = '';
beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-egress-')));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
});

/** An address of this machine that is not the loopback: bytes go through the kernel as if they left, and go no further. */
const own = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

const canConfine = (await createLocalRunner({ root: tmpdir() }).sandbox()).available;

function open(offline: boolean): {
  readonly egress: OpenEgress;
  readonly telemetry: ReturnType<typeof createRecordingTelemetry>;
} {
  const telemetry = createRecordingTelemetry();
  const egress = openEgress({ path: join(dir, 'egress.db'), offline, telemetry, now: Date.now, network: fetch });
  return { egress, telemetry };
}

describe('commands', () => {
  const runnerOf = (address: string) =>
    createLocalRunner({ root: dir, network: { resolve: async () => [address], isPermittedAddress: () => true } });
  const get = (port: number, host = 'allowed.example') =>
    ({
      argv: [
        'sh',
        '-c',
        `node -e 'fetch("http://${host}:${port}/").then(async r=>console.log(r.status,await r.text()))'`,
      ],
      sandbox: { hosts: [`allowed.example:${port}`] },
      env: { PATH: `${join(process.execPath, '..')}:${process.env['PATH'] ?? ''}` },
    }) as const;

  it.skipIf(own === undefined || !canConfine)(
    'in the sandbox are recorded by the host that they asked for, with their bytes',
    async () => {
      const server = http.createServer((_request, response) => response.end('x'.repeat(5_000))).listen(0, own);
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as AddressInfo;
      const { egress, telemetry } = open(false);
      const { stdout, stderr } = await egress.watch(runnerOf(own ?? '')).run(get(port));
      expect(`${stdout}${stderr}`).toContain('200 xxxxx');
      server.closeAllConnections();
      server.close();
      const rows = (await egress.requests.list({ days: 2 })).filter(({ cause }) => cause === 'command');
      await egress[Symbol.asyncDispose]();
      expect(rows).toMatchObject([{ program: 'command', refused: 0, connections: 1 }]);
      expect(rows[0]?.received).toBeGreaterThan(5_000);
      expect(rows[0]?.sent).toBeGreaterThan(20);
      expect(telemetry.total('nootropic_egress_bytes_total')).toBeGreaterThan(5_000);
    },
  );

  it.skipIf(own === undefined || !canConfine)('in the sandbox reach nothing when nothing may leave', async () => {
    let reached = 0;
    const server = http.createServer(() => (reached += 1)).listen(0, own);
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const { egress } = open(true);
    await egress.watch(runnerOf(own ?? '')).run(get(port));
    server.close();
    const rows = await egress.requests.list({ days: 2 });
    await egress[Symbol.asyncDispose]();
    expect(reached).toBe(0);
    expect(rows).toMatchObject([{ cause: 'command', program: 'command', sent: 0, received: 0 }]);
    expect(rows[0]?.refused).toBe(rows[0]?.connections);
  });

  it('outside of the sandbox are recorded as not counted, and not run when nothing may leave', async () => {
    const runner = createLocalRunner({ root: dir });
    const { egress, telemetry } = open(false);
    expect((await egress.watch(runner).run({ argv: ['echo', 'ran'] })).stdout).toBe('ran\n');
    expect(await egress.requests.list({ days: 2 })).toMatchObject([
      { host: '(not counted)', cause: 'command', connections: 1 },
    ]);
    expect(telemetry.total('nootropic_egress_connections_total')).toBe(1);
    await egress[Symbol.asyncDispose]();
    const closed = open(true).egress;
    await expect(closed.watch(runner).run({ argv: ['echo', 'ran'] })).rejects.toMatchObject({ code: 'OFFLINE' });
    await closed[Symbol.asyncDispose]();
  });
});

describe('the whole program, with nothing allowed to leave', () => {
  it('works with what is on the machine, and says so at once of what is not', async () => {
    const server = await startScriptedServer({ http });
    const env = { ...process.env, NOOTROPIC_HOME: join(dir, 'own'), NOOTROPIC_NETWORK_OFFLINE: 'true' };
    {
      await using composed = await compose({ env, flags: { log: { level: 'silent' } } });
      const { assistant } = composed;
      const model = `openai:tiny@${server.url}/v1`;
      const said: string[] = [];
      for await (const event of await assistant.send({ workspace: dir, text: 'Hello?', model })) said.push(event.type);
      expect(said.at(-1)).toBe('turn-end');
      expect((await assistant.host.status()).offline).toBe(true);
      expect(await assistant.egress.list({})).toEqual([]);

      const away = 'openai:tiny@http://192.0.2.1:8080/v1';
      const errors: unknown[] = [];
      for await (const event of await assistant.send({ workspace: dir, text: 'Hello?', model: away }))
        if (event.type === 'turn-error') errors.push(event.error);
      expect(errors).toMatchObject([{ code: 'OFFLINE' }]);
      const { listings, notices } = await assistant.models.search({ query: 'coder' });
      expect(listings.length).toBeGreaterThan(0);
      expect(notices.join('\n')).toContain('nothing may leave it now');
      const rows = await assistant.egress.list({});
      expect(rows.length).toBeGreaterThan(1);
      expect(rows.every(({ connections, refused, sent }) => refused === connections && sent === 0)).toBe(true);
    }
    await server[Symbol.asyncDispose]();
  });
});
