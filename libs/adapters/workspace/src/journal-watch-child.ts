import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { createLocalJournal } from './local-journal.ts';

/** The process that a test ends in the middle of a watch: changes one file, says so, and then waits for ever. */
const [root = '', dir = ''] = process.argv.slice(2);
const journal = await createLocalJournal({ root, dir });
await journal.watch({ sessionId: 's', turnId: 't', label: 'never ends' }, () => {
  writeFileSync(join(root, 'a'), 'two\n');
  process.stdout.write('changed\n');
  return new Promise(() => setInterval(() => undefined, 1000));
});
