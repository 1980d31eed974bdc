import type { ModelProfile } from '@nootropic/contracts';
import { formatDuration } from './durations.ts';
import { formatBytes, formatShare, formatSpeed } from './sizes.ts';

/** What `models bench` measured, as names and values. */
export function profileFacts(profile: ModelProfile): [name: string, value: string][] {
  const { promptSpeed, writeSpeed, threads, memory, loadMs, toolCalls, edits, machine, measuredAt } = profile;
  const formats = Object.entries(edits);
  return [
    ['reads', promptSpeed > 0 ? `${formatSpeed(promptSpeed)} tokens/s` : ''],
    ['writes', writeSpeed > 0 ? `${formatSpeed(writeSpeed)} tokens/s` : ''],
    ['threads', threads > 0 ? String(threads) : ''],
    ['memory', `${formatBytes(memory)} when loaded`],
    ['loads in', formatDuration(loadMs)],
    ['tool calls', toolCalls === null ? 'it cannot call tools' : `${formatShare(toolCalls)} right`],
    ['edits', formats.map(([format, share]) => `${format} ${formatShare(share)}`).join(', ')],
    ['measured', `${new Date(measuredAt).toISOString().slice(0, 16).replace('T', ' ')} on ${machine}`],
  ];
}
