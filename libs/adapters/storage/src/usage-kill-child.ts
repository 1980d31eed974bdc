import { createSqliteUsageLog } from './sqlite-usage-log.ts';

/** The process that a test kills: adds records for ever, and writes their number to stdout once each is acknowledged. */
const [path = ''] = process.argv.slice(2);
const log = createSqliteUsageLog({ path });
for (let count = 1; ; count += 1) {
  await log.add({
    time: count,
    model: 'm',
    client: 'c',
    tokensRead: 1,
    tokensReused: 0,
    tokensWritten: 0,
    cost: 0,
    local: true,
  });
  process.stdout.write(`${count}\n`);
}
