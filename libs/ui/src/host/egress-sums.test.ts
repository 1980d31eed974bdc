import type { EgressRow } from '@nootropic/contracts';
import { expect, it } from 'vitest';
import { isQuiet, sentByDay, sumOfEgress } from './egress-sums.ts';

const row = (over: Partial<EgressRow>): EgressRow => ({
  ...{ day: '2026-11-21', host: 'huggingface.co', cause: 'model-download', program: 'host' },
  ...{ connections: 1, refused: 0, sent: 100, received: 2000 },
  ...over,
});

it('is quiet where nothing was sent, also where a try was refused', () => {
  expect(isQuiet(sumOfEgress([]))).toBe(true);
  expect(isQuiet(sumOfEgress([row({ connections: 0, refused: 3, sent: 0, received: 0 })]))).toBe(true);
  expect(isQuiet(sumOfEgress([row({})]))).toBe(false);
});

it('is not quiet where a program ran that cannot be seen', () => {
  const unseen = row({ host: '(not counted)', sent: 0, received: 0, connections: 1 });
  expect(sumOfEgress([unseen])).toMatchObject({ notCounted: true, connections: 0, hosts: 0 });
  expect(isQuiet(sumOfEgress([unseen]))).toBe(false);
});

it('adds up, and counts a host once', () => {
  const rows = [row({}), row({ day: '2026-11-20', sent: 50 }), row({ host: 'api.openai.com', cause: 'cloud-model' })];
  expect(sumOfEgress(rows)).toMatchObject({ sent: 250, received: 6000, connections: 3, hosts: 2 });
  expect(sentByDay(rows)).toEqual([
    ['2026-11-21', 200],
    ['2026-11-20', 50],
  ]);
});
