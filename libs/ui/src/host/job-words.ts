import type { Job, JobState } from '@nootropic/contracts';
import { formatAgo, formatDuration } from '../parts/amounts.ts';
import { strings } from '../strings.ts';
import { cronWords } from './cron-words.ts';

export const jobTones = {
  waiting: 'plain',
  running: 'accent',
  done: 'good',
  dead: 'bad',
  cancelled: 'warn',
} as const satisfies Record<JobState, string>;

export function kindOf({ kind }: Pick<Job, 'kind'>): string {
  return strings.host.jobs.kinds[kind] ?? kind;
}

/** What a person calls it: its label, else what it was given, else its id. */
export function titleOf({ label, payload, id, kind }: Job): string {
  const given = ['text', 'input', 'code', 'workspace']
    .map((key) => payload[key])
    .find((value) => typeof value === 'string');
  const text = label !== '' ? label : typeof given === 'string' ? given : '';
  const line = text.trim().split('\n')[0] ?? '';
  return line === '' ? `${kindOf({ kind })} ${id.slice(0, 8)}` : line;
}

/** When it runs, or ran, and how long it took. */
export function whenOf(job: Job, now: number): string {
  const text = strings.host.jobs;
  const repeats = job.cron === undefined ? undefined : repeatsOf(job.cron);
  if (job.state === 'running') return text.started(formatAgo(job.startedAt ?? job.runAt, now));
  if (job.state === 'waiting') {
    const next = job.runAt > now ? text.runsIn(formatAgo(job.runAt, now)) : text.states.waiting;
    return repeats === undefined ? next : `${repeats}; ${next}`;
  }
  return text.ended(formatAgo(job.endedAt ?? job.createdAt, now), tookOf(job) ?? '');
}

export function tookOf({ startedAt, endedAt }: Job): string | undefined {
  return startedAt === undefined || endedAt === undefined || endedAt < startedAt
    ? undefined
    : formatDuration(endedAt - startedAt);
}

/** A cron line in words, or as it is. */
export function repeatsOf(cron: string): string {
  const words = cronWords(cron);
  return words === undefined ? strings.host.jobs.eachLine(cron) : strings.host.jobs.each(words);
}

export interface JobFilter {
  readonly state: JobState | undefined;
  readonly kind: string | undefined;
  readonly words: string;
}

/** The jobs that a person looks for: by state, by kind, by words in their title, id and error. */
export function matching(jobs: readonly Job[], { state, kind, words }: JobFilter): Job[] {
  const wanted = words.toLowerCase().split(/\s+/u).filter(Boolean);
  return jobs.filter((job) => {
    if ((state !== undefined && job.state !== state) || (kind !== undefined && job.kind !== kind)) return false;
    const text = `${titleOf(job)} ${job.id} ${job.error?.code ?? ''} ${job.error?.message ?? ''}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** What can be done with a job in this state. */
export function changesOf({ state }: Job): readonly ('cancel' | 'retry' | 'remove')[] {
  if (state === 'waiting' || state === 'running') return ['cancel'];
  return state === 'done' ? ['remove'] : ['retry', 'remove'];
}
