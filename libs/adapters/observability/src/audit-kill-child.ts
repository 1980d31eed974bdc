import { createSqliteAuditLog } from './sqlite-audit-log.ts';

/** The process that a test kills: appends rows for ever, and writes their number to stdout once each is acknowledged. */
const [path = ''] = process.argv.slice(2);
const log = createSqliteAuditLog({ path, anchor: `${path}.anchor` });
for (let count = (await log.verify()).entries + 1; ; count += 1) {
  await log.append({ time: count, actor: 'local', action: 'run', detail: { line: `command ${count}` } });
  process.stdout.write(`${count}\n`);
  await new Promise((resolve) => setImmediate(resolve));
}
