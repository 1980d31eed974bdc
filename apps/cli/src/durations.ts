/** Milliseconds for a person, in at most two units: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `4 days`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return joined([Math.floor(whole / 60), 'min'], [whole % 60, 's']);
  const minutes = Math.round(whole / 60);
  if (minutes < 48 * 60) return joined([Math.floor(minutes / 60), 'h'], [minutes % 60, 'min']);
  return `${Math.round(minutes / 1440)} days`;
}

/** Milliseconds in one unit, for a narrow column: `now`, `12 s`, `3 min`, `2 h`, `4 d`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 1) return 'now';
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

type Part = readonly [amount: number, unit: string];

function joined(large: Part, small: Part): string {
  return small[0] === 0 ? large.join(' ') : `${large.join(' ')} ${small.join(' ')}`;
}
