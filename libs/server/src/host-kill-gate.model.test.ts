import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyGguf } from '@nootropic/testing';
import { expect, it } from 'vitest';
import { runHostKillGate } from './host-kill-gate.ts';

it('ends each stream in good order and serves the next request when a child of the host is killed', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'nootropic-host-kill-model-'));
  try {
    const model = await tinyGguf({ fs: { mkdir, readFile, writeFile, rename, rm }, dir });
    const { asked, run, kills, errors, faults } = await runHostKillGate(4, 11, { model });
    expect({ run, faults }).toEqual({ run: asked, faults: [] });
    expect(kills.completion + kills.turn).toBeGreaterThan(0);
    expect(kills.index + kills.search).toBeGreaterThan(0);
    expect(errors).toBeGreaterThan(0);
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}, 180_000);
