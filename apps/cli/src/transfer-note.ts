import { formatDuration } from './durations.ts';
import { formatBytes } from './sizes.ts';

/** How far back the speed looks, in milliseconds: long enough to be steady, short enough to follow a network that changes. */
const windowMs = 10_000;
/** A speed from less than this says nothing. */
const leastMs = 500;

/**
 * What a bar says beside a transfer: `1.2 GB of 4.7 GB, 35 MB/s, 1 min 40 s left`. The speed is that of the last ten seconds, so that what
 * an earlier try left on the disk does not count as fast.
 */
export function createTransferNote(now: () => number): (done: number, total: number) => string {
  const samples: { time: number; done: number }[] = [];
  return (done, total) => {
    const time = now();
    samples.push({ time, done });
    while (samples.length > 2 && time - (samples[0]?.time ?? time) > windowMs) samples.shift();
    const first = samples[0] ?? { time, done };
    const amount = total > 0 ? `${formatBytes(done)} of ${formatBytes(total)}` : formatBytes(done);
    const took = time - first.time;
    if (took < leastMs || done <= first.done) return amount;
    const speed = (done - first.done) / (took / 1000);
    const left = total > done ? `, ${formatDuration(((total - done) / speed) * 1000)} left` : '';
    return `${amount}, ${formatBytes(speed)}/s${left}`;
  };
}
