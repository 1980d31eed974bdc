/** Bytes for a person: `312 B`, `1.4 MB`. Decimal units, as disks and file managers count. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? 'B'}`;
}

/** A whole number with separators, `12,345`. */
export function formatNumber(amount: number): string {
  return Math.round(amount).toLocaleString('en');
}

/** A number in at most five characters, for a narrow place: `0.02`, `812`, `8.2k`, `131k`, `1.0M`. */
export function shortNumber(amount: number): string {
  if (amount !== 0 && Math.abs(amount) < 10) return String(Number(amount.toPrecision(2)));
  if (amount < 999.5) return String(Math.round(amount));
  const [value, unit] = amount < 999_500 ? [amount / 1000, 'k'] : [amount / 1e6, 'M'];
  return `${value >= 99.5 ? Math.round(value) : value.toFixed(1)}${unit}`;
}

/** Tokens per second, or anything else of which one digit is enough below ten: `4.2`, `38`. */
export function formatSpeed(perSecond: number): string {
  return perSecond < 9.95 ? perSecond.toFixed(1) : formatNumber(perSecond);
}

/** US dollars: cents where they are enough, more digits for less than a cent, so that something never reads as nothing. */
export function formatCost(dollars: number): string {
  if (dollars === 0) return '$0';
  if (dollars < 0.0001) return '<$0.0001';
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return `$${dollars < 1 ? dollars.toFixed(4) : dollars.toLocaleString('en', digits)}`;
}

/** A share from 0 to 1 as `92%`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** Milliseconds for a person, in at most two units: `4 ms`, `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `4 days`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds > 0 && seconds < 0.095) return `${Number((seconds * 1000).toPrecision(2))} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return joined([Math.floor(whole / 60), 'min'], [whole % 60, 's']);
  const minutes = Math.round(whole / 60);
  if (minutes < 48 * 60) return joined([Math.floor(minutes / 60), 'h'], [minutes % 60, 'min']);
  return `${Math.round(minutes / 1440)} days`;
}

type Part = readonly [amount: number, unit: string];

function joined(large: Part, small: Part): string {
  return small[0] === 0 ? large.join(' ') : `${large.join(' ')} ${small.join(' ')}`;
}

const steps = [
  ['second', 1000, 45_000],
  ['minute', 60_000, 45 * 60_000],
  ['hour', 3_600_000, 22 * 3_600_000],
  ['day', 86_400_000, 25 * 86_400_000],
  ['month', 30 * 86_400_000, 320 * 86_400_000],
  ['year', 365 * 86_400_000, Infinity],
] as const;

/** How far a moment is from now, in words: `now`, `3 minutes ago`, `in 2 hours`, `yesterday`. */
export function formatAgo(at: number, now: number): string {
  const away = at - now;
  const size = Math.abs(away);
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  if (size < 2000) return words.format(0, 'second');
  const [unit, length] = steps.find(([, , most]) => size < most) ?? steps[0];
  return words.format(Math.round(away / length), unit);
}

/** A moment with its date, in the time zone of the reader: `21 Nov 2026, 17:36:02`. */
export function formatMoment(at: number): string {
  return new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}
