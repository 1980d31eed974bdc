import { randomBytes } from 'node:crypto';
import type { Principal } from './principal.ts';

/** How a browser on this machine enters without a key in an address: a code that works once, for 30 seconds, and then a cookie. */
export interface SignIn {
  /** A new code, for the fragment of an address: a browser never sends that part to a server. */
  issue(): { readonly code: string; readonly expiresAt: number };
  /** Spends a code. The value of `Set-Cookie`, or nothing for a code that is unknown, spent or late. */
  enter(code: string, host: string): string | undefined;
  /** Who the cookie of a request is, for the host that it was given to and no other. */
  who(cookies: string, host: string): Principal | undefined;
  /** Ends the session of a cookie; the value of `Set-Cookie` that takes it away. */
  leave(cookies: string, host: string): string;
}

export interface SignInOptions {
  /** Default `Date.now`. */
  readonly now?: () => number;
  /** Default: 256 bits of the system's randomness, in base64url. */
  readonly newSecret?: () => string;
}

const codeMs = 30_000;
const sessionMs = 12 * 3_600_000;
/** More than anybody has open; the oldest goes. */
const mostCodes = 16;
const mostSessions = 64;

/** Codes and sessions lie in memory only: they end with the host. */
export function createSignIn({
  now = Date.now,
  newSecret = () => randomBytes(32).toString('base64url'),
}: SignInOptions = {}): SignIn {
  const codes = new Map<string, number>();
  const sessions = new Map<string, { readonly host: string; readonly expiresAt: number }>();
  const find = (cookies: string, host: string): string | undefined => {
    const value = readCookie(cookies, cookieName(host));
    const session = value === undefined ? undefined : sessions.get(value);
    if (value === undefined || !session) return undefined;
    if (session.host === host && session.expiresAt > now()) return value;
    if (session.expiresAt <= now()) sessions.delete(value);
    return undefined;
  };
  return {
    issue() {
      const code = newSecret();
      const expiresAt = now() + codeMs;
      codes.set(code, expiresAt);
      bound(codes, mostCodes);
      return { code, expiresAt };
    },
    enter(code, host) {
      const expiresAt = codes.get(code);
      codes.delete(code);
      if (expiresAt === undefined || expiresAt <= now()) return undefined;
      const value = newSecret();
      sessions.set(value, { host, expiresAt: now() + sessionMs });
      bound(sessions, mostSessions);
      return setCookie(host, value, sessionMs / 1000);
    },
    who: (cookies, host) =>
      find(cookies, host) === undefined ? undefined : { name: 'local', role: 'admin', by: 'cookie' },
    leave(cookies, host) {
      const value = find(cookies, host);
      if (value !== undefined) sessions.delete(value);
      return setCookie(host, '', 0);
    },
  };
}

function bound(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}

/** Browsers keep cookies by name of the host and not by its port, so the port is in the name. */
function cookieName(host: string): string {
  return `nootropic_${host.replace(/^.*:/u, '')}`;
}

function setCookie(host: string, value: string, seconds: number): string {
  return `${cookieName(host)}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${seconds}`;
}

function readCookie(cookies: string, name: string): string | undefined {
  return cookies
    .split(';')
    .map((cookie) => cookie.trim())
    .find((cookie) => cookie.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}
