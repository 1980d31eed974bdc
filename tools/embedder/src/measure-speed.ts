import type { BuiltinVectors } from '@nootropic/model';
import { similarities } from './evaluate.ts';
import type { Worded } from './near-copies.ts';
import { createRandom } from './ranking.ts';

export interface Speed {
  /** Chunks of the index's size embedded per second, the second time over them; the best of three. */
  readonly chunksPerSecond: number;
  readonly meanCharacters: number;
  /** Milliseconds of processor time for one search among 100,000 vectors of float32, in plain TypeScript; the middle one of nine. */
  readonly searchMs: number;
}

const chunkCharacters = 1_200;
const chunks = 10_000;
const rows = 100_000;

export function measureSpeed(vectors: BuiltinVectors, functions: readonly Worded[]): Speed {
  const texts: string[] = [];
  let body = '';
  for (const { found } of functions) {
    body += `${found.code}\n`;
    if (body.length < chunkCharacters) continue;
    texts.push(`${found.path}\n${found.name}\n\n${body.slice(0, 2 * chunkCharacters)}`);
    body = '';
    if (texts.length === chunks) break;
  }
  let rate = 0;
  for (let round = 0; round < 4; round += 1) {
    const start = process.cpuUsage().user;
    for (const text of texts) vectors.document(text);
    const seconds = (process.cpuUsage().user - start) / 1e6;
    if (round > 0) rate = Math.max(rate, texts.length / seconds);
  }
  const random = createRandom(1);
  const some = Float32Array.from({ length: rows * 256 }, () => random() - 0.5);
  const asked = vectors.query('open a database connection and retry when the server is busy');
  const times = Array.from({ length: 9 }, () => {
    const start = process.cpuUsage().user;
    similarities(asked, some);
    return (process.cpuUsage().user - start) / 1_000;
  }).sort((a, b) => a - b);
  return {
    chunksPerSecond: rate,
    meanCharacters: texts.reduce((sum, text) => sum + text.length, 0) / texts.length,
    searchMs: times[4] ?? 0,
  };
}
