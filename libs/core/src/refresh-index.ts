import type { IndexProgress, Knowledge, Telemetry } from '@nootropic/contracts';

/** Brings an index up to date, and counts what became of the files. */
export async function* refreshIndex(
  knowledge: Knowledge,
  telemetry: Telemetry,
  options: { readonly signal?: AbortSignal; readonly rebuild?: boolean },
): AsyncGenerator<IndexProgress, void> {
  for await (const progress of knowledge.refresh(options)) {
    if (progress.phase === 'done') {
      count(telemetry, progress);
      telemetry.gauge('nootropic_index_size_bytes', (await knowledge.stats()).bytes);
    }
    yield progress;
  }
}

function count(
  telemetry: Telemetry,
  { filesEmbedded, filesRemoved, skipped, chunksEmbedded, tookMs }: IndexProgress,
): void {
  const files = { embedded: filesEmbedded, removed: filesRemoved, skipped: skipped.length };
  for (const [result, number] of Object.entries(files))
    if (number > 0) telemetry.count('nootropic_index_files_total', number, { result });
  if (chunksEmbedded > 0) telemetry.count('nootropic_index_chunks_total', chunksEmbedded);
  telemetry.time('nootropic_index_seconds', tookMs / 1000);
}
