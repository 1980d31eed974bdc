import { describe, expect, it } from 'vitest';
import { guardRules, refuseStranger, type AskedBy } from './http-guard.ts';

const rules = guardRules('http', ['127.0.0.1:4650', 'localhost:4650']);

function asked(more: Partial<AskedBy> & { rawHosts?: number } = {}): AskedBy {
  const headers = { host: '127.0.0.1:4650', ...more.headers };
  const { host = '' } = headers;
  const rawHeaders = Array.from({ length: more.rawHosts ?? 1 }, () => ['Host', host]).flat();
  return { method: 'GET', url: '/', ...more, rawHeaders, headers };
}

describe('the guard', () => {
  it('lets through who asks by a right name, from nowhere or from its own page', () => {
    expect(refuseStranger(asked(), rules)).toBeUndefined();
    expect(refuseStranger(asked({ headers: { origin: 'http://localhost:4650' } }), rules)).toBeUndefined();
    expect(
      refuseStranger(asked({ headers: { host: 'LocalHost:4650', 'sec-fetch-site': 'none' } }), rules),
    ).toBeUndefined();
  });

  it('lets nobody give two names, or a whole address where a path belongs', () => {
    expect(refuseStranger(asked({ rawHosts: 2 }), rules)?.error.code).toBe('DENIED');
    expect(refuseStranger(asked({ rawHosts: 0 }), rules)?.error.code).toBe('DENIED');
    for (const url of ['http://evil.example/', '*', '', undefined])
      expect(refuseStranger(asked({ url }), rules)?.error.code).toBe('DENIED');
  });

  it('answers no preflight, whoever it is from', () => {
    expect(refuseStranger(asked({ method: 'OPTIONS' }), rules)?.error.code).toBe('DENIED');
  });

  it('does not say long names back', () => {
    const refusal = refuseStranger(asked({ headers: { host: 'x'.repeat(10_000) } }), rules);
    expect(refusal?.error.message.length).toBeLessThan(300);
  });

  it('knows names without the port that is usual', () => {
    const secure = guardRules('https', ['workstation.example:443', '[::1]:443', 'other.example:4651']);
    expect([...secure.hosts]).toEqual([
      ...['workstation.example:443', 'workstation.example', '[::1]:443', '[::1]', 'other.example:4651'],
    ]);
    expect(secure.origins.has('https://workstation.example')).toBe(true);
    expect(secure.origins.has('http://workstation.example')).toBe(false);
    expect(secure.origins.has('https://other.example')).toBe(false);
  });
});
