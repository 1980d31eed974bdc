import { clientRoles, NootropicError, type ClientRole } from '@nootropic/contracts';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTVerifyOptions } from 'jose';
import type { Principal } from './principal.ts';

export interface UserTokensOptions {
  /** Signs by HS256; at least 32 bytes (https://www.rfc-editor.org/rfc/rfc7518#section-3.2). */
  readonly secret?: Uint8Array;
  /** Public keys of whoever gives the tokens out. */
  readonly jwks?: JSONWebKeySet;
  /** Default `nootropic`: what the claim `aud` must name. */
  readonly audience?: string;
  /** Default 600: requests of one user in a minute. */
  readonly requestsPerMinute?: number;
  /** Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * Reads JSON Web Tokens (https://www.rfc-editor.org/rfc/rfc7519): the claims `sub`, `role` (`models`, `read-only`, `user` or `admin`), `exp` and `aud` are
 * asked for. Gives nobody for a token that is none, is late, is for somebody else, or is signed in a way that was not agreed on (`none` among them).
 */
export function createUserTokens({
  secret,
  jwks,
  audience = 'nootropic',
  requestsPerMinute = 600,
  now = Date.now,
}: UserTokensOptions): (token: string) => Promise<Principal | undefined> {
  if (secret && secret.byteLength < 32)
    throw new NootropicError('INPUT_INVALID', 'The secret of JSON Web Tokens needs at least 32 bytes.');
  if (jwks?.keys.some(({ kty }) => kty === 'oct'))
    throw new NootropicError('INPUT_INVALID', 'A set of public keys holds a secret one.');
  const keys = jwks && createLocalJWKSet(jwks);
  const verify = async (token: string): Promise<Awaited<ReturnType<typeof jwtVerify>>['payload'] | undefined> => {
    const options = (algorithms: string[]): JWTVerifyOptions => ({
      audience,
      algorithms,
      requiredClaims: ['sub', 'exp', 'role'],
      currentDate: new Date(now()),
    });
    const ways = [
      secret && (() => jwtVerify(token, secret, options(['HS256']))),
      keys && (() => jwtVerify(token, keys, options(['RS256', 'PS256', 'ES256', 'EdDSA']))),
    ];
    for (const way of ways) {
      const verified = await way?.().catch(() => undefined);
      if (verified) return verified.payload;
    }
    return undefined;
  };
  return async (token) => {
    if (!/^[\w-]+\.[\w-]+\.[\w-]+$/u.test(token)) return undefined;
    const { sub = '', role } = (await verify(token)) ?? {};
    if (!isRole(role) || !/^[\w.@-]{1,128}$/u.test(sub)) return undefined;
    return { name: `user:${sub}`, role, by: 'jwt', requestsPerMinute };
  };
}

function isRole(role: unknown): role is ClientRole {
  return (clientRoles as readonly unknown[]).includes(role);
}
