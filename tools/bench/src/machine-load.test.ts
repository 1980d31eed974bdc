import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import {
  cpuPressure,
  isDisturbed,
  pressureIn,
  processTime,
  processorTimes,
  readLoad,
  reasonsToWait,
  sharesBetween,
  timeBelow,
} from './machine-load.ts';

it('reads the ten second average of the pressure file', () => {
  expect(
    pressureIn('some avg10=12.34 avg60=1.00 avg300=0.10 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n'),
  ).toBe(12.34);
  expect(pressureIn('')).toBeUndefined();
});

it('gives a number on this machine', () => {
  expect(cpuPressure()).toBeGreaterThanOrEqual(0);
});

it('reads the times of the processors, in milliseconds', () => {
  const text = 'cpu  100 20 30 4000 5 6 7 8 9 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n';
  expect(processorTimes(text)).toEqual({ all: 41_760, stolen: 80, computed: 1_630 });
  expect(processorTimes('')).toBeUndefined();
});

it('reads the time of a process whose name holds brackets and spaces', () => {
  const fields = ['S', '41', ...Array.from({ length: 9 }, () => '0'), '5', '6', '7', '8', '20', '0'];
  expect(processTime(`42 (a ) b) ${fields.join(' ')}`)).toEqual({ pid: 42, parent: 41, time: 260 });
  expect(processTime('')).toBeUndefined();
});

it('adds up what lies below a process, and nothing beside it', () => {
  const processes = [
    { pid: 1, parent: 0, time: 1000 },
    { pid: 10, parent: 1, time: 1 },
    { pid: 11, parent: 10, time: 2 },
    { pid: 12, parent: 11, time: 4 },
    { pid: 20, parent: 1, time: 500 },
  ];
  expect(timeBelow(10, processes)).toBe(7);
  expect(timeBelow(99, processes)).toBe(0);
});

it('tells its own computing from that of others', () => {
  const before = { at: 0, waited: 0, all: 0, stolen: 0, computed: 0, own: 0 };
  const busy = { at: 1_000, waited: 900, all: 2_000, stolen: 0, computed: 1_950, own: 1_930 };
  expect(sharesBetween(before, busy)).toEqual({ waited: 90, stolen: 0, foreign: 2 });
  expect(isDisturbed(sharesBetween(before, busy))).toBe(false);
  expect(isDisturbed(sharesBetween(before, { ...busy, own: 1_700 }))).toBe(true);
  expect(isDisturbed(sharesBetween(before, { ...busy, stolen: 40 }))).toBe(true);
  expect(sharesBetween({ at: 0 }, { at: 1_000 })).toEqual({});
  expect(isDisturbed({})).toBe(false);
});

it('says in words what speaks against measuring', () => {
  expect(reasonsToWait({ waited: 4, stolen: 0.5, foreign: 3 })).toEqual([]);
  expect(reasonsToWait({ waited: 12, stolen: 1.5, foreign: 40 })).toEqual([
    'work waited for a core 12 % of the time',
    'the host took 1.5 % of the time',
    'other programs used 40 % of a core',
  ]);
});

it.skipIf(readLoad().own === undefined)('counts a child that ended as its own', () => {
  const before = readLoad();
  spawnSync(process.execPath, ['-e', 'const end = Date.now() + 300; while (Date.now() < end);']);
  expect((readLoad().own ?? 0) - (before.own ?? 0)).toBeGreaterThan(50);
});
