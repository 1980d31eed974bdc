const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a span as a person writes it: `90` or `90s`, `10m`, `2h`, `1d`, `1h 30m`. `undefined` where it is none. */
export function spanOf(text: string): number | undefined {
  const words = text.trim().toLowerCase();
  if (!/^(?:\d+(?:\.\d+)?\s*[smhd]?\s*)+$/u.test(words)) return undefined;
  let sum = 0;
  for (const [, amount = '', unit = ''] of words.matchAll(/(\d+(?:\.\d+)?)\s*([smhd]?)/gu))
    sum += Number(amount) * units[(unit || 's') as keyof typeof units];
  return Math.round(sum);
}

/** Milliseconds as they are written into a field: `10m`, `90s`, `1.5s`. */
export function spanText(milliseconds: number): string {
  for (const unit of ['d', 'h', 'm'] as const)
    if (milliseconds > 0 && milliseconds % units[unit] === 0) return `${milliseconds / units[unit]}${unit}`;
  return `${milliseconds / 1000}s`;
}
