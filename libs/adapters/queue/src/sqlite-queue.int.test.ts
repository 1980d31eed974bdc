import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newJobSchema } from '@nootropic/contracts';
import { describeQueueContract } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runQueueKillGate } from './queue-kill-gate.ts';
import { createSqliteQueue } from './sqlite-queue.ts';

describeQueueContract('createSqliteQueue', ({ random }) => {
  const dir = mkdtempSync(join(tmpdir(), 'nootropic-queue-'));
  let time = Date.UTC(2026, 0, 1);
  const now = (): number => time;
  return {
    open: async () => createSqliteQueue({ path: join(dir, 'jobs.db'), now, random }),
    now,
    advance: async (ms) => {
      time += ms;
    },
    [Symbol.asyncDispose]: async () => rmSync(dir, { recursive: true, force: true }),
  };
});

describe('createSqliteQueue', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'nootropic-queue-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('has the jobs of the process before it', async () => {
    const path = join(dir, 'jobs.db');
    const first = createSqliteQueue({ path });
    const { job } = await first.add(newJobSchema.parse({ kind: 'index', payload: { workspace: '/w' } }));
    await first[Symbol.asyncDispose]();
    const second = createSqliteQueue({ path });
    expect(await second.list()).toEqual([job]);
    await second[Symbol.asyncDispose]();
  });

  it('makes no file before it is used', async () => {
    const path = join(dir, 'deep', 'jobs.db');
    await createSqliteQueue({ path })[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
    const queue = createSqliteQueue({ path });
    expect(await queue.list()).toEqual([]);
    await queue[Symbol.asyncDispose]();
  });
});

describe('runQueueKillGate', () => {
  it('loses no job to a kill, leaves none behind and gives none to two', async () => {
    const { asked, run, failed, jobs, faults } = await runQueueKillGate(8, 11);
    expect({ run, failed, faults }).toEqual({ run: asked, failed: 0, faults: [] });
    expect(jobs).toBeGreaterThan(0);
  });
});
