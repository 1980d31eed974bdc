import { parentPort, workerData } from 'node:worker_threads';
import type { PatternAnswer, PatternRequest, PatternSettings } from '../pattern-worker.ts';

const { source, flags } = workerData as PatternSettings;
const pattern = new RegExp(source, flags);

parentPort?.on('message', ({ id, text, limit }: PatternRequest) => {
  const lines: number[] = [];
  const columns: number[] = [];
  let line = 0;
  for (let start = 0; start < text.length && lines.length < limit;) {
    line += 1;
    const end = text.indexOf('\n', start);
    const stop = end < 0 ? text.length : end;
    const at = text.slice(start, stop).search(pattern);
    if (at >= 0) {
      lines.push(line);
      columns.push(at);
    }
    start = stop + 1;
  }
  parentPort?.postMessage({ id, lines, columns } satisfies PatternAnswer);
});
