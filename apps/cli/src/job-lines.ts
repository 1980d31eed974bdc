import type { Job } from '@nootropic/contracts';
import type { Cli } from './cli.ts';
import { formatDuration } from './durations.ts';

/** Characters of an id that are shown: any unique start of one is understood. */
const shortId = 8;

export function shortJobId({ id }: Pick<Job, 'id'>): string {
  return id.slice(0, shortId);
}

/** What is to be known of a job beside its state, in a few words. */
export function jobNote({ state, progress, error, cron, webhook }: Job): string {
  const parts: string[] = [];
  if (state === 'running' && progress) parts.push(progressText(progress));
  else if (error) parts.push(`${error.code}: ${error.message}`);
  if (cron !== undefined) parts.push(`each \`${cron}\``);
  if (webhook?.state === 'failed') parts.push(`webhook: ${webhook.note}`);
  return parts.join('; ');
}

export function progressText({ done, total, note }: NonNullable<Job['progress']>): string {
  const counted = total > 0 ? `${String(done)} of ${String(total)}` : done > 0 ? String(done) : '';
  return [counted, note].filter((text) => text !== '').join(' ');
}

/** A job as lines for a person; its result last. */
export function jobFacts(cli: Cli, job: Job): string {
  const time = (at: number): string => new Date(at).toISOString().replace('T', ' ').slice(0, 19);
  const { webhook, error } = job;
  const facts: (readonly [name: string, value: string | undefined])[] = [
    ['Job', job.id],
    ['Kind', job.kind],
    ['Label', cli.cell(job.label)],
    ['State', job.state],
    ['Priority', job.priority === 0 ? '' : String(job.priority)],
    [
      'Runs',
      `${String(job.attempts)}${job.cron === undefined ? ` of ${String(job.retry.attempts)}` : `, each \`${job.cron}\``}`,
    ],
    ['Added', time(job.createdAt)],
    ['Runs at', job.state === 'waiting' ? time(job.runAt) : undefined],
    [
      'Took',
      job.startedAt !== undefined && job.endedAt !== undefined && job.endedAt >= job.startedAt
        ? formatDuration(job.endedAt - job.startedAt)
        : undefined,
    ],
    ['Progress', job.state === 'running' && job.progress ? cli.cell(progressText(job.progress)) : undefined],
    [
      'Webhook',
      webhook && cli.cell(`${webhook.url} ${webhook.state}${webhook.note === '' ? '' : ` (${webhook.note})`}`),
    ],
    ['Error', error && cli.cell(`${error.code}: ${error.message} ${error.hint}`)],
  ];
  const lines = facts.flatMap(([name, value]) => (value ? [`${cli.style.dim(name.padEnd(10))}${value}\n`] : []));
  return `${lines.join('')}${job.result === undefined ? '' : `\n${resultText(cli, job.result)}`}`;
}

/** The result: as text where it is one, else as JSON. */
export function resultText(cli: Cli, result: unknown): string {
  const text =
    typeof result === 'object' && result !== null && 'text' in result && typeof result.text === 'string'
      ? result.text
      : JSON.stringify(result, null, 2);
  return `${cli.clean(text).trimEnd()}\n`;
}
