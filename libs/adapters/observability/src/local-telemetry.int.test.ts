import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeTelemetryContract } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalTelemetry } from './local-telemetry.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nootropic-log-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

const read = (name = 'nootropic.log'): Promise<string> => readFile(join(dir, 'logs', name), 'utf8');
const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

let made = 0;
describeTelemetryContract('local', async () => {
  made += 1;
  const place = join(dir, `contract-${made}`);
  return {
    telemetry: createLocalTelemetry({ dir: place }),
    logged: () => readFile(join(place, 'nootropic.log'), 'utf8'),
    counter: { name: 'nootropic_turns_total', label: 'outcome' },
    histogram: 'nootropic_turn_duration_seconds',
    gauge: 'nootropic_memory_available_bytes',
  };
});

describe('log', () => {
  it('touches no disk until the first line that is due', async () => {
    await using telemetry = createLocalTelemetry({ dir: join(dir, 'logs'), level: 'warn' });
    telemetry.log('info', 'not due');
    telemetry.count('nootropic_errors_total', 1, { code: 'USAGE' });
    await telemetry.metrics();
    expect(await readdir(dir)).toEqual([]);
    telemetry.log('warn', 'due');
    expect(await readdir(dir)).toEqual(['logs']);
  });

  it.skipIf(process.platform === 'win32')('keeps the file for the user only', async () => {
    await using telemetry = createLocalTelemetry({ dir: join(dir, 'logs') });
    telemetry.log('info', 'x');
    expect((await stat(join(dir, 'logs'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir, 'logs', 'nootropic.log'))).mode & 0o777).toBe(0o600);
  });

  it('redacts by name and by form, cuts what is long, and keeps one meaning per key', async () => {
    await using telemetry = createLocalTelemetry({ dir: join(dir, 'logs'), base: { pid: 7 }, now: () => 0 });
    const key = ['sk', 'a'.repeat(40)].join('-');
    telemetry.log('info', `called with ${key}`, {
      apiKey: 'short',
      address: 'http://me:pw@host/',
      level: 'deep',
      long: 'x'.repeat(9_000),
      tokensRead: 5,
      late: key.padStart(21_000, ' '),
    });
    const text = await read();
    const [line] = linesOf(text);
    expect(text).not.toContain('aaaaaaaa');
    expect(line).toMatchObject({
      level: 'info',
      time: '1970-01-01T00:00:00.000Z',
      message: 'called with [redacted]',
      apiKey: '[redacted]',
      address: 'http://[redacted]host/',
      level_: 'deep',
      tokensRead: 5,
      pid: 7,
    });
    expect(String(line?.['long'])).toHaveLength(2_000 + '… (9000 characters)'.length);
  });

  it('keeps every line of a program that exits at once', async () => {
    const program = `
      import { createLocalTelemetry } from ${JSON.stringify(new URL('./local-telemetry.ts', import.meta.url).href)};
      const telemetry = createLocalTelemetry({ dir: ${JSON.stringify(join(dir, 'logs'))} });
      for (let n = 0; n < 500; n += 1) telemetry.log('info', 'line', { n });
      process.exit(0);`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    expect(linesOf(await read()).map((line) => line['n'])).toEqual(Array.from({ length: 500 }, (_, n) => n));
  });

  it('rotates by size and keeps as many files as it was told', async () => {
    await using telemetry = createLocalTelemetry({ dir: join(dir, 'logs'), maxBytes: 1_000, files: 3 });
    for (let n = 0; n < 100; n += 1) telemetry.log('info', 'a line of some length', { n });
    expect((await readdir(join(dir, 'logs'))).sort()).toEqual(['nootropic.1.log', 'nootropic.2.log', 'nootropic.log']);
    const kept = linesOf((await read('nootropic.2.log')) + (await read('nootropic.1.log')) + (await read())).map(
      (line) => line['n'],
    );
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, at) => 100 - kept.length + at));
    for (const name of await readdir(join(dir, 'logs')))
      expect((await stat(join(dir, 'logs', name))).size).toBeLessThanOrEqual(1_000);
  });

  it('goes on in the file that another process rotated to', async () => {
    const options = { dir: join(dir, 'logs'), maxBytes: 1_000, files: 5 };
    await using one = createLocalTelemetry({ ...options, base: { by: 'one' } });
    await using two = createLocalTelemetry({ ...options, base: { by: 'two' } });
    for (let n = 0; n < 40; n += 1) (n % 2 === 0 ? one : two).log('info', 'a line of some length', { n });
    const names = (await readdir(join(dir, 'logs'))).sort();
    const all = (await Promise.all(names.map((name) => read(name)))).flatMap(linesOf).map((line) => Number(line['n']));
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n));
  });

  it('counts lines that cannot be written, and writes again once it can', async () => {
    await writeFile(join(dir, 'logs'), 'a file where the folder should be');
    let time = 0;
    await using telemetry = createLocalTelemetry({ dir: join(dir, 'logs'), now: () => time });
    telemetry.log('error', 'lost');
    telemetry.log('error', 'lost too');
    expect(await telemetry.metrics()).toContain('nootropic_log_lines_dropped_total 2');
    await rm(join(dir, 'logs'));
    time += 5_000;
    telemetry.log('error', 'kept');
    expect(linesOf(await read())).toMatchObject([{ message: 'kept' }]);
  });

  it.skipIf(process.platform !== 'linux')('outlives a full disk', async () => {
    // A link to /dev/full stands for a disk without room: opening works, every write fails.
    const { mkdir, symlink } = await import('node:fs/promises');
    await mkdir(join(dir, 'logs'));
    await symlink('/dev/full', join(dir, 'logs', 'nootropic.log'));
    await using telemetry = createLocalTelemetry({ dir: join(dir, 'logs') });
    expect(() => telemetry.log('error', 'no room')).not.toThrow();
    expect(await telemetry.metrics()).toContain('nootropic_log_lines_dropped_total 1');
  });
});

describe('metrics', () => {
  it('rejects what fits no metric, and says how often and why', async () => {
    await using telemetry = createLocalTelemetry({ dir });
    telemetry.count('nootropic_unheard_total');
    telemetry.time('nootropic_errors_total', 1);
    telemetry.count('nootropic_errors_total', -1, { code: 'USAGE' });
    telemetry.count('nootropic_errors_total', 1, { path: '/home/me' });
    for (let n = 0; n < 300; n += 1) telemetry.count('nootropic_errors_total', 1, { code: `c${n}` });
    const text = await telemetry.metrics();
    for (const [reason, times] of [
      ['unknown-metric', 1],
      ['wrong-type', 1],
      ['bad-value', 1],
      ['wrong-labels', 1],
      ['too-many-series', 100],
    ]) {
      expect(text).toContain(`nootropic_telemetry_rejected_total{reason="${reason}"} ${times}`);
    }
    expect(text).not.toContain('/home/me');
  });

  it('keeps thousands of measurements that nobody asks for', async () => {
    await using telemetry = createLocalTelemetry({ dir });
    for (let n = 0; n < 5_000; n += 1) telemetry.time('nootropic_search_seconds', 0.01);
    expect(await telemetry.metrics()).toContain('nootropic_search_seconds_count 5000');
  });

  it('tells the memory of the process', async () => {
    await using telemetry = createLocalTelemetry({ dir, residentBytes: () => 42 });
    expect(await telemetry.metrics()).toContain('nootropic_process_resident_bytes 42');
  });
});
