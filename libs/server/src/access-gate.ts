import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientRoles, type Assistant, type ClientRole } from '@nootropic/contracts';
import { SignJWT } from 'jose';
import { gateCertificate } from './access-gate-certificate.ts';
import { gateApi } from './access-gate-api.ts';
import { createClientKeys } from './client-keys.ts';
import { accessCells, describeCell, drawCells, expected, type Cell, type World } from './access-matrix.ts';
import { serve, type Served } from './serve.ts';
import { createUserTokens } from './user-tokens.ts';

/** What came of a run of the gate. It holds when `run` equals `asked`, `failed` is 0, and both other counts are above 0. */
export interface AccessGateResult {
  readonly asked: number;
  readonly run: number;
  /** Cells that answered although they must not, or did not although they must, or with another status. */
  readonly failed: number;
  readonly answered: number;
  readonly refused: number;
  /** The first cells that failed. */
  readonly examples: readonly string[];
}

const assistant = {
  sessions: { list: async () => [] },
  clients: { list: async () => [] },
  config: { set: async () => ({ key: 'a', value: 1, layer: 'user', layers: [], description: '' }) },
  async send() {
    return (async function* () {
      yield { type: 'text-delta', seq: 1, time: 1, turnId: 't', sessionId: 's', text: 'x' };
    })();
  },
} as unknown as Assistant;

/**
 * Asks every listener of a host by every name, from every page, with every credential, for a route of every family, over real sockets, and compares the
 * status with the one that the rules say. `count` cells are drawn by `seed`; `accessCellCount` of them are all.
 */
export async function runAccessGate(count: number, seed: number): Promise<AccessGateResult> {
  const dir = await mkdtemp(join(tmpdir(), 'nootropic-access-'));
  await writeFile(join(dir, 'index.html'), '<!doctype html>page');
  const keys = createClientKeys({ path: join(dir, 'data', 'clients.db') });
  const token = 'gate-token-'.padEnd(43, 'x');
  const secret = new Uint8Array(32).fill(7);
  const served = await serve({
    ...{ assistant, token, apis: [gateApi], page: dir, openPort: 0 },
    findKey: (key) => keys.find(key),
    telemetry: quiet,
    mounts: [{ path: '/mcp', methods: ['POST'], role: 'models', fetch: async () => Response.json({}) }],
    otherMachines: {
      ...{ address: '127.0.0.1', tls: gateCertificate, allowHosts: ['localhost'] },
      findUser: createUserTokens({ secret, requestsPerMinute: 10_000_000 }),
      hasKeys: async () => true,
      mostWrong: 1_000_000_000,
    },
  });
  const chosen = drawCells([...accessCells()], count, seed);
  const examples: string[] = [];
  let [run, failed, answered, refused] = [0, 0, 0, 0];
  try {
    const world: World = {
      ...{ served, token },
      keys: Object.fromEntries(
        await Promise.all(
          clientRoles.map(async (role) => [role, (await keys.add({ name: `gate-${role}`, role })).key] as const),
        ),
      ) as Record<ClientRole, string>,
      cookie: enter(served),
      left: leave(served),
      tokens: await userTokens(secret),
    };
    const one = async (cell: Cell): Promise<void> => {
      const wanted = expected(cell);
      const { status, fault } = await ask(cell, world);
      run += 1;
      if (wanted < 300) answered += 1;
      else refused += 1;
      if (status === wanted && fault === undefined) return;
      failed += 1;
      if (examples.length < 10)
        examples.push(
          `${describeCell(cell)}: ${String(status)}, not ${String(wanted)}${fault === undefined ? '' : `; ${fault}`}`,
        );
    };
    const width = 8;
    await Promise.all(
      Array.from({ length: width }, async (_one, start) => {
        for (let at = start; at < chosen.length; at += width) await one(chosen[at] as Cell);
      }),
    );
  } finally {
    await served[Symbol.asyncDispose]();
    await keys[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
  return { asked: count, run, failed, answered, refused, examples };
}

const quiet = {
  log: () => undefined,
  count: () => undefined,
  time: () => undefined,
  gauge: () => undefined,
  metrics: async () => '',
  [Symbol.asyncDispose]: async () => undefined,
} as unknown as NonNullable<Parameters<typeof serve>[0]['telemetry']>;

function hostOf(served: Served): string {
  return new URL(served.url).host;
}

function enter({ signIn, ...served }: Served): string {
  return signIn.enter(signIn.issue().code, hostOf({ signIn, ...served }))?.split(';')[0] ?? '';
}

function leave(served: Served): string {
  const cookie = enter(served);
  served.signIn.leave(cookie, hostOf(served));
  return cookie;
}

async function userTokens(secret: Uint8Array): Promise<Record<string, string>> {
  const sign = (claims: { role?: string; aud?: string; exp?: string }, key = secret): Promise<string> =>
    new SignJWT(claims.role === undefined ? {} : { role: claims.role })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('gate')
      .setAudience(claims.aud ?? 'nootropic')
      .setExpirationTime(claims.exp ?? '1h')
      .sign(key);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: 'gate', role: 'admin', aud: 'nootropic', exp: Math.floor(Date.now() / 1000) + 3600 };
  return {
    user: await sign({ role: 'user' }),
    admin: await sign({ role: 'admin' }),
    expired: await sign({ role: 'admin', exp: '1s ago' }),
    'other audience': await sign({ role: 'admin', aud: 'other' }),
    'other secret': await sign({ role: 'admin' }, new Uint8Array(32).fill(8)),
    'no role': await sign({}),
    unsigned: `${part({ alg: 'none' })}.${part(claims)}.${part({})}`,
  };
}

async function ask(cell: Cell, world: World): Promise<{ status: number; fault?: string }> {
  const { listener, route, credential, host, page } = cell;
  const { served } = world;
  const tls = listener === 'other';
  const port =
    listener === 'open' ? String(served.openPort) : new URL(tls ? (served.otherMachinesUrl ?? '') : served.url).port;
  const fill = (text: string): string => text.replaceAll('{port}', port).replaceAll('{scheme}', tls ? 'https' : 'http');
  const text = route.body === undefined ? undefined : JSON.stringify(route.body);
  const headers: Record<string, string> = {
    ...credential.headers(world, route.method),
    ...(host.host !== undefined && { host: fill(host.host) }),
    ...(page.origin !== undefined && { origin: fill(page.origin) }),
    ...(page.site !== undefined && { 'sec-fetch-site': page.site }),
    ...(text !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
    }),
    ...(route.kind === 'socket' && {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    }),
    ...(route.kind === 'preflight' && {
      'access-control-request-method': 'POST',
      'access-control-request-private-network': 'true',
    }),
  };
  return new Promise((resolve, reject) => {
    const asked = (tls ? tlsRequest : plainRequest)({
      ...{ hostname: '127.0.0.1', port, path: route.path, method: route.method, headers, agent: false },
      setHost: false,
      ...(tls && { rejectUnauthorized: false }),
    });
    asked.on('error', reject);
    asked.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0 });
    });
    asked.on('response', (response) => {
      let got = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (got += chunk));
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        const fault = Object.keys(response.headers).some((name) => name.startsWith('access-control-'))
          ? 'it lets another origin read'
          : route.kind === 'stream' && status === 200 && !/^event: (?:text|message)\ndata:/mu.test(got)
            ? 'the stream is empty'
            : undefined;
        resolve({ status, ...(fault !== undefined && { fault }) });
      });
    });
    asked.end(text);
  });
}
