const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const months = [
  ...(['January', 'February', 'March', 'April', 'May', 'June'] as const),
  ...(['July', 'August', 'September', 'October', 'November', 'December'] as const),
];

/** What this way of reading a cron line has words for; a fuller line stays as it is written. */
interface Fields {
  readonly second: string;
  readonly minute: string;
  readonly hour: string;
  readonly day: string;
  readonly month: string;
  readonly weekday: string;
}

/**
 * A cron line in words, for the lines that people write: `every 5 minutes`, `every day at 03:00`, `Monday to Friday at 09:30`,
 * `on day 1 of the month at 00:00`. `undefined` for what cannot be said so shortly.
 */
export function cronWords(line: string): string | undefined {
  const parts = line.trim().split(/\s+/u);
  if (parts.length !== 5 && parts.length !== 6) return undefined;
  const [second = '0', minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] =
    parts.length === 6 ? parts : ['0', ...parts];
  const fields: Fields = { second, minute, hour, day, month, weekday };
  const date = dateWords(fields);
  const time = timeWords(fields);
  if (date === undefined || time === undefined) return undefined;
  if (time.startsWith('every')) return date === 'every day' ? time : `${time}, ${date}`;
  return `${date} ${time}`;
}

function timeWords({ second, minute, hour }: Fields): string | undefined {
  if (second !== '0') {
    if (minute !== '*' || hour !== '*') return undefined;
    return second === '*' ? 'every second' : everyOf(second, 'second');
  }
  if (hour === '*') {
    if (minute === '*') return 'every minute';
    return /^\d+$/u.test(minute) ? hourly(Number(minute)) : everyOf(minute, 'minute');
  }
  const hours = /^\*\/\d+$/u.test(hour) && /^\d+$/u.test(minute) ? everyOf(hour, 'hour') : undefined;
  if (hours !== undefined) return Number(minute) === 0 ? hours : `${hours}, ${minute} minutes after`;
  if (!/^\d+(?:,\d+)*$/u.test(hour) || !/^\d+$/u.test(minute)) return undefined;
  const clock = (at: string): string => `${at.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  return `at ${joined(hour.split(',').map(clock))}`;
}

function hourly(minute: number): string {
  return minute === 0 ? 'every hour' : `every hour, ${minute} minutes after`;
}

function dateWords({ day, month, weekday }: Fields): string | undefined {
  const inMonth = month === '*' ? '' : namesOf(month, (at) => months[at - 1]);
  if (inMonth === undefined) return undefined;
  if (day === '*' && weekday === '*') return inMonth === '' ? 'every day' : `every day in ${inMonth}`;
  if (day === '*') {
    const on = namesOf(weekday, (at) => days[at % 7]);
    return on === undefined ? undefined : `${on}${inMonth === '' ? '' : ` in ${inMonth}`}`;
  }
  if (weekday !== '*' || !/^\d+(?:,\d+)*$/u.test(day)) return undefined;
  return `on day ${joined(day.split(','))} of ${inMonth === '' ? 'the month' : inMonth}`;
}

function everyOf(field: string, unit: string): string | undefined {
  const [, step] = /^\*\/(\d+)$/u.exec(field) ?? [];
  if (step === undefined) return undefined;
  return Number(step) === 1 ? `every ${unit}` : `every ${step} ${unit}s`;
}

/** `1-5` and `1,3` by their names. */
function namesOf(field: string, name: (at: number) => string | undefined): string | undefined {
  const shorts = [...days, ...months].map((word) => word.slice(0, 3).toLowerCase());
  const place = (word: string): number => {
    const at = shorts.indexOf(word.toLowerCase());
    return at < 0 ? Number(word) : at < days.length ? at : at - days.length + 1;
  };
  const named = field.split(',').map((part) => {
    const [from = '', to, ...rest] = part.split('-');
    const ends = [from, ...(to === undefined ? [] : [to])].map((word) => name(place(word)));
    return rest.length > 0 || ends.includes(undefined) ? undefined : ends.join(' to ');
  });
  return named.includes(undefined) ? undefined : joined(named as string[]);
}

function joined(words: readonly string[]): string {
  return new Intl.ListFormat('en').format(words);
}
