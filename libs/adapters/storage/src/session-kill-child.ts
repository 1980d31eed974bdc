import { createSqliteSessionLog } from './sqlite-session-log.ts';

/**
 * The process that the kill gate ends: appends batches of 1 to 4 events to one session for ever
 * and writes the last `seq` of a batch to stdout once the batch is acknowledged.
 */
const [path = '', sessionId = ''] = process.argv.slice(2);
const log = createSqliteSessionLog({ path });
await log.create({ id: sessionId, title: 'kill gate', workspace: '/', createdAt: Date.now() });
process.stdout.write('0\n');
for (let seq = 1, size = 1; ; size = (size % 4) + 1) {
  const last = seq + size - 1;
  const events = Array.from({ length: size }, (_, at) => ({
    seq: seq + at,
    sessionId,
    turnId: 't',
    time: 0,
    type: 'text-delta' as const,
    text: `${seq + at}/${last} ${'x'.repeat(((seq + at) * 37) % 3000)}`,
  }));
  await log.append(sessionId, events);
  process.stdout.write(`${last}\n`);
  seq = last + 1;
}
