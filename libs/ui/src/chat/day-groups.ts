import { strings } from '../strings.ts';

/** Things by the day of their time, in the order in which they come; days in words where those are shorter. `now` and times in milliseconds since 1970. */
export function groupByDay<T>(
  items: readonly T[],
  timeOf: (item: T) => number,
  now: number,
): readonly { readonly day: string; readonly items: readonly T[] }[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const day = dayName(timeOf(item), now);
    const group = groups.get(day);
    if (group) group.push(item);
    else groups.set(day, [item]);
  }
  return [...groups].map(([day, each]) => ({ day, items: each }));
}

function dayName(time: number, now: number): string {
  const date = new Date(time);
  const today = new Date(now);
  const days = Math.round((startOf(today) - startOf(date)) / 86_400_000);
  if (days <= 0) return strings.chat.sessions.today;
  if (days === 1) return strings.chat.sessions.yesterday;
  const sameYear = date.getFullYear() === today.getFullYear();
  return date.toLocaleDateString('en', { day: 'numeric', month: 'long', ...(!sameYear && { year: 'numeric' }) });
}

function startOf(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
