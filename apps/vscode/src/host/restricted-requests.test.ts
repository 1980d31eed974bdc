import { assistantContract } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asRestricted } from './restricted-requests.ts';
import { isMatching, mismatchHint } from './versions.ts';

const post = (path: string, body: unknown) =>
  asRestricted({ method: 'POST', path, body: new TextEncoder().encode(JSON.stringify(body)) });
const bodyOf = (request: ReturnType<typeof post>): unknown =>
  request?.body && JSON.parse(new TextDecoder().decode(request.body));

interface Route {
  readonly name: string;
  readonly method: string;
  readonly path: string;
}

/** Every route that the contract of the assistant has. */
function routesOf(part: object, name: string): Route[] {
  const marked = (part as { '~orpc'?: { route?: { method?: string; path?: string } } })['~orpc'];
  if (marked) return [{ name, method: marked.route?.method ?? 'POST', path: marked.route?.path ?? '' }];
  return Object.entries(part).flatMap(([key, below]) =>
    routesOf(below as object, name === '' ? key : `${name}.${key}`),
  );
}

describe('requests while the workspace is not trusted', () => {
  it('are those that look, and talk, and no others', () => {
    const all = routesOf(assistantContract, '');
    expect(all.length).toBeGreaterThan(60);
    const refused = all.filter(
      ({ method, path }) =>
        !asRestricted({ method, path: path.replaceAll(/\{\w+\}/gu, 'x'), body: new TextEncoder().encode('{}') }),
    );
    const names = new Set(refused.map(({ name }) => name));
    for (const name of ['changes.undo', 'changes.redo', 'changes.reject', 'execute.run', 'chains.run', 'jobs.add'])
      expect(names, name).toContain(name);
    for (const name of ['config.set', 'trust.set', 'mcp.approve', 'clients.add', 'keys.set', 'sources.add', 'answer'])
      expect(names, name).toContain(name);
    for (const name of ['send', 'search', 'files.read', 'sessions.list', 'sessions.why', 'host.status', 'changes.diff'])
      expect(names, name).not.toContain(name);
  });

  it('make a task one in plan mode, and leave a question alone', () => {
    expect(bodyOf(post('/turns', { text: 'x', mode: 'auto', workspace: '/w' }))).toEqual({
      ...{ text: 'x', mode: 'plan', workspace: '/w' },
    });
    expect(bodyOf(post('/turns', { text: 'x', agent: 'evil' }))).toMatchObject({ mode: 'plan' });
    expect(bodyOf(post('/turns', { text: 'x' }))).toEqual({ text: 'x' });
    expect(post('/turns', ['x'])).toBeUndefined();
    expect(asRestricted({ method: 'POST', path: '/turns', body: new TextEncoder().encode('{"a') })).toBeUndefined();
  });

  it('never carry another mode than plan, whatever they hold', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, key) => {
        const body = typeof value === 'object' && value !== null ? { ...value, [key]: 1, mode: 'auto' } : value;
        const given = bodyOf(post('/turns', body)) as { mode?: string } | undefined;
        if (given?.mode !== undefined) expect(given.mode).toBe('plan');
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});

describe('versions', () => {
  it.each([
    ['0.1.0', '0.1.9', true],
    ['0.1.0', '0.2.0', false],
    ['1.2.0', '1.9.1', true],
    ['1.2.0', '2.0.0', false],
    ['0.1.0', '1.1.0', false],
    ['0.1.0', 'next', false],
    ['0.1.0', '', false],
  ])('%s and %s: %s', (extension, host, matching) => {
    expect(isMatching(extension, host)).toBe(matching);
  });

  it('says which of the two is to be brought up to date', () => {
    expect(mismatchHint('0.2.0', '0.1.0')).toContain('npm install --global nootropic@0.2.0');
    expect(mismatchHint('0.1.0', '0.2.0')).toContain('extension');
    expect(mismatchHint('1.0.0', '0.9.0')).toContain('nootropic stop');
  });
});
