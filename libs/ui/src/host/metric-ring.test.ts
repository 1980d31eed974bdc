import { expect, it } from 'vitest';
import { gaugeOf, labelValues, quantileOf, rateOf, reusedShareOf, withLook, type Look } from './metric-ring.ts';

const text = ({ read = 0, reused = 0, calls = 0, cpu = 0, memory = 0 }): string => `
# TYPE nootropic_tokens_total counter
nootropic_tokens_total{kind="read"} ${read}
nootropic_tokens_total{kind="reused"} ${reused}
# TYPE nootropic_queue_wait_seconds histogram
nootropic_queue_wait_seconds_bucket{le="1"} ${calls}
nootropic_queue_wait_seconds_bucket{le="+Inf"} ${calls}
nootropic_queue_wait_seconds_count ${calls}
# TYPE nootropic_process_cpu_seconds_total counter
nootropic_process_cpu_seconds_total ${cpu}
# TYPE nootropic_memory_total_bytes gauge
nootropic_memory_total_bytes{device="main"} ${memory}
`;
const ringOf = (...looks: Parameters<typeof text>[0][]): readonly Look[] =>
  looks.reduce<readonly Look[]>((ring, look, at) => withLook(ring, text(look), at * 2000), []);

it('tells what happened from one look to the next, and nothing of the time before the first', () => {
  const ring = ringOf(
    { read: 100, cpu: 1 },
    { read: 160, reused: 40, calls: 4, cpu: 2 },
    { read: 160, reused: 40, calls: 4, cpu: 2 },
  );
  expect(rateOf(ring, 'nootropic_tokens_total', ({ kind }) => kind === 'read')).toEqual([null, 30, 0]);
  expect(quantileOf(ring, 'nootropic_queue_wait_seconds', 0.5)).toEqual([null, 0.5, null]);
  expect(reusedShareOf(ring)).toEqual([null, 0.4, null]);
  expect(rateOf(ring, 'nootropic_unheard_total')).toEqual([null, null, null]);
});

it('shows what a gauge says, by device', () => {
  const ring = ringOf({ memory: 5 }, { memory: 7 });
  expect(gaugeOf(ring, 'nootropic_memory_total_bytes', ({ device }) => device === 'main')).toEqual([5, 7]);
  expect(labelValues(ring, 'nootropic_memory_total_bytes', 'device')).toEqual(['main']);
});

it('begins anew with a host that began anew, and forgets the oldest', () => {
  expect(ringOf({ cpu: 9 }, { cpu: 1 })).toHaveLength(1);
  expect(ringOf(...Array.from({ length: 700 }, (_, cpu) => ({ cpu })))).toHaveLength(600);
});
