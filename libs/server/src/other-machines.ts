import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { NootropicError, type AuditLog } from '@nootropic/contracts';
import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import type { ClientKeys } from './client-keys.ts';
import type { GuessLimit } from './client-limits.ts';
import { parseJson } from './http-body.ts';
import { refuse, type HttpEnv } from './http-app.ts';
import type { Principal } from './principal.ts';
import { createUserTokens } from './user-tokens.ts';

/** How the host may be asked from other machines. */
export interface OtherMachines {
  /** The address of this machine to listen on; `0.0.0.0` for all. */
  readonly address: string;
  /** Default 0: any that is free. */
  readonly port?: number;
  /** In PEM. Without both nothing is served. */
  readonly tls: { readonly cert: string; readonly key: string };
  /** Names by which it may be asked, beside its address: `workstation.example`. */
  readonly allowHosts?: readonly string[];
  /** Whose JSON Web Token it is. */
  readonly findUser?: (token: string) => Promise<Principal | undefined>;
  /** Default 20: wrong keys from one address in a minute, after which it is not listened to for the rest of it. */
  readonly mostWrong?: number;
  /** Whether any program has a key, so that somebody could enter at all. */
  readonly hasKeys: () => Promise<boolean>;
}

/** What a person says of it. */
export interface BindRequest {
  /** `ADDRESS`, or `ADDRESS:PORT`. */
  readonly bind: string;
  /** Paths of PEM files. */
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly allowHost?: readonly string[];
  /** Path of a file with the secret that signs tokens. */
  readonly jwtSecretFile?: string;
  /** Path of a file with a JSON Web Key Set. */
  readonly jwksFile?: string;
}

/** The port for other machines where none is named, beside that of `host.port`. */
const usualPort = 4651;

/** Reads the files that a request names. Throws `INPUT_INVALID` for one that cannot be read. */
export async function openOtherMachines(
  { bind, tlsCert, tlsKey, allowHost, jwtSecretFile, jwksFile }: BindRequest,
  keys: Pick<ClientKeys, 'list'>,
): Promise<OtherMachines> {
  const { address, port } = parseBind(bind);
  const users =
    jwtSecretFile === undefined && jwksFile === undefined
      ? undefined
      : createUserTokens({
          ...(jwtSecretFile !== undefined && { secret: trimmed(await readNamed(jwtSecretFile)) }),
          ...(jwksFile !== undefined && { jwks: parseKeySet(await readNamed(jwksFile), jwksFile) }),
        });
  return {
    ...{ address, port },
    tls: {
      cert: tlsCert === undefined ? '' : await readNamed(tlsCert),
      key: tlsKey === undefined ? '' : await readNamed(tlsKey),
    },
    ...(allowHost && { allowHosts: allowHost }),
    ...(users && { findUser: users }),
    hasKeys: async () => (await keys.list()).length > 0,
  };
}

/** `0.0.0.0`, `192.168.1.2:4700`, `[::1]:4700`, `::1`. */
function parseBind(text: string): { readonly address: string; readonly port: number } {
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<four>[^:]+))(?::(?<port>\d+))?$/u.exec(text);
  const address = match?.groups?.['six'] ?? match?.groups?.['four'] ?? text;
  const port = Number(match?.groups?.['port'] ?? usualPort);
  if (isIP(address) !== 0 && port <= 65_535) return { address, port };
  throw new NootropicError('INPUT_INVALID', `"${text}" is no address of this machine.`, {
    hint: 'Give an IP address, with or without a port: `--bind 192.168.1.2:4651`.',
  });
}

async function readNamed(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new NootropicError('INPUT_INVALID', `${path} cannot be read.`, { cause });
  }
}

function trimmed(secret: string): Uint8Array {
  return new TextEncoder().encode(secret.trim());
}

function parseKeySet(text: string, path: string): JSONWebKeySet {
  const parsed = keySet.safeParse(parseJson(text));
  if (!parsed.success) throw new NootropicError('INPUT_INVALID', `${path} is no JSON Web Key Set.`);
  return parsed.data;
}

const keySet = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

/** Throws `INPUT_INVALID` for what would be open to everybody, or to nobody. */
export async function checkOtherMachines({ address, tls, findUser, hasKeys }: OtherMachines): Promise<void> {
  if (tls.cert === '' || tls.key === '')
    throw new NootropicError('INPUT_INVALID', `Listening on ${address} needs a certificate and its key.`, {
      hint: 'Add `--tls-cert FILE --tls-key FILE`.',
    });
  if (!findUser && !(await hasKeys()))
    throw new NootropicError('INPUT_INVALID', `Listening on ${address} needs somebody who may enter.`, {
      hint: 'Make a key with `nootropic clients add NAME --role user`, or name `--jwt-secret-file` or `--jwks-file`.',
    });
}

type App = (request: Request, bindings: HttpEnv['Bindings']) => Response | Promise<Response>;

/** The app as it is for other machines: who tries keys out is held up. */
export function slowGuessing(app: App, guesses: GuessLimit): App {
  return async (request, bindings) => {
    const from = bindings.incoming.socket.remoteAddress ?? '';
    const refusal = await guesses.refuse(from);
    if (refusal) return refuse(refusal);
    const response = await app(request, bindings);
    if (response.status === 401) await guesses.note(from);
    return response;
  };
}

/** One line of the audit log for each call. */
export function auditCall(
  audit: Pick<AuditLog, 'append'> | undefined,
  now: () => number,
): (call: {
  readonly client: string;
  readonly route: string;
  readonly method: string;
  readonly status: number;
}) => void {
  return ({ client, route, method, status }) => {
    void audit
      ?.append({
        time: now(),
        actor: client === '' ? 'unknown' : client,
        action: 'call',
        detail: { method, route: route === '' ? 'none' : route, status },
      })
      // What cannot be written is the log's own to report.
      .catch(() => undefined);
  };
}
