import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunRequest, SandboxPolicy } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalFiles } from './local-files.ts';
import { createLocalRunner, type LocalRunnerOptions } from './local-runner.ts';
import type { NetworkUse } from './network-proxy.ts';

const path = '/usr/local/bin:/usr/bin:/bin';

describe.runIf(process.platform === 'linux')('the sandbox of the runner', () => {
  let base: string;
  let root: string;
  beforeEach(async () => {
    base = await mkdtemp(join(await realpath(tmpdir()), 'nootropic-sandbox-test-'));
    root = join(base, 'ws');
    await mkdir(join(base, 'home'), { recursive: true });
    await mkdir(join(root, 'src'), { recursive: true });
    await writeFile(join(root, 'src/a.txt'), 'a');
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  const runnerOf = (options: Partial<LocalRunnerOptions> = {}) =>
    createLocalRunner({ root, env: { PATH: path, HOME: join(base, 'home') }, ...options });
  const sh = (line: string, sandbox: SandboxPolicy = {}, options: Partial<LocalRunnerOptions> = {}) =>
    runnerOf(options).run({ argv: ['sh', '-c', line], sandbox });

  it('is there', async () => {
    expect(await runnerOf().sandbox()).toEqual({ available: true, kind: 'bubblewrap' });
  });

  it('lets a program write in its workspace, and leaves nothing of its own there', async () => {
    expect(await sh('echo b > src/b.txt && mkdir c && rm src/a.txt && cat src/b.txt')).toMatchObject({
      exitCode: 0,
      stdout: 'b\n',
      stderr: '',
    });
    expect((await readdir(root)).sort()).toEqual(['c', 'src']);
    expect(await readdir(join(root, 'src'))).toEqual(['b.txt']);
  });

  it('lets a program write nowhere where the policy says so', async () => {
    const { exitCode } = await sh('echo b > src/b.txt', { writes: false });
    expect(exitCode).not.toBe(0);
    expect(await readdir(join(root, 'src'))).toEqual(['a.txt']);
  });

  it('keeps what is named read-only, also by what lies on the way, and also where it does not exist', async () => {
    await mkdir(join(root, 'deep/er'), { recursive: true });
    await writeFile(join(root, 'deep/er/kept.txt'), 'kept');
    const readOnly = ['deep/er/kept.txt', 'not/yet', 'src'];
    await sh(
      'echo x > deep/er/kept.txt; mv deep d2; mv deep/er deep/e2; rm -r deep; mkdir -p not && echo x > not/yet; echo x > src/a.txt; touch deep/er/more',
      { readOnly },
    );
    expect(await readFile(join(root, 'deep/er/kept.txt'), 'utf8')).toBe('kept');
    expect(await readFile(join(root, 'src/a.txt'), 'utf8')).toBe('a');
    expect((await readdir(root)).sort()).toEqual(['deep', 'src']);
    // What lies beside is not kept.
    expect((await readdir(join(root, 'deep/er'))).sort()).toEqual(['kept.txt', 'more']);
  });

  it('counts what is taken in the sandbox, temporary files among it, and ends all of it above the limit', async () => {
    const limited = (line: string, limits: RunRequest['limits']) =>
      runnerOf().run({ argv: ['sh', '-c', line], sandbox: {}, ...(limits && { limits }) });
    const memory = 64 * 2 ** 20;
    const filled = 'head -c 40000000 /dev/zero > /tmp/a; head -c 40000000 /dev/zero > /dev/shm/b; sleep 5';
    expect(await limited(filled, { memory })).toMatchObject({ exitCode: null, limit: 'memory', timedOut: false });
    const bomb = 'f() { f | f & f; }; f; sleep 5';
    expect(await limited(bomb, { processes: 50 })).toMatchObject({
      exitCode: null,
      limit: 'processes',
      timedOut: false,
    });
    const daemons = 'i=0; while [ $i -lt 30 ]; do setsid sleep 5 & i=$((i + 1)); done; sleep 5';
    expect(await limited(daemons, { processes: 20 })).toMatchObject({ limit: 'processes' });
    const { exitCode, limit, peakMemory } = await limited('head -c 9000000 /dev/zero > /tmp/a; sleep 0.3', { memory });
    expect({ exitCode, limit }).toEqual({ exitCode: 0, limit: undefined });
    expect(peakMemory).toBeGreaterThan(9_000_000);
  });

  it('lets no file grow above its limit', async () => {
    const { exitCode } = await runnerOf().run({
      argv: ['sh', '-c', 'head -c 2000000 /dev/zero > big'],
      ...{ sandbox: {}, limits: { fileBytes: 1_000_000 } },
    });
    expect(exitCode).not.toBe(0);
    expect((await stat(join(root, 'big'))).size).toBeLessThanOrEqual(1_000_000);
  });

  it('shows a folder that is named, where it lies', async () => {
    await mkdir(join(base, 'more'));
    await writeFile(join(base, 'more/a.txt'), 'more');
    const line = `cat ${join(base, 'more/a.txt')}; echo x > ${join(base, 'more/a.txt')}`;
    expect((await sh(line, {})).stdout).toBe('');
    expect((await sh(line, { readable: [join(base, 'more')] })).stdout).toBe('more');
    expect(await readFile(join(base, 'more/a.txt'), 'utf8')).toBe('more');
  });

  it('refuses a policy that leads out', async () => {
    const outside = join(base, 'outside.txt');
    await writeFile(outside, 'x');
    await sh('true', { readOnly: ['../outside.txt', '/etc'] });
    expect(await readFile(outside, 'utf8')).toBe('x');
    expect(await readdir(base)).not.toContain('yet');
  });

  it('moves a repository aside that a command made, and says so', async () => {
    const { stderr, exitCode } = await sh('mkdir -p a/.git/hooks && echo x > a/.git/config');
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/a\/\.git was made by the command.*a\/\.git\.from-sandbox/u);
    expect(await readdir(join(root, 'a'))).toEqual(['.git.from-sandbox']);
  });

  it('reads the history of a repository, and of one above, and changes neither', async () => {
    const repo = join(base, 'repo');
    const below = join(repo, 'packages/a');
    await mkdir(below, { recursive: true });
    await writeFile(join(below, 'a.txt'), 'a');
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', repo, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]).toString();
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('commit', '-qm', 'first');
    git('worktree', 'add', '-q', join(base, 'other'));
    const config = await readFile(join(repo, '.git/config'), 'utf8');
    for (const folder of [repo, below, join(base, 'other')]) {
      const runner = runnerOf({ root: folder });
      const line =
        'git log --format=%s; git config user.name x; git commit --allow-empty -m second; git status --short';
      const { stdout } = await runner.run({ argv: ['sh', '-c', line], sandbox: {} });
      expect(stdout.trim().split('\n')[0]).toBe('first');
    }
    expect(await readFile(join(repo, '.git/config'), 'utf8')).toBe(config);
    expect(git('log', '--format=%s', '--all').trim()).toBe('first');
  });

  it('protects the hooks and settings that a repository names', async () => {
    await mkdir(join(root, '.git'));
    await mkdir(join(root, 'hooks'));
    await writeFile(join(root, '.git/config'), '[core]\n\thooksPath = hooks\n[include]\n\tpath = ../more.gitconfig\n');
    await writeFile(join(root, 'more.gitconfig'), 'before');
    await sh('echo x > hooks/pre-commit; echo x > more.gitconfig; mv hooks h2');
    expect(await readdir(join(root, 'hooks'))).toEqual([]);
    expect(await readFile(join(root, 'more.gitconfig'), 'utf8')).toBe('before');
  });

  it('believes no file that names a folder as a repository, unless that folder names it in turn', async () => {
    await mkdir(join(base, 'home/private/objects'), { recursive: true });
    await writeFile(join(base, 'home/private/HEAD'), 'SECRET');
    await writeFile(join(root, '.git'), `gitdir: ${join(base, 'home/private')}\n`);
    expect((await sh(`cat '${join(base, 'home/private/HEAD')}'`)).stdout).toBe('');
  });

  it('hides the program’s own files, wherever they lie', async () => {
    await mkdir(join(root, 'own/data'), { recursive: true });
    await writeFile(join(root, 'own/data/keys.json'), 'SECRET');
    await writeFile(join(root, 'own/keys.json'), 'SECRET');
    for (const own of [
      [join(root, 'own')],
      [join(root, 'own/data'), join(root, 'own/data/keys.json'), join(root, 'own/keys.json')],
    ]) {
      const { stdout, exitCode } = await sh(
        'cat own/keys.json own/data/keys.json; echo x > own/data/keys.json; echo end',
        {},
        { own },
      );
      expect({ stdout, exitCode }).toEqual({ stdout: 'end\n', exitCode: 0 });
    }
    // A workspace within them is seen all the same.
    expect((await sh('cat src/a.txt', {}, { own: [base, join(base, 'home')] })).stdout).toBe('a');
    expect(await readFile(join(root, 'own/data/keys.json'), 'utf8')).toBe('SECRET');
  });

  it('refuses a workspace that holds the home folder', async () => {
    const runner = createLocalRunner({ root: base, env: { PATH: path, HOME: join(base, 'home') } });
    await expect(runner.run({ argv: ['true'], sandbox: {} })).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    expect((await readdir(base)).sort()).toEqual(['home', 'ws']);
  });

  it('runs several commands at once in one workspace', async () => {
    const runner = runnerOf();
    const runs = Array.from({ length: 6 }, (_none, index) =>
      runner.run({
        argv: ['sh', '-c', `sleep 0.${index}; mkdir -p .git/hooks 2>/dev/null; echo ${index}`],
        sandbox: {},
      }),
    );
    expect((await Promise.all(runs)).map(({ stdout }) => stdout.trim())).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(await readdir(root)).toEqual(['src']);
  });

  it('leaves nothing behind when a command is cancelled', async () => {
    const running = runnerOf().run({
      argv: ['sh', '-c', 'setsid sleep 20 & sleep 20'],
      sandbox: {},
      signal: AbortSignal.timeout(400),
    });
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await readdir(root)).toEqual(['src']);
  });

  it('gives a link that a command planted no power over who reads afterwards', async () => {
    await writeFile(join(base, 'outside.txt'), 'SECRET');
    await sh('rm src/a.txt && ln -s ../../outside.txt src/a.txt && ln -s ../.. src/up && ln -s /etc etc');
    const files = await createLocalFiles({ root });
    for (const place of ['src/a.txt', 'src/up/outside.txt', 'etc/passwd'])
      await expect(files.read(place)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
  });

  it('does not run a program of the workspace in place of its own', async () => {
    await mkdir(join(root, 'bin'));
    for (const name of ['bwrap', 'find', 'prlimit'])
      await writeFile(join(root, 'bin', name), '#!/bin/sh\ntouch "$(dirname "$0")/ran"\n', { mode: 0o755 });
    await symlink(join(root, 'bin'), join(base, 'bin'));
    const runner = createLocalRunner({
      root,
      env: { PATH: `${join(root, 'bin')}:${join(base, 'bin')}:${path}`, HOME: join(base, 'home') },
    });
    expect((await runner.run({ argv: ['echo', 'x'], sandbox: {} })).stdout).toBe('x\n');
    expect(await readdir(join(root, 'bin'))).not.toContain('ran');
  });

  it('gives on no descriptor that this process was given itself', async () => {
    const child = `
      import { createLocalRunner } from ${JSON.stringify(fileURLToPath(new URL('./local-runner.ts', import.meta.url)))};
      const runner = createLocalRunner({ root: ${JSON.stringify(root)}, env: { PATH: '${path}', HOME: ${JSON.stringify(join(base, 'home'))} } });
      const { stdout } = await runner.run({ argv: ['sh', '-c', 'readlink /proc/self/fd/*; true'], sandbox: {} });
      process.stdout.write(stdout);`;
    await writeFile(join(base, 'outside.txt'), 'x');
    const open = await import('node:fs').then(({ openSync }) => openSync(join(base, 'outside.txt'), 'r+'));
    const host = spawn(process.execPath, ['--input-type=module', '-e', child], {
      stdio: ['ignore', 'pipe', 'inherit', ...Array.from({ length: 37 }, () => 'ignore' as const), open],
    });
    let seen = '';
    host.stdout?.on('data', (chunk: Uint8Array) => (seen += new TextDecoder().decode(chunk)));
    await new Promise((resolve) => host.once('close', resolve));
    expect(seen).toContain('/dev/null');
    expect(seen).not.toContain('outside');
  });

  it('ends everything when this process is killed', async () => {
    const child = `
      import { createLocalRunner } from ${JSON.stringify(fileURLToPath(new URL('./local-runner.ts', import.meta.url)))};
      const runner = createLocalRunner({ root: ${JSON.stringify(root)}, env: { PATH: '${path}', HOME: ${JSON.stringify(join(base, 'home'))} } });
      await runner.run({ argv: ['sh', '-c', 'setsid sh -c "while sleep 0.05; do echo x >> beats; done" & sleep 60'], sandbox: {} });`;
    const host = spawn(process.execPath, ['--input-type=module', '-e', child], { stdio: 'ignore' });
    const beats = () =>
      readFile(join(root, 'beats'), 'utf8').then(
        (text) => text.length,
        () => 0,
      );
    while ((await beats()) < 4) await new Promise((resolve) => setTimeout(resolve, 20));
    host.kill('SIGKILL');
    await new Promise((resolve) => host.once('close', resolve));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const after = await beats();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await beats()).toBe(after);
    // The folders that it kept empty are still there, and harmless; the next command works.
    expect((await sh('echo again')).stdout).toBe('again\n');
  });

  describe('with a host that is granted', () => {
    const uses: NetworkUse[] = [];
    const server = createServer((request, response) =>
      response.end(`${request.method} ${request.url} ${request.headers.host}`),
    );
    let port: number;
    beforeEach(async () => {
      uses.length = 0;
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      port = (server.address() as AddressInfo).port;
    });
    afterEach(() => new Promise((resolve) => server.close(resolve)));
    const options: Partial<LocalRunnerOptions> = {
      onNetwork: (use) => uses.push(use),
      network: {
        resolve: async (host) => (host.endsWith('inside.example') ? ['127.0.0.1'] : ['192.168.7.7']),
        isPermittedAddress: (address) => address === '127.0.0.1',
      },
    };
    const fetching = (url: string) =>
      `"${process.execPath}" -e "fetch('${url}').then((r) => r.text()).then((t) => console.log(t), (e) => console.log('failed', e.cause?.message ?? e.message))"`;

    it('reaches it, by http and through a tunnel, and tells of it', async () => {
      const hosts = [`www.inside.example:${port}`];
      const { stdout } = await sh(
        `${fetching(`http://www.inside.example:${port}/a?b`)}; curl -s -p "http://www.inside.example:${port}/c"; env | grep -c '^https\\?_proxy='`,
        { hosts },
        options,
      );
      expect(stdout).toBe(`GET /a?b www.inside.example:${port}\nGET /c www.inside.example:${port}2\n`);
      expect(uses).toHaveLength(2);
      for (const use of uses) {
        expect(use).toMatchObject({ host: 'www.inside.example', port });
        expect(use.refused).toBeUndefined();
        expect(use.sentBytes).toBeGreaterThan(20);
        expect(use.receivedBytes).toBeGreaterThan(20);
      }
    });

    it('reaches no other host, port or address, and tells of that too', async () => {
      const hosts = [`*.inside.example:${port}`, 'private.example'];
      const urls = [
        'http://inside.example/',
        'http://www.inside.example/',
        'http://private.example/',
        'http://10.0.0.1/',
      ];
      const { stdout } = await sh(
        urls.map((url) => `curl -s -o /dev/null -w '%{http_code} ' "${url}"`).join('; '),
        { hosts },
        options,
      );
      expect(stdout).toBe('403 403 403 403 ');
      expect(uses.map(({ refused }) => refused)).toEqual([
        'inside.example is not among the permitted hosts',
        'port 80 of www.inside.example is not permitted',
        'private.example does not lie on the internet',
        '10.0.0.1 is not among the permitted hosts',
      ]);
    });

    it('lets packages be fetched: npm has a folder that it may write', async () => {
      const { stdout } = await sh(
        'mkdir -p "$npm_config_cache" && echo "$npm_config_cache"',
        { hosts: ['www.inside.example'] },
        options,
      );
      expect(stdout).toBe('/tmp/npm-cache\n');
    });

    it('gives exit codes, input and output as without', async () => {
      const runner = runnerOf(options);
      const sandbox = { hosts: ['www.inside.example'] };
      expect(await runner.run({ argv: ['sh', '-c', 'cat; exit 7'], stdin: 'in', sandbox })).toMatchObject({
        exitCode: 7,
        stdout: 'in',
      });
      await expect(runner.run({ argv: ['nootropic-no-such-program'], sandbox })).rejects.toMatchObject({
        code: 'COMMAND_FAILED',
      });
    });
  });
});
