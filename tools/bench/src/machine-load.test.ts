import { expect, it } from 'vitest';
import { cpuPressure, pressureIn } from './machine-load.ts';

it('reads the ten second average of the pressure file', () => {
  expect(
    pressureIn('some avg10=12.34 avg60=1.00 avg300=0.10 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n'),
  ).toBe(12.34);
  expect(pressureIn('')).toBeUndefined();
});

it('gives a number on this machine', () => {
  expect(cpuPressure()).toBeGreaterThanOrEqual(0);
});
