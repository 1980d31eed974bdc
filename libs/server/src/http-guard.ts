import type { IncomingHttpHeaders } from 'node:http';
import { NootropicError } from '@nootropic/contracts';
import type { Refusal } from './http-refusal.ts';

/** By which names a listener may be asked. */
export interface GuardRules {
  /** With the port: `127.0.0.1:4650`. */
  readonly hosts: ReadonlySet<string>;
  /** `http://127.0.0.1:4650`. A request without an origin comes from no page, and is no matter of this list. */
  readonly origins: ReadonlySet<string>;
}

/** What is known of a request before anything of it is worked on. */
export interface AskedBy {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
}

/** The rules of a listener: its own names, and no others. */
export function guardRules(scheme: 'http' | 'https', hosts: readonly string[]): GuardRules {
  const usual = scheme === 'http' ? ':80' : ':443';
  // A browser leaves the port of its scheme out.
  const names = hosts.flatMap((host) => (host.endsWith(usual) ? [host, host.slice(0, -usual.length)] : [host]));
  return {
    hosts: new Set(names.map((name) => name.toLowerCase())),
    origins: new Set(names.map((name) => `${scheme}://${name.toLowerCase()}`)),
  };
}

/**
 * Refuses what a web page of somebody else could have sent, whatever key it carries, and without looking at its body: another host name (a name that
 * was made to point here, https://en.wikipedia.org/wiki/DNS_rebinding), another origin, `null` among them, a request that the browser itself says comes
 * from elsewhere (https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site), and every question whether another origin may ask.
 */
export function refuseStranger(asked: AskedBy, rules: GuardRules): Refusal | undefined {
  const { host, origin } = asked.headers;
  const hosts = asked.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts !== 1 || host === undefined || !rules.hosts.has(host.toLowerCase()))
    return denied(`The host "${shown(host)}" is not this one.`);
  if (!asked.url?.startsWith('/')) return denied('The address of a request begins with "/".');
  if (origin !== undefined && !rules.origins.has(origin)) return denied(`The origin "${shown(origin)}" may not ask.`);
  const site = asked.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return denied('A page of another site may not ask.');
  if (asked.method === 'OPTIONS') return denied('No other origin may ask, so there is nothing to ask beforehand.');
  return undefined;
}

function denied(message: string): Refusal {
  return {
    error: new NootropicError('DENIED', message, { hint: 'Ask by the address that `nootropic status` shows.' }),
  };
}

function shown(text: string | undefined): string {
  return (text ?? '').slice(0, 200);
}
