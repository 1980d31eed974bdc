import { expect, it } from 'vitest';
import { cronWords } from './cron-words.ts';

it.each([
  ['* * * * *', 'every minute'],
  ['*/5 * * * *', 'every 5 minutes'],
  ['0 * * * *', 'every hour'],
  ['15 * * * *', 'every hour, 15 minutes after'],
  ['0 */6 * * *', 'every 6 hours'],
  ['0 3 * * *', 'every day at 03:00'],
  ['30 9 * * 1-5', 'Monday to Friday at 09:30'],
  ['0 9,17 * * mon,thu', 'Monday and Thursday at 09:00 and 17:00'],
  ['0 0 1 * *', 'on day 1 of the month at 00:00'],
  ['0 0 1 1,7 *', 'on day 1 of January and July at 00:00'],
  ['0 8 * dec 0', 'Sunday in December at 08:00'],
  ['*/10 * * * * *', 'every 10 seconds'],
  ['*/5 * * * 1-5', 'every 5 minutes, Monday to Friday'],
])('says %s as %s', (line, words) => expect(cronWords(line)).toBe(words));

it.each(['', '5', '1-20/3 * * * *', '0 0 L * *', '0 0 13 * 5', '0 0 * * 9-x', 'a b c d e'])(
  'leaves %s as it is written',
  (line) => expect(cronWords(line)).toBeUndefined(),
);
