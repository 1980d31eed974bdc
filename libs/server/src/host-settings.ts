import { createHmac } from 'node:crypto';
import type { LoadedConfig } from './config.ts';
import type { HostRecord } from './host-record.ts';

/** Variables beside the settings that change what the program does. */
const variables = [
  ...['HF_ENDPOINT', 'HF_TOKEN', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'SSL_CERT_FILE'],
  ...['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy', 'NOOTROPIC_SERVER_KEY'],
  ...['OPENAI', 'ANTHROPIC', 'GOOGLE', 'XAI'].flatMap((name) => [`NOOTROPIC_${name}_KEY`, `${name}_API_KEY`]),
  'GEMINI_API_KEY',
] as const;

/** Settings of how the host itself lives, and of what it writes down: no command works otherwise for them. */
const ofTheHostOnly = /^(?:host|log|telemetry)\./u;

export interface Started {
  readonly loaded: LoadedConfig;
  readonly env: NodeJS.ProcessEnv;
  /** Keys the marks, so that no value can be guessed from them. */
  readonly token: string;
}

interface Held {
  readonly value: unknown;
  readonly layer: string;
}

/**
 * What a host was started with, so that a command can tell whether it would work as the command itself would: a mark of each setting that is not the
 * default, and of each variable. `own`: it is set for this host alone, by its environment or its command line.
 */
export function startedWith({ loaded, env, token }: Started): HostRecord['started'] {
  const started: HostRecord['started'] = {};
  for (const [key, { value, layer }] of heldSettings(loaded)) {
    if (layer !== 'default') started[key] = { mark: markOf(token, value), own: layer !== 'user' };
  }
  for (const name of variables) {
    const value = env[name] ?? '';
    if (value !== '') started[name] = { mark: markOf(token, value), own: true };
  }
  return started;
}

/**
 * Names of the settings and variables with which a command would work otherwise than the host: what its environment says and the host does not hold,
 * and what was changed in the user's file since the host was started. What was set for the host alone counts for its commands too.
 */
export function differingSettings({ loaded, env, token }: Started, host: HostRecord['started']): string[] {
  const differing: string[] = [];
  const defaults = loaded.layers.find(({ layer }) => layer === 'default')?.values;
  const held = heldSettings(loaded);
  for (const key of new Set([...held.keys(), ...Object.keys(host).filter((name) => name.includes('.'))])) {
    const mine = held.get(key);
    const theirs = host[key];
    const isOwn = mine !== undefined && !['default', 'user'].includes(mine.layer);
    if (theirs?.own === true && !isOwn) continue;
    const theirMark = theirs?.mark ?? markOf(token, defaults?.get(key));
    if (markOf(token, mine?.value) !== theirMark) differing.push(key);
  }
  for (const name of variables) {
    const value = env[name] ?? '';
    if (value !== '' && host[name]?.mark !== markOf(token, value)) differing.push(name);
  }
  return differing;
}

function heldSettings({ layers }: LoadedConfig): Map<string, Held> {
  return new Map(
    layers.flatMap(({ layer, values }) =>
      [...values]
        .filter(([key]) => !ofTheHostOnly.test(key))
        .map(([key, value]): [string, Held] => [key, { value, layer }]),
    ),
  );
}

function markOf(token: string, value: unknown): string {
  return createHmac('sha256', token)
    .update(JSON.stringify(value) ?? '')
    .digest('base64url')
    .slice(0, 22);
}
