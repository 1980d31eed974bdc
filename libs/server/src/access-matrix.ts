import { clientRoles, type ClientRole } from '@nootropic/contracts';
import { reaches, type Needs } from './access.ts';
import type { Served } from './serve.ts';

/** By what name the host is asked. `{port}` is that of the listener. */
const hosts: readonly { readonly host: string | undefined; readonly good: boolean }[] = [
  { host: '127.0.0.1:{port}', good: true },
  { host: 'localhost:{port}', good: true },
  { host: 'LOCALHOST:{port}', good: true },
  { host: undefined, good: false },
  { host: '127.0.0.1', good: false },
  { host: 'localhost', good: false },
  { host: '127.0.0.1:1', good: false },
  { host: '0.0.0.0:{port}', good: false },
  { host: '127.1:{port}', good: false },
  { host: '2130706433:{port}', good: false },
  { host: '[::1]:{port}', good: false },
  { host: 'localhost.:{port}', good: false },
  { host: 'evil.example', good: false },
  { host: 'evil.example:{port}', good: false },
  { host: '127.0.0.1.evil.example:{port}', good: false },
];

/** From what page. `{scheme}` and `{port}` are those of the listener. */
const pages: readonly { readonly origin?: string; readonly site?: string; readonly good: boolean }[] = [
  { good: true },
  { origin: '{scheme}://127.0.0.1:{port}', site: 'same-origin', good: true },
  { origin: '{scheme}://localhost:{port}', good: true },
  { site: 'none', good: true },
  { site: 'cross-site', good: false },
  { site: 'same-site', good: false },
  { origin: 'null', good: false },
  { origin: 'http://evil.example', site: 'cross-site', good: false },
  { origin: 'http://127.0.0.1:1', site: 'same-site', good: false },
  { origin: '{scheme}://127.0.0.1', good: false },
  { origin: '{scheme}://127.0.0.1:{port}.evil.example', good: false },
  { origin: 'https://evil.example:{port}', good: false },
  { origin: 'file://', good: false },
];

type Listener = 'own' | 'open' | 'other';

interface Route {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** Of each listener that has the route. */
  readonly needs: Partial<Record<Listener, Needs>>;
  /** Where it answers: default 200. */
  readonly status?: number;
  readonly kind?: 'socket' | 'stream' | 'preflight';
}

const body = { text: 'x' };
const routes: readonly Route[] = [
  { name: 'page', method: 'GET', path: '/', needs: { own: 'anyone' } },
  { name: 'live', method: 'GET', path: '/health/live', needs: { own: 'anyone', open: 'anyone', other: 'anyone' } },
  { name: 'ready', method: 'GET', path: '/health/ready', needs: { own: 'anyone', open: 'anyone', other: 'anyone' } },
  { name: 'docs', method: 'GET', path: '/api-docs', needs: { own: 'anyone', other: 'anyone' } },
  { name: 'mount', method: 'POST', path: '/mcp', body: {}, needs: { own: 'models', other: 'models' } },
  { name: 'metrics', method: 'GET', path: '/metrics', needs: { own: 'read-only', other: 'read-only' } },
  { name: 'sign in', method: 'POST', path: '/sign-in', body: { code: 'x' }, needs: { own: 'anyone' }, status: 401 },
  {
    name: 'wire, open',
    method: 'POST',
    path: '/gate/generate',
    body,
    needs: { own: 'models', open: 'anyone', other: 'models' },
  },
  {
    name: 'wire, stream',
    method: 'POST',
    path: '/gate/stream',
    body,
    needs: { own: 'models', open: 'anyone', other: 'models' },
    kind: 'stream',
  },
  { name: 'wire, closed', method: 'GET', path: '/gate/closed', needs: { own: 'models', other: 'models' } },
  { name: 'wire, user', method: 'DELETE', path: '/gate/things/a', needs: { own: 'user', other: 'user' } },
  { name: 'look', method: 'GET', path: '/sessions', needs: { own: 'read-only', other: 'read-only' } },
  {
    name: 'act, stream',
    method: 'POST',
    path: '/turns',
    body: { workspace: '/w', text: 'x' },
    needs: { own: 'user', other: 'user' },
    kind: 'stream',
  },
  { name: 'manage', method: 'GET', path: '/clients', needs: { own: 'admin', other: 'admin' } },
  { name: 'settings', method: 'POST', path: '/config', body: { key: 'a' }, needs: { own: 'admin', other: 'admin' } },
  {
    name: 'socket',
    method: 'GET',
    path: '/ws',
    needs: { own: 'models', other: 'models' },
    status: 101,
    kind: 'socket',
  },
  { name: 'preflight', method: 'OPTIONS', path: '/sessions', needs: {}, kind: 'preflight' },
  { name: 'nowhere', method: 'GET', path: '/nowhere', needs: {} },
];

interface Credential {
  readonly name: string;
  readonly headers: (world: World, method: string) => Record<string, string>;
  readonly role: (listener: Listener) => ClientRole | undefined;
  readonly cookie?: 'with-header' | 'bare';
}

/** What a run of the gate has to ask with. */
export interface World {
  readonly served: Served;
  readonly token: string;
  readonly keys: Readonly<Record<ClientRole, string>>;
  readonly cookie: string;
  readonly left: string;
  readonly tokens: Readonly<Record<string, string>>;
}

