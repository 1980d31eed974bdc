import { createSqliteEgressLedger } from './sqlite-egress-ledger.ts';

/** The process that a test kills: records entries for ever, and writes their number to stdout once each is recorded. */
const [path = ''] = process.argv.slice(2);
const ledger = createSqliteEgressLedger({ path });
const entry = { host: 'h', cause: 'command', program: 'command', sent: 1, received: 1, refused: false } as const;
for (let count = 1; ; count += 1) {
  ledger.record({ ...entry, time: count });
  process.stdout.write(`${count}\n`);
  await new Promise((resolve) => setImmediate(resolve));
}
