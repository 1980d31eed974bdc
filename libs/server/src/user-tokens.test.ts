import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createUserTokens } from './user-tokens.ts';

const secret = new Uint8Array(32).fill(1);
const now = Date.UTC(2026, 10, 21);
const read = createUserTokens({ secret, now: () => now });

function token(claims: Record<string, unknown> = {}, alg = 'HS256'): SignJWT {
  return new SignJWT({
    sub: 'anna',
    role: 'user',
    aud: 'nootropic',
    exp: now / 1000 + 60,
    ...claims,
  }).setProtectedHeader({ alg });
}

describe('JSON Web Tokens of users', () => {
  it('says who it is and what they may', async () => {
    expect(await read(await token().sign(secret))).toEqual({
      ...{ name: 'user:anna', role: 'user', by: 'jwt', requestsPerMinute: 600 },
    });
  });

  it.each([
    ['late', { exp: now / 1000 }],
    ['without an end', { exp: undefined }],
    ['of nobody', { sub: undefined }],
    ['of a strange name', { sub: 'a b' }],
    ['without a role', { role: undefined }],
    ['with a role that is none', { role: 'root' }],
    ['for somebody else', { aud: 'other' }],
    ['for nobody', { aud: undefined }],
    ['that begins later', { nbf: now / 1000 + 30 }],
  ])('knows nobody by one %s', async (_what, claims) => {
    expect(await read(await token(claims).sign(secret))).toBeUndefined();
  });

  it('knows nobody by what others signed, or nobody', async () => {
    expect(await read(await token().sign(new Uint8Array(32).fill(2)))).toBeUndefined();
    const [, payload] = (await token().sign(secret)).split('.');
    const header = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const text of [`${header}.${payload}.`, `${header}.${payload}.x`, 'a.b.c', '', 'nk-key'])
      expect(await read(text)).toBeUndefined();
  });

  it('takes those that a key of a set signed', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'one' }] };
    const bySet = createUserTokens({ jwks, now: () => now });
    expect(await bySet(await token({}, 'ES256').sign(privateKey))).toMatchObject({ name: 'user:anna' });
    expect(await bySet(await token().sign(secret))).toBeUndefined();
    // The public key is no secret: nobody may sign with it.
    const asSecret = new TextEncoder().encode(JSON.stringify(jwks.keys[0]));
    expect(await bySet(await token().sign(asSecret))).toBeUndefined();
  });

  it('needs a secret of 32 bytes, and a set without secrets', () => {
    expect(() => createUserTokens({ secret: new Uint8Array(31) })).toThrow('at least 32 bytes');
    expect(() => createUserTokens({ jwks: { keys: [{ kty: 'oct', k: 'AA' }] } })).toThrow('secret');
  });
});
