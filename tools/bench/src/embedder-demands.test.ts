import { expect, it } from 'vitest';
import { readDemands } from './embedder-demands.ts';

it('reads each demand with its verdict', () => {
  const output =
    '[  3 s] seed 1\ndemand 1: met: 6 packages (5)\ndemand 2: NOT met: 1.10 x (1.12)\ndemand 8: see: a test\nend';
  expect(readDemands(output)).toEqual([
    { number: 1, met: true, text: '6 packages (5)' },
    { number: 2, met: false, text: '1.10 x (1.12)' },
    { number: 8, text: 'a test' },
  ]);
  expect(readDemands('no demand 1: met: here')).toEqual([]);
});
