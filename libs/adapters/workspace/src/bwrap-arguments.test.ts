import { describe, expect, it } from 'vitest';
import { bwrapArguments, bwrapFeatures, type BwrapPlan } from './bwrap-arguments.ts';

const plan: BwrapPlan = {
  root: '/home/me/project',
  cwd: '/home/me/project/src',
  home: '/home/me',
  writes: true,
  reach: {
    hidden: [
      { path: '/tmp', folder: true },
      { path: '/home', folder: true },
      { path: '/etc/shadow', folder: false },
    ],
    readable: ['/home/me/.cargo'],
    secret: [{ path: '/home/me/.cargo/credentials.toml', folder: false }],
  },
  guard: {
    readOnly: ['/home/me/project/.git', '/home/me/project/a/b/.git'],
    held: ['/home/me/project/a', '/home/me/project/a/b'],
    repositories: [],
    secrets: ['/home/me/project/.env'],
  },
  own: [
    { path: '/home/me/.config/nootropic', folder: true },
    { path: '/data/nootropic', folder: true },
    { path: '/data/nootropic/keys.json', folder: false },
  ],
  sockets: ['/var/lib/db.sock', '/home/me/agent.sock', '/home/me/project/s'],
  shown: [],
  features: bwrapFeatures('bubblewrap 0.8.0', false),
  status: 3,
  filter: 4,
};

/** Options of version 0.4.1, by its documentation. https://github.com/containers/bubblewrap/blob/v0.4.1/bwrap.xml */
const known041 = [
  ...[
    '--unshare-user',
    '--unshare-user-try',
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
  ],
  ...[
    '--unshare-net',
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    '--ro-bind',
    '--ro-bind-try',
    '--bind',
    '--dev',
    '--proc',
  ],
  ...['--tmpfs', '--remount-ro', '--dir', '--chdir', '--json-status-fd', '--seccomp'],
];

describe('bwrapArguments', () => {
  const args = bwrapArguments(plan);
  const at = (...words: string[]) => ` ${args.join(' ')} `.indexOf(` ${words.join(' ')} `);

  it('takes every namespace and every privilege away', () => {
    for (const option of [
      '--unshare-user',
      '--unshare-pid',
      '--unshare-ipc',
      '--unshare-uts',
      '--unshare-net',
      '--die-with-parent',
      '--new-session',
    ])
      expect(args).toContain(option);
    expect(at('--cap-drop', 'ALL')).toBeGreaterThan(0);
    expect(args).not.toContain('--share-net');
    expect(args.at(-1)).toBe('--');
  });

  it('covers in the right order: all, what is hidden, what is read all the same, the root, what in it is not written', () => {
    const order = [
      at('--ro-bind', '/', '/'),
      at('--tmpfs', '/home'),
      at('--ro-bind', '/home/me/.cargo', '/home/me/.cargo'),
      at('--ro-bind', '/dev/null', '/home/me/.cargo/credentials.toml'),
      at('--bind', '/home/me/project', '/home/me/project'),
      at('--bind', '/home/me/project/a', '/home/me/project/a'),
      at('--bind', '/home/me/project/a/b', '/home/me/project/a/b'),
      at('--ro-bind', '/home/me/project/a/b/.git', '/home/me/project/a/b/.git'),
      at('--ro-bind', '/dev/null', '/home/me/project/.env'),
      at('--chdir', '/home/me/project/src'),
    ];
    expect(order.every((place) => place >= 0)).toBe(true);
    expect([...order].sort((one, other) => one - other)).toEqual(order);
  });

  it('hides what would be seen, and leaves what is not', () => {
    expect(at('--ro-bind', '/dev/null', '/var/lib/db.sock')).toBeGreaterThan(0);
    expect(at('--ro-bind', '/dev/null', '/home/me/project/s')).toBeGreaterThan(0);
    expect(args).not.toContain('/home/me/agent.sock');
    expect(args).not.toContain('/home/me/.config/nootropic');
    expect(at('--tmpfs', '/data/nootropic')).toBeGreaterThan(0);
    // It would have to be made in a folder that is empty by then.
    expect(args).not.toContain('/data/nootropic/keys.json');
  });

  it('binds nothing to write where nothing may be written', () => {
    expect(bwrapArguments({ ...plan, writes: false })).not.toContain('--bind');
  });

  it.each(['bubblewrap 0.4.1', 'bubblewrap 0.6.3', 'unknown'])('uses with %s only what it knows', (version) => {
    const old = bwrapArguments({ ...plan, features: bwrapFeatures(version, false) });
    expect(old.filter((word) => word.startsWith('--') && word !== '--' && !known041.includes(word))).toEqual([]);
  });

  it('uses what newer versions know, unless they are setuid', () => {
    expect(args).toContain('--disable-userns');
    expect(bwrapFeatures('bubblewrap 0.11.0', false)).toEqual({ disableUserns: true, size: true, setuid: false });
    expect(bwrapFeatures('bubblewrap 0.7.0', false)).toMatchObject({ disableUserns: false, size: true });
    expect(bwrapFeatures('bubblewrap 1.0.0', true)).toEqual({ disableUserns: false, size: false, setuid: true });
  });
});
