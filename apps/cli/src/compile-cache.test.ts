import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { resolvePaths } from '@nootropic/server';
import { describe, expect, it } from 'vitest';
import { cacheFolder } from './compile-cache.ts';

describe('the cache folder', () => {
  it('is the one that the server knows of, so that `uninstall` finds it', () => {
    const here = { env: process.env, platform: process.platform, home: homedir() };
    expect(cacheFolder(here)).toBe(dirname(resolvePaths(process.env).compiled));
    const env = { NOOTROPIC_HOME: '/somewhere' };
    expect(cacheFolder({ ...here, env })).toBe(dirname(resolvePaths(env).compiled));
  });

  it('follows the rules of each system', () => {
    expect(cacheFolder({ env: {}, platform: 'linux', home: '/h' })).toBe('/h/.cache/nootropic');
    expect(cacheFolder({ env: { XDG_CACHE_HOME: '/x' }, platform: 'linux', home: '/h' })).toBe('/x/nootropic');
    expect(cacheFolder({ env: {}, platform: 'darwin', home: '/h' })).toBe('/h/Library/Caches/nootropic');
  });
});
