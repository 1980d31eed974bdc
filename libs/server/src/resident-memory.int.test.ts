import { describe, expect, it } from 'vitest';
import { residentMemory } from './resident-memory.ts';

describe('the memory of processes', () => {
  it('is that of this process, and none of one that does not exist', async () => {
    const found = await residentMemory([process.pid, 2 ** 30]);
    expect([...found.keys()]).toEqual([process.pid]);
    expect(found.get(process.pid)).toBeGreaterThan(10_000_000);
  });

  it('is read from what ps and tasklist print', async () => {
    const ps = await residentMemory([7, 8], { platform: 'darwin', run: async () => '    7  2048\n   8 100\n' });
    expect([...ps]).toEqual([
      [7, 2_097_152],
      [8, 102_400],
    ]);
    const run = async () => '"System","4","Services","0","144 K"\r\n"node.exe","4120","Console","1","52.340 K"\r\n';
    expect([...(await residentMemory([4120], { platform: 'win32', run }))]).toEqual([[4120, 53_596_160]]);
  });

  it('is left out where nothing can be asked', async () => {
    const run = () => Promise.reject(new Error('ENOENT'));
    expect((await residentMemory([1], { platform: 'darwin', run })).size).toBe(0);
  });
});
