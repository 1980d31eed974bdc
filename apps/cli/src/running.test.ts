import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './fake-host.test-fixture.ts';
import { fakeMcpServer } from './fake-programs.test-fixture.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-running-')));
  await writeFile(join(cwd, 'main.py'), 'print(1)');
  await writeFile(join(cwd, 'data.txt'), 'data');
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

describe('execute', () => {
  it('gives the output and the exit code of the program', async () => {
    const asked: unknown[] = [];
    const end = { exitCode: 7 };
    const ran = await run(['execute', 'main.py', 'one', '--file', 'data.txt', '--memory', '64'], {
      ...{ cwd, host: { programs: { asked, end } } },
    });
    expect(ran).toMatchObject({ code: 7, out: 'hello \u001b[31mred\n', err: 'careful\n' });
    expect(asked).toEqual([
      {
        ...{ language: 'python', code: 'print(1)', args: ['one'], files: [{ path: 'data.txt', text: 'data' }] },
        limits: { memoryMebibytes: 64 },
      },
    ]);
  });

  it('lets no program speak to a terminal', async () => {
    expect((await run(['execute', 'main.py'], { cwd, terminal: true })).out).not.toContain('\u001b');
  });

  it.each([
    [{ reason: 'time' as const, exitCode: null }, /time was up/u],
    [{ reason: 'memory' as const, exitCode: null, truncated: true }, /more memory[^]*More was written/u],
    [{ reason: 'signal' as const, exitCode: 139 }, /signal ended it \(11\)/u],
  ])('says what ended it: %j', async (end, words) => {
    const ran = await run(['execute', 'main.py'], { cwd, host: { programs: { end } } });
    expect(ran.code).toBe(end.exitCode ?? 1);
    expect(ran.err).toMatch(words);
  });

  it('reads a program, or its input, from a pipe', async () => {
    const asked: unknown[] = [];
    const stdin = { kind: 'pipe' as const, text: 'from the pipe' };
    await run(['execute', '-', '--language', 'bash'], { cwd, stdin, host: { programs: { asked } } });
    await run(['execute', 'main.py', '--stdin', '--workspace'], { cwd, stdin, host: { programs: { asked } } });
    expect(asked).toMatchObject([
      { language: 'bash', code: 'from the pipe' },
      { language: 'python', stdin: 'from the pipe', workspace: cwd },
    ]);
  });

  it.each([
    [['execute'], 'nothing to run'],
    [['execute', 'data.txt'], 'Which language'],
    [['execute', 'main.py', '--language', 'cobol'], 'no language'],
    [['execute', '-', '--stdin', '--language', 'c'], 'does not go'],
    [['execute', 'main.py', '--seconds', '0'], '--seconds'],
  ])('refuses %j', async (args, words) => {
    const ran = await run(args, { cwd });
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain(words);
  });

  it('says which file is missing, and what each language needs', async () => {
    expect(await run(['execute', 'nope.py'], { cwd })).toMatchObject({ code: 5 });
    expect((await run(['execute', '--languages'], { cwd })).out).toBe(
      'python      python3\njava        -  Install a JDK.\n',
    );
    expect((await run(['execute', 'main.py', '--json'], { cwd })).lines()).toHaveLength(4);
  });
});

describe('mcp', () => {
  it('lists servers with their tools and approvals', async () => {
    const { out } = await run(['mcp', 'list'], { terminal: true, columns: 200 });
    for (const words of ['github  waits-for-approval', '✓ search  approved', '! create  changed', '[refused: '])
      expect(out.replaceAll(/\u001b\[\d+m/gu, '')).toContain(words);
    expect(out).not.toContain('\u001b[31m');
    expect((await run(['mcp', 'list', '--json'])).lines()).toEqual([fakeMcpServer]);
    expect((await run(['mcp', 'list'], { host: { programs: { servers: [] } } })).err).toContain('mcp.servers');
  });

  it('shows what is to be approved, and asks', async () => {
    const asked: unknown[] = [];
    const host = { programs: { asked } };
    const no = await run(['mcp', 'approve', 'github'], { host, stdin: { kind: 'terminal', text: 'n' } });
    expect(no.err).toMatch(/Creates an issue[^]*Nothing was changed/u);
    expect(no.err).not.toContain('Searches');
    expect(await run(['mcp', 'approve', 'github'], { host })).toMatchObject({ code: 4 });
    expect(asked).toEqual([]);
    await run(['mcp', 'approve', 'github'], { host, stdin: { kind: 'terminal', text: 'y' } });
    await run(['mcp', 'approve', 'github', 'hidden', '--yes'], { host });
    expect(asked).toEqual([
      { name: 'github', tools: ['create'] },
      { name: 'github', tools: ['hidden'] },
    ]);
    expect(await run(['mcp', 'approve', 'nope'], { host })).toMatchObject({ code: 5 });
  });

  it('serves until the other side hangs up, and writes nothing else to standard output', async () => {
    expect(await run(['mcp', '--cwd', cwd])).toMatchObject({ code: 0, out: '' });
    expect(await run(['mcp', '--cwd', '/nope'])).toMatchObject({ code: 5 });
  });
});