const bearer = (value: string | undefined): Record<string, string> => ({ authorization: `Bearer ${value ?? ''}` });

const credentials: readonly Credential[] = [
  { name: 'none', headers: () => ({}), role: () => undefined },
  { name: 'wrong key', headers: () => bearer('nk-wrong-wrong-wrong-wrong-wrong'), role: () => undefined },
  { name: 'token', headers: ({ token }) => bearer(token), role: (on) => (on === 'own' ? 'admin' : undefined) },
  {
    name: 'token as it is, without its scheme',
    headers: ({ token }) => ({ authorization: token }),
    role: () => undefined,
  },
  ...clientRoles.map((role): Credential => ({
    name: `key of ${role}`,
    headers: ({ keys }) => bearer(keys[role]),
    role: () => role,
  })),
  {
    name: 'key of models by x-api-key',
    headers: ({ keys }) => ({ 'x-api-key': keys.models }),
    role: () => 'models',
  },
  {
    name: 'cookie and header',
    headers: ({ cookie }) => ({ cookie, 'x-nootropic-request': '1' }),
    role: (on) => (on === 'own' ? 'admin' : undefined),
    cookie: 'with-header',
  },
  {
    name: 'cookie alone',
    headers: ({ cookie }) => ({ cookie }),
    role: (on) => (on === 'own' ? 'admin' : undefined),
    cookie: 'bare',
  },
  {
    name: 'cookie of who left',
    headers: ({ left }) => ({ cookie: left, 'x-nootropic-request': '1' }),
    role: () => undefined,
  },
  ...(['user', 'admin'] as const).map((role): Credential => ({
    name: `JWT of ${role}`,
    headers: ({ tokens }) => bearer(tokens[role]),
    role: (on) => (on === 'other' ? role : undefined),
  })),
  ...['expired', 'other audience', 'other secret', 'no role', 'unsigned'].map((what): Credential => ({
    name: `JWT, ${what}`,
    headers: ({ tokens }) => bearer(tokens[what]),
    role: () => undefined,
  })),
];

/** One question of the matrix. */
export interface Cell {
  readonly listener: Listener;
  readonly host: (typeof hosts)[number];
  readonly page: (typeof pages)[number];
  readonly credential: Credential;
  readonly route: Route;
}

const listeners: readonly Listener[] = ['own', 'open', 'other'];

export function* accessCells(): Generator<Cell> {
  for (const listener of listeners)
    for (const route of routes)
      for (const credential of credentials)
        for (const host of hosts) for (const page of pages) yield { listener, host, page, credential, route };
}

/** How many cells the matrix has. */
export const accessCellCount = listeners.length * routes.length * credentials.length * hosts.length * pages.length;

/** The status that a cell must have, told from the rules and not from the code that keeps them. */
export function expected({ listener, host, page, credential, route }: Cell): number {
  // A request without a host is none by HTTP itself; at an upgrade nobody but the guard looks.
  if (host.host === undefined) return route.kind === 'socket' ? 403 : 400;
  if (!host.good || !page.good || route.kind === 'preflight') return 403;
  if (route.kind === 'socket' && listener === 'open') return 404;
  const needs = route.needs[listener];
  const answered = route.status ?? 200;
  if (needs === 'anyone') return answered;
  // Nobody is told apart there.
  if (listener === 'open') return 404;
  // A cookie is for the name that it was given to.
  const known = credential.cookie === undefined || host.host === '127.0.0.1:{port}';
  const role = known ? credential.role(listener) : undefined;
  if (role === undefined) return 401;
  if (credential.cookie === 'bare' && route.method !== 'GET') return 403;
  if (credential.cookie !== undefined && route.kind === 'socket' && page.origin === undefined) return 403;
  if (needs === undefined) return 404;
  return reaches(role, needs) ? answered : 403;
}

/** The cell in words. */
export function describeCell({ listener, host, page, credential, route }: Cell): string {
  return `${listener} ${route.name}, ${credential.name}, host ${host.host ?? 'none'}, origin ${page.origin ?? 'none'} ${page.site ?? ''}`;
}

/**
 * A few of all, each at most once; all, when as many are asked for. Of two every one comes from a right name and page, where what else is asked decides:
 * most of the matrix does not.
 */
export function drawCells(all: readonly Cell[], count: number, seed: number): Cell[] {
  const right = shuffle(
    all.filter(({ host, page }) => host.good && page.good),
    seed,
  );
  const wrong = shuffle(
    all.filter(({ host, page }) => !host.good || !page.good),
    seed + 1,
  );
  const fromRight = Math.min(right.length, Math.max(Math.ceil(count / 2), count - wrong.length));
  return [...right.slice(0, fromRight), ...wrong.slice(0, count - fromRight)];
}

function shuffle<T>(all: T[], seed: number): T[] {
  let state = seed >>> 0 || 1;
  for (let at = all.length - 1; at > 0; at -= 1) {
    // Xorshift, https://en.wikipedia.org/wiki/Xorshift
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const other = (state >>> 0) % (at + 1);
    [all[at], all[other]] = [all[other] as T, all[at] as T];
  }
  return all;
}
