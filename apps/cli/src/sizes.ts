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

/** `1 file`, `2 files`. */
export function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en')} ${noun}${amount === 1 ? '' : 's'}`;
}

/** A whole number with separators, `12,345`. */
export function formatNumber(amount: number): string {
  return Math.round(amount).toLocaleString('en');
}

/** A number in at most five characters, for a narrow column: `812`, `8.2k`, `131k`, `1.0M`. */
export function shortNumber(amount: number): string {
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
  return `$${dollars < 1 ? dollars.toFixed(4) : dollars.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** A share from 0 to 1 as `92%`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)}%`;
}
