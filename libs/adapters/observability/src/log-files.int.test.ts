import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalTelemetry } from './local-telemetry.ts';
import { followLogLines, readLogLines, type LogLine } from './log-files.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nootropic-logs-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

const numbers = (lines: readonly LogLine[]): unknown[] => lines.map((line) => line['n']);

describe('readLogLines', () => {
  it('gives the lines of all files, oldest first', async () => {
    await using telemetry = createLocalTelemetry({ dir, maxBytes: 1_000, files: 4 });
    for (let n = 0; n < 25; n += 1) telemetry.log('info', 'a line of some length', { n });
    const all = numbers(await readLogLines(dir));
    expect(all.at(-1)).toBe(24);
    expect(all.length).toBeGreaterThan(10);
    expect(all).toEqual(Array.from(all, (_, at) => 25 - all.length + at));
    expect(numbers(await readLogLines(dir, { lines: 3 }))).toEqual([22, 23, 24]);
    expect(await readLogLines(dir, { lines: 0 })).toEqual([]);
  });

  it('leaves out what is lighter or older than asked for, and what is no line', async () => {
    let time = 1_000;
    await using telemetry = createLocalTelemetry({ dir, level: 'debug', now: () => time });
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      telemetry.log(level, level);
      time += 1_000;
    }
    await writeFile(join(dir, 'nootropic.1.log'), 'no json\n{"time":1}\n\n');
    expect((await readLogLines(dir, { level: 'warn' })).map(({ message }) => message)).toEqual(['warn', 'error']);
    expect((await readLogLines(dir, { since: 3_000 })).map(({ message }) => message)).toEqual(['warn', 'error']);
  });

  it('holds nothing where nothing was written', async () => {
    expect(await readLogLines(join(dir, 'nowhere'))).toEqual([]);
  });
});

describe('followLogLines', () => {
  it('gives every line that is written, over rotations, and none that was there before', async () => {
    await using telemetry = createLocalTelemetry({ dir, maxBytes: 2_000, files: 4 });
    telemetry.log('info', 'before', { n: -1 });
    const stop = new AbortController();
    const seen: unknown[] = [];
    const following = (async () => {
      for await (const { n } of followLogLines(dir, { signal: stop.signal, pollMs: 2 })) {
        seen.push(n);
        if (n === 199) stop.abort();
        // A reader that is held up: two files are begun meanwhile.
        if (n === 60) await new Promise((resolve) => setTimeout(resolve, 60));
      }
    })();
    // It looks where the file ends before it first waits.
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (let n = 0; n < 200; n += 1) {
      telemetry.log('info', 'a line of some length', { n });
      if (n % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await following;
    expect(seen).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  it('begins with the first line of a file that was not there yet', async () => {
    const place = join(dir, 'later');
    const stop = new AbortController();
    const first = followLogLines(place, { signal: stop.signal, pollMs: 2, level: 'warn' }).next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await using telemetry = createLocalTelemetry({ dir: place });
    telemetry.log('info', 'light');
    telemetry.log('warn', 'heavy');
    expect((await first).value).toMatchObject({ message: 'heavy' });
    stop.abort();
  });
});
