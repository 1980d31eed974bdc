import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { projectFile, readProjectRules, realFolders } from './project-rules.ts';

let workspace: string;
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'nootropic-project-'));
  await mkdir(join(workspace, '.nootropic'));
});
afterEach(() => rm(workspace, { recursive: true }));
const write = (text: string) => writeFile(join(workspace, projectFile), text);

it('has no rules without a file, or without the setting', async () => {
  expect(await readProjectRules(workspace)).toMatchObject({ neverRemote: false });
  await write('{ "agents": {} } // a comment');
  expect(await readProjectRules(workspace)).toMatchObject({ neverRemote: false });
});

it('can be set to never use a model elsewhere', async () => {
  await write('{ "neverRemote": true, }');
  expect(await readProjectRules(workspace)).toMatchObject({ neverRemote: true });
});

it('lets nothing through because it is not understood', async () => {
  for (const text of ['{', '[]', '{"neverRemote": "yes"}', '']) {
    await write(text);
    await expect(readProjectRules(workspace)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  }
});

it('holds for a folder under each of its names', async () => {
  const link = join(workspace, 'link');
  await symlink(workspace, link);
  const real = await realpath(workspace);
  expect(await readProjectRules(link)).toMatchObject({ root: real });
  expect(await realFolders([link, '~/clients', '/'])).toEqual(
    expect.arrayContaining([link, real, join(homedir(), 'clients'), '/']),
  );
});
