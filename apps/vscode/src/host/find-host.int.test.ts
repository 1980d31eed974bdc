import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findHost } from './find-host.ts';

const token = 'a'.repeat(43);

describe('findHost', () => {
  let folder = '';
  let tokenFile = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'find-host-'));
    tokenFile = join(folder, 'token');
    await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  /** A program that prints this, whatever it is asked, and ends with this. */
  async function program(printed: string, code = 0): Promise<readonly [string, ...string[]]> {
    const file = join(folder, 'program.mjs');
    const text = `process.stdout.write(${JSON.stringify(printed)}); process.stderr.write('talk'); process.exitCode = ${code};`;
    await writeFile(file, text);
    return [process.execPath, file];
  }
  const answer = (more: object = {}) =>
    `noise\n${JSON.stringify({ url: 'http://127.0.0.1:4650', version: '0.1.0', tokenFile, ...more })}\n`;
  const find = async (printed: string, code?: number) =>
    findHost({ command: await program(printed, code), version: '0.1.3' });

  it('takes address and version from the program, and the token from its file', async () => {
    expect(await find(answer())).toMatchObject({
      ...{ url: 'http://127.0.0.1:4650', token, version: '0.1.0' },
      program: [process.execPath, join(folder, 'program.mjs')],
    });
  });

  it('says how to install what is not there', async () => {
    const finding = findHost({ command: ['nootropic'], version: '0.1.0', find: async () => undefined });
    await expect(finding).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('npm install --global nootropic') as string,
    });
  });

  it('says what to do where the versions do not match', async () => {
    await expect(find(answer({ version: '0.2.0' }))).rejects.toMatchObject({
      code: 'HOST_RUNNING',
      hint: expect.stringContaining('this extension up to date') as string,
    });
    await expect(find(answer({ version: '0.0.9' }))).rejects.toMatchObject({
      hint: expect.stringContaining('nootropic stop') as string,
    });
    await expect(find(answer({ tokenFile: undefined }))).rejects.toMatchObject({ code: 'HOST_RUNNING' });
  });

  it('passes on what the program says itself', async () => {
    const error = { code: 'CONFIG_INVALID', message: 'models.chat is 3.', hint: 'Set it.' };
    await expect(find(`${JSON.stringify({ error })}\n`, 2)).rejects.toMatchObject(error);
  });

  it.each([
    'http://127.0.0.1.evil.example',
    'http://evil.example:4650',
    'https://127.0.0.1:4650',
    'file:///etc/passwd',
    'http://localhost:4650',
  ])('sends the token to no address such as %s', async (url) => {
    await expect(find(answer({ url }))).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
  });

  it('does not take another program for it', async () => {
    for (const printed of ['', 'hello\n', '{"a":1}\n', '{broken\n', '[1]\n'])
      await expect(find(printed, 1)).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
  });

  it('ends a program that does not answer', async () => {
    const file = join(folder, 'hangs.mjs');
    await writeFile(file, 'setInterval(() => undefined, 1000);');
    const finding = findHost({ command: [process.execPath, file], version: '0.1.0', limitMs: 300 });
    await expect(finding).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
  });

  it.skipIf(process.platform === 'win32')('trusts no token that others can read or that is a link', async () => {
    await chmod(tokenFile, 0o644);
    await expect(find(answer())).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    await chmod(tokenFile, 0o600);
    const link = join(folder, 'link');
    await symlink(tokenFile, link);
    await expect(find(answer({ tokenFile: link }))).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    await writeFile(tokenFile, 'short');
    await expect(find(answer())).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });
});
