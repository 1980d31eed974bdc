import { beforeEach, describe, expect, it } from 'vitest';
import { createSignIn, type SignIn } from './sign-in.ts';

const host = '127.0.0.1:4650';
let time: number;
let signIn: SignIn;

beforeEach(() => {
  let made = 0;
  time = 1000;
  signIn = createSignIn({ now: () => time, newSecret: () => `secret-${(made += 1)}` });
});

const cookieOf = (set: string | undefined): string => set?.split(';')[0] ?? '';

describe('signing in', () => {
  it('makes a code a cookie that no script and no other site can use', () => {
    const set = signIn.enter(signIn.issue().code, host);
    expect(set).toBe('nootropic_4650=secret-2; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200');
    expect(signIn.who(`other=1; ${cookieOf(set)}`, host)).toEqual({ name: 'local', role: 'admin', by: 'cookie' });
  });

  it('takes a code once', () => {
    const { code } = signIn.issue();
    expect(signIn.enter(code, host)).toBeDefined();
    expect(signIn.enter(code, host)).toBeUndefined();
  });

  it('takes a code for 30 seconds', () => {
    const { code, expiresAt } = signIn.issue();
    const late = signIn.issue().code;
    expect(expiresAt).toBe(time + 30_000);
    time += 29_999;
    expect(signIn.enter(code, host)).toBeDefined();
    time += 1;
    expect(signIn.enter(late, host)).toBeUndefined();
  });

  it('takes no code that it did not give', () => {
    signIn.issue();
    for (const code of ['', 'secret', 'secret-2', '__proto__']) expect(signIn.enter(code, host)).toBeUndefined();
  });

  it('knows a cookie only at the host that it was given to', () => {
    const cookie = cookieOf(signIn.enter(signIn.issue().code, host));
    for (const other of ['localhost:4650', '127.0.0.1:4651', '', 'evil.example:4650'])
      expect(signIn.who(cookie, other)).toBeUndefined();
  });

  it('forgets after 12 hours', () => {
    const cookie = cookieOf(signIn.enter(signIn.issue().code, host));
    time += 12 * 3_600_000 - 1;
    expect(signIn.who(cookie, host)).toBeDefined();
    time += 1;
    expect(signIn.who(cookie, host)).toBeUndefined();
  });

  it('forgets who leaves, and no other', () => {
    const [one, other] = [1, 2].map(() => cookieOf(signIn.enter(signIn.issue().code, host)));
    expect(signIn.leave(one ?? '', host)).toContain('Max-Age=0');
    expect(signIn.who(one ?? '', host)).toBeUndefined();
    expect(signIn.who(other ?? '', host)).toBeDefined();
  });

  it('does not keep codes and sessions without end', () => {
    const first = signIn.issue().code;
    for (let at = 0; at < 16; at += 1) signIn.issue();
    expect(signIn.enter(first, host)).toBeUndefined();
    const cookies = Array.from({ length: 65 }, () => cookieOf(signIn.enter(signIn.issue().code, host)));
    expect(cookies.map((cookie) => signIn.who(cookie, host) !== undefined)).toEqual([
      false,
      ...Array.from({ length: 64 }, () => true),
    ]);
  });
});
