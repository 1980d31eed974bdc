import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPinnedNode } from './pinned-node.ts';

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-pinned-')));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the pinned Node', () => {
  it('is found in the node_modules of a folder above', async () => {
    await mkdir(join(folder, 'node_modules/node/bin'), { recursive: true });
    await mkdir(join(folder, 'apps/cli/dist'), { recursive: true });
    const node = join(folder, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
    await symlink(process.execPath, node);
    expect(findPinnedNode(join(folder, 'apps/cli/dist'))).toBe(node);
  });

  it('is not there where no package holds it', () => {
    expect(findPinnedNode(folder)).toBeUndefined();
  });
});
