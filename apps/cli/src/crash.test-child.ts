import { start } from './start.ts';

/** The program, in which something fails that nobody catches, with words that a test gives. */
setTimeout(() => {
  throw new Error(process.env['CRASH_WORDS']);
}, 0);
await start(['logs', '--follow'], '1.2.3');
