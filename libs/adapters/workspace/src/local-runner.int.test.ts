import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describeRunnerContract, type RunnerSubject } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalRunner, rebuiltEnvironment } from './local-runner.ts';

const node = process.execPath;

async function makeRoot(): Promise<string> {
  return mkdtemp(join(await realpath(tmpdir()), 'nootropic-runner-'));
}

async function subject(): Promise<RunnerSubject> {
  const root = await makeRoot();
  return {
    runner: createLocalRunner({ root }),
    argv: {
      echo: (text) => [node, '-e', 'process.stdout.write(process.argv[1])', text],
      fail: (code, text) => [
        node,
        '-e',
        'process.stderr.write(process.argv[2]); process.exitCode = Number(process.argv[1])',
        String(code),
        text,
      ],
      copy: () => [node, '-e', 'process.stdin.pipe(process.stdout)'],
      hang: () => [node, '-e', 'setInterval(() => {}, 1000)'],
      // Elsewhere nothing counts what processes take.
      ...(process.platform === 'linux' && {
        allocate: (bytes: number): [string, ...string[]] => [
          node,
          '-e',
          'const all = []; for (let left = Number(process.argv[1]); left > 0; left -= 2 ** 20) all.push(Buffer.alloc(2 ** 20, 1)); setTimeout(() => all.length, 500)',
          String(bytes),
        ],
        fork: (count: number): [string, ...string[]] => [
          'sh',
          '-c',
          'i=0; while [ $i -lt "$1" ]; do sleep 0.5 & i=$((i + 1)); done; wait',
          'sh',
          String(count),
        ],
      }),
      variable: (name) => [node, '-e', "process.stdout.write(process.env[process.argv[1]] ?? '')", name],
    },
    dispose: () => rm(root, { recursive: true, force: true }),
  };
}

describeRunnerContract('local', subject);

async function isGone(pid: number): Promise<boolean> {
  for (let turn = 0; turn < 500; turn += 1) {
    try {
      process.kill(pid, 0);
      // A process that ended but was not collected by its new parent still answers; /proc says so.
      const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      if (/\) Z /u.test(state)) return true;
    } catch {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

describe('createLocalRunner', () => {
  let root: string;
  beforeEach(async () => {
    root = await makeRoot();
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('runs below the root, in no folder that a link leads out to', async () => {
    await mkdir(join(root, 'sub'));
    await symlink('..', join(root, 'out'));
    await writeFile(join(root, 'file'), '');
    const runner = createLocalRunner({ root: { root } });
    const where = [node, '-p', 'process.cwd()'] as const;
    expect((await runner.run({ argv: where, cwd: 'sub' })).stdout.trim()).toBe(join(root, 'sub'));
    await expect(runner.run({ argv: where, cwd: 'out' })).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
    await expect(runner.run({ argv: where, cwd: 'nope' })).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await expect(runner.run({ argv: where, cwd: 'file' })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('gives only the permitted variables on', async () => {
    const runner = createLocalRunner({
      root,
      env: {
        PATH: `/usr/bin${delimiter}.${delimiter}node_modules/.bin`,
        HOME: '/h',
        LC_ALL: 'C',
        AWS_SECRET: 's',
        NODE_OPTIONS: '--x',
        LD_PRELOAD: 'x',
      },
    });
    const { stdout } = await runner.run({ argv: [node, '-p', 'JSON.stringify(process.env)'] });
    expect(JSON.parse(stdout)).toMatchObject({ PATH: '/usr/bin', HOME: '/h', LC_ALL: 'C' });
    expect(stdout).not.toMatch(/AWS_SECRET|NODE_OPTIONS|LD_PRELOAD/u);
  });

  it('does not start a program of the workspace in place of one on the PATH', async () => {
    await writeFile(join(root, 'tool'), '#!/bin/sh\necho planted\n', { mode: 0o755 });
    for (const env of [{ PATH: `.${delimiter}` }, { PATH: '' }, {}]) {
      const runner = createLocalRunner({ root, env });
      await expect(runner.run({ argv: ['tool'] })).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
    }
  });

  it('refuses an argument with a NUL character', async () => {
    await expect(createLocalRunner({ root }).run({ argv: [node, 'a\0b'] })).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
    });
  });

  it.runIf(process.platform !== 'win32').each([
    ['when its time is up', 'setInterval(() => {}, 1000)'],
    ['also one that does not listen', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"],
    ['when it ends by itself', ''],
  ])('ends what a program started, %s', async (_when, rest) => {
    const child = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
    const script = `const { pid } = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' });
      require('node:fs').writeFileSync('pid', String(pid)); ${rest || 'process.exit(0)'}`;
    const runner = createLocalRunner({ root, graceMs: 200 });
    const result = await runner.run({ argv: [node, '-e', script], timeoutMs: rest ? 1_500 : 60_000 });
    expect(result.timedOut).toBe(rest !== '');
    expect(await isGone(Number(await readFile(join(root, 'pid'), 'utf8')))).toBe(true);
  });

  it('lets a program that ignores its input end', async () => {
    const stdin = 'x'.repeat(5_000_000);
    expect(await createLocalRunner({ root }).run({ argv: [node, '-e', 'process.exit(2)'], stdin })).toMatchObject({
      exitCode: 2,
    });
  });

  it('never holds more than the limit of an endless output', async () => {
    const endless = [node, '-e', "setInterval(() => process.stdout.write('x'.repeat(65536)), 0)"] as const;
    const result = await createLocalRunner({ root }).run({ argv: endless, timeoutMs: 1_000, maxBytes: 1_000 });
    expect(result.stdout.length).toBeLessThanOrEqual(1_000);
    expect(result.timedOut).toBe(true);
  });
});

describe('rebuiltEnvironment', () => {
  it('keeps what Windows cannot start without, whatever its letter case', () => {
    expect(rebuiltEnvironment({ SystemRoot: 'C:\\Windows', windir: 'x', Temp: 't', Missing: undefined })).toMatchObject(
      { SystemRoot: 'C:\\Windows', Temp: 't' },
    );
    expect(rebuiltEnvironment({ windir: 'x', Missing: undefined })).not.toHaveProperty('windir');
  });
});
