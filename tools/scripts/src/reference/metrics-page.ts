import { metricsTable } from '@nootropic/observability';
import { code, markdownPage, markdownTable } from './markdown.ts';

export function metricsPage(): string {
  const rows = metricsTable.map(({ name, type, labels, help }) => [
    code(name),
    type,
    labels.map(code).join(', '),
    help,
  ]);
  return markdownPage('Metrics', [
    'What the program counts and times, in the Prometheus text format. Nothing of it leaves the machine by itself.',
    markdownTable(['metric', 'type', 'labels', 'meaning'], rows),
  ]);
}
