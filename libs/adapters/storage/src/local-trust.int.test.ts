import { mkdir, mkdtemp, readFile, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeTrustContract } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { createLocalTrust } from './local-trust.ts';

async function place() {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-trust-')));
  const folders = {
    repository: join(base, 'a'),
    inside: join(base, 'a/src'),
    nested: join(base, 'a/vendor/b'),
    elsewhere: join(base, 'c'),
  };
  for (const folder of [
    join(folders.repository, '.git'),
    folders.inside,
    join(folders.nested, '.git'),
    folders.elsewhere,
  ])
    await mkdir(folder, { recursive: true });
  const file = join(base, 'state/trust.json');
  return {
    ...{ base, folders, file, trust: createLocalTrust({ file }) },
    [Symbol.asyncDispose]: async () => rm(base, { recursive: true, force: true }),
  };
}

describeTrustContract('createLocalTrust', place);

describe('createLocalTrust', () => {
  const none = { trusted: false, unattended: false };
  const yes = { trusted: true, unattended: false };

  it('keeps it in a file that only its user reads', async () => {
    await using at = await place();
    await at.trust.set(at.folders.repository, { trusted: true });
    expect((await stat(at.file)).mode & 0o777).toBe(0o600);
    expect(await createLocalTrust({ file: at.file }).state(at.folders.inside)).toEqual(yes);
  });

  it('lends nothing to another folder that takes the place of a trusted one', async () => {
    await using at = await place();
    await at.trust.set(at.folders.elsewhere, { trusted: true });
    await rename(at.folders.elsewhere, `${at.folders.elsewhere}-old`);
    await mkdir(at.folders.elsewhere);
    expect(await at.trust.state(at.folders.elsewhere)).toEqual(none);
  });

  it('knows a folder by its real path, whatever link leads to it', async () => {
    await using at = await place();
    await at.trust.set(at.folders.repository, { trusted: true });
    const link = join(at.folders.elsewhere, 'link');
    await symlink(at.folders.repository, link);
    expect(await at.trust.state(link)).toEqual(yes);
    const out = join(at.folders.repository, 'out');
    await symlink(at.folders.elsewhere, out);
    expect(await at.trust.state(out)).toEqual(none);
  });

  it('lends nothing to a worktree that says it belongs to a trusted repository', async () => {
    await using at = await place();
    await at.trust.set(at.folders.repository, { trusted: true, unattended: true });
    await writeFile(join(at.folders.elsewhere, '.git'), `gitdir: ${at.folders.repository}/.git\n`);
    expect(await at.trust.state(at.folders.elsewhere)).toEqual(none);
    // Below the trusted one a link in place of `.git` makes another repository as well.
    const forged = join(at.folders.repository, 'forged');
    await mkdir(forged);
    await symlink('nowhere', join(forged, '.git'));
    expect(await at.trust.state(forged)).toEqual(none);
  });

  it('keeps every one of many changes that are made at once', async () => {
    await using at = await place();
    const folders = Array.from({ length: 20 }, (_, index) => join(at.base, `many-${index}`));
    for (const folder of folders) await mkdir(folder);
    await Promise.all(folders.map(async (folder) => at.trust.set(folder, { trusted: true })));
    expect((await at.trust.list()).map(({ root }) => root)).toEqual(folders);
  });

  it('refuses a file that it did not write, and what is no folder', async () => {
    await using at = await place();
    await at.trust.set(at.folders.repository, { trusted: true });
    await expect(at.trust.state(join(at.base, 'absent'))).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await expect(at.trust.state(at.file)).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    const written = await readFile(at.file, 'utf8');
    for (const broken of [
      '',
      '{',
      '[]',
      written.replace('"version": 1', '"version": 2'),
      written.replace('true', '1'),
    ]) {
      await writeFile(at.file, broken);
      await expect(at.trust.state(at.folders.repository)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    }
  });
});
