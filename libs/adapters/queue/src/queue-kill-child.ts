import { newJobSchema } from '@nootropic/contracts';
import { createSqliteQueue } from './sqlite-queue.ts';

/**
 * Adds jobs, or works on them, until it is killed, and prints each step once it is done: `+ID` added, `!ID RUN` the work of a run, and once it was
 * written down `=ID RUN` its end or `~ID RUN` its failure; `-ID RUN` says that it was taken away before its lease was over.
 */
const [, , role, path = ''] = process.argv;
const queue = createSqliteQueue({ path });
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

if (role === 'adder') {
  for (;;) {
    const retry = { attempts: 50, delayMs: 0, jitter: 0 };
    const { job } = await queue.add(newJobSchema.parse({ kind: 'turn', payload: { text: 'work' }, retry }));
    say(`+${job.id}`);
    await pause(Math.random() * 8);
  }
}
const leaseMs = 400;
for (;;) {
  const since = Date.now();
  const claimed = await queue.claim({ leaseMs });
  if (!claimed) {
    await pause(5);
    continue;
  }
  await pause(Math.random() * 4);
  // Whoever lost the job meanwhile must not do its work as well.
  if ((await queue.report(claimed, { done: 1, total: 2, note: '' })).cancelled) {
    if (Date.now() - since < leaseMs) say(`-${claimed.job.id} ${String(claimed.job.attempts)}`);
    continue;
  }
  say(`!${claimed.job.id} ${String(claimed.job.attempts)}`);
  await pause(Math.random() * 4);
  const failed = { ok: false as const, error: { code: 'MODEL_CRASHED', message: '', hint: '' }, retry: true };
  const settled = await queue.settle(
    claimed,
    Math.random() < 0.1 ? failed : { ok: true, result: claimed.job.attempts },
  );
  if (settled) say(`${settled.state === 'done' ? '=' : '~'}${claimed.job.id} ${String(claimed.job.attempts)}`);
}
