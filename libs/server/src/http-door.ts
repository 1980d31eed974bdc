import { createHash, timingSafeEqual } from 'node:crypto';
import { NootropicError } from '@nootropic/contracts';
import { reaches, type Needs } from './access.ts';
import { isRefusal, type Refusal } from './http-refusal.ts';
import type { Principal } from './principal.ts';

export interface DoorOptions {
  /** Ways to prove who one is, in this order; the first that knows the credential decides. */
  readonly knows: {
    /** The token of this user's host. Unset: it is no key here. */
    readonly token?: string;
    /** A key of a client. */
    readonly key?: (key: string) => Promise<Principal | undefined>;
    /** A JSON Web Token. */
    readonly jwt?: (token: string) => Promise<Principal | undefined>;
    /** The cookie of a browser that signed in, by the request's `Cookie` and `Host`. */
    readonly cookie?: (cookie: string, host: string) => Principal | undefined;
    /** Who asks where nothing is asked for: on the port for clients that cannot send a key. */
    readonly anonymous?: Principal;
  };
  /** Holds clients to their rate and quota. Default: none does. */
  readonly limited?: (principal: Principal) => Promise<Refusal | undefined>;
}

export type Admission = { readonly principal: Principal } | Refusal;

/** Decides who may ask. */
export interface Door {
  /** Proves who asks, and holds them to their role, their rate and their quota. Never throws for what a client did. */
  admit(request: DoorRequest, needs: Needs): Promise<Admission>;
  /** The first half of `admit`: who asks. */
  prove(request: DoorRequest): Promise<Admission>;
  /** The second half: whether they may. Counts as one request. */
  permit(principal: Principal, needs: Needs): Promise<Refusal | undefined>;
}

export type DoorRequest = Pick<Request, 'method' | 'headers'>;

/** For routes that need no key. */
const nobody: Principal = { name: 'anyone', role: 'models', by: 'open-port' };

export function createDoor({ knows, limited = async () => undefined }: DoorOptions): Door {
  const prove = async ({ method, headers }: DoorRequest): Promise<Admission> => {
    if (knows.anonymous) return { principal: knows.anonymous };
    const authorization = headers.get('authorization');
    const credential = authorization === null ? headers.get('x-api-key') : bearer(authorization);
    if (credential !== null) {
      if (knows.token !== undefined && sameSecret(credential, knows.token))
        return { principal: { name: 'local', role: 'admin', by: 'token' } };
      const principal = (await knows.key?.(credential)) ?? (await knows.jwt?.(credential));
      return principal ? { principal } : { error: new NootropicError('UNAUTHORIZED') };
    }
    const cookie = headers.get('cookie');
    const principal = cookie === null ? undefined : knows.cookie?.(cookie, headers.get('host') ?? '');
    if (!principal) return { error: new NootropicError('UNAUTHORIZED') };
    if (!['GET', 'HEAD'].includes(method) && headers.get('x-nootropic-request') !== '1')
      return {
        error: new NootropicError('DENIED', 'A page must say that it means this request.', {
          hint: 'Send the header `x-nootropic-request: 1`.',
        }),
      };
    return { principal };
  };

  const permit = async (principal: Principal, needs: Needs): Promise<Refusal | undefined> => {
    if (needs !== 'anyone' && !reaches(principal.role, needs))
      return { error: new NootropicError('DENIED', `This asks for the role ${needs}.`) };
    return limited(principal);
  };

  return {
    prove,
    permit,
    async admit(request, needs) {
      if (needs === 'anyone') return { principal: knows.anonymous ?? nobody };
      const proven = await prove(request);
      return isRefusal(proven) ? proven : ((await permit(proven.principal, needs)) ?? proven);
    },
  };
}

function bearer(authorization: string): string {
  return /^bearer (?<credential>.*)$/iu.exec(authorization)?.groups?.['credential'] ?? '';
}

/** Digests have one length, so that the comparison takes the same time whatever was sent. */
export function sameSecret(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
