import { describe, expect, it } from 'vitest';
import { seatbeltProfile, type SeatbeltPlan } from './seatbelt-profile.ts';

const plan: SeatbeltPlan = {
  root: '/Users/me/pro"ject.x',
  home: '/Users/me',
  temporary: '/private/var/folders/t',
  writes: true,
  readable: ['/Users/me/.cargo'],
  secret: ['/Users/me/.cargo/credentials.toml', '/Users/me/pro"ject.x/.env'],
  readOnly: ['/Users/me/pro"ject.x/a/b'],
  port: 4711,
};

/** Of the rules about `operation` the last that matches decides. Reads the profile as the system does, as far as this profile goes. */
function allows(profile: string, operation: string, path: string): boolean {
  let allowed = false;
  for (const line of profile.split('\n')) {
    const [, verb, rest = ''] = /^\((allow|deny) (.*)\)$/u.exec(line) ?? [];
    if (verb === undefined) continue;
    if (rest === 'default') {
      allowed = verb === 'allow';
      continue;
    }
    const operations = rest.split(' (')[0]?.split(' ') ?? [];
    const covers = operations.some(
      (name) => name === operation || (name.endsWith('*') && operation.startsWith(name.slice(0, -1))),
    );
    if (!covers) continue;
    const filters = [...rest.matchAll(/\((subpath|literal|regex) #?"((?:[^"\\]|\\.)*)"\)/gu)];
    const matches = filters.some(([, kind, text = '']) => {
      if (kind === 'regex') return new RegExp(text.replaceAll('\\"', '"'), 'u').test(path);
      const place = text.replaceAll('\\"', '"').replaceAll('\\\\', '\\');
      return path === place || (kind === 'subpath' && path.startsWith(`${place}/`));
    });
    if (matches || (filters.length === 0 && !rest.includes('('))) allowed = verb === 'allow';
  }
  return allowed;
}

describe('seatbeltProfile', () => {
  const profile = seatbeltProfile(plan);
  const { root } = plan;

  it.each([`${root}/src/a.ts`, `${root}/a/c`, '/private/var/folders/t/x', '/dev/null'])(
    'lets %s be written',
    (path) => {
      expect(allows(profile, 'file-write-data', path)).toBe(true);
    },
  );

  it.each([
    ...['/etc/hosts', '/Users/me/.zshrc', '/Users/me/other/x', '/private/tmp/x', '/usr/local/bin/git', `${root}x/a`],
    ...[`${root}/.git/hooks/x`, `${root}/.git`, `${root}/deep/er/.git/config`, `${root}/.GIT/config`, `${root}/a/.Git`],
    ...[
      `${root}/.vscode/tasks.json`,
      `${root}/.VSCode`,
      `${root}/.idea/x`,
      `${root}/.nootropic/hooks.json`,
      `${root}/.husky/pre-commit`,
    ],
    ...[`${root}/a/b`, `${root}/a/b/c`, `${root}/.env`, '/Users/me/.cargo/registry/x'],
  ])('does not let %s be written', (path) => {
    expect(allows(profile, 'file-write-data', path)).toBe(false);
    expect(allows(profile, 'file-write-create', path)).toBe(false);
  });

  it('does not take names that only look alike', () => {
    for (const path of ['/.gitignore', '/a.git', '/agit/x', '/x.vscode/y'])
      expect(allows(profile, 'file-write-data', root + path)).toBe(true);
    expect(allows(profile, 'file-write-data', `${root.replace('.x', 'yx')}/a`)).toBe(false);
  });

  it('lets what lies on the way to something read-only not be renamed', () => {
    expect(allows(profile, 'file-write-unlink', `${root}/a`)).toBe(false);
    expect(allows(profile, 'file-write-unlink', `${root}/c`)).toBe(true);
  });

  it.each([
    ['/usr/lib/libSystem.dylib', true],
    [`${root}/src/a.ts`, true],
    ['/Users/me/.cargo/registry/x', true],
    ['/Users/me/.cargo/credentials.toml', false],
    [`${root}/.env`, false],
    ['/Users/me/.ssh/id_ed25519', false],
    ['/Users/other/x', false],
    ['/Library/Keychains/System.keychain', false],
    ['/private/tmp/agent.sock', false],
  ])('reading %s: %j', (path, readable) => {
    expect(allows(profile, 'file-read-data', path)).toBe(readable);
  });

  it('opens the port of the proxy and nothing else of the network', () => {
    const network = (text: string) => text.split('\n').filter((line) => line.includes('network'));
    expect(network(profile)).toEqual(['(deny network*)', '(allow network-outbound (remote ip "localhost:4711"))']);
    const { port: _port, ...offline } = plan;
    expect(network(seatbeltProfile(offline))).toEqual(['(deny network*)']);
  });

  it('lets nothing in the root be written where nothing may be', () => {
    expect(allows(seatbeltProfile({ ...plan, writes: false }), 'file-write-data', `${root}/src/a.ts`)).toBe(false);
  });

  it('is balanced, whatever a folder is called', () => {
    const hostile = seatbeltProfile({ ...plan, root: '/Users/me/a")(allow default)(x "b\\' });
    expect(hostile).not.toMatch(/^\(allow default\)$/mu);
    expect(allows(hostile, 'file-write-data', '/etc/hosts')).toBe(false);
    const bare = hostile.replaceAll(/"(?:[^"\\]|\\.)*"/gu, '""');
    expect([...bare].filter((sign) => sign === '(').length).toBe([...bare].filter((sign) => sign === ')').length);
  });
});
