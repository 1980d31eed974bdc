import { z } from 'zod';

/** One run over a workspace, as it ended. */
export const indexRunSchema = z.object({
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  tookMs: z.number(),
  /** `stopped`: somebody ended it; what was written until then is kept. `failed`: `problem` says why. */
  outcome: z.enum(['done', 'stopped', 'failed']),
  /** Files found. */
  files: z.int(),
  filesEmbedded: z.int(),
  filesRemoved: z.int(),
  chunksEmbedded: z.int(),
  problem: z.string().optional(),
});

export const skippedFileSchema = z.object({ path: z.string(), reason: z.string() });

export const indexStatusSchema = z.object({
  files: z.int(),
  chunks: z.int(),
  symbols: z.int(),
  vectors: z.int(),
  /** On the disk, all together. */
  bytes: z.int(),
  vectorStore: z.string(),
  /** Reference of the model that makes the vectors. */
  embedder: z.string(),
  /** Chunks that this embedder has not read yet. While there are many, search goes by words alone. */
  chunksWithoutVector: z.int(),
  lastRun: indexRunSchema.optional(),
  /** Files that the last look at the whole tree left out, by reason, the most frequent first; three examples each. */
  skipped: z
    .array(z.object({ reason: z.string(), count: z.int(), examples: z.array(z.string()).readonly() }))
    .readonly(),
  /** All of them, where they were asked for; at most 10,000. */
  skippedFiles: z.array(skippedFileSchema).readonly(),
  running: z.object({ phase: z.enum(['scan', 'index', 'done']), done: z.int(), total: z.int() }).optional(),
  /** Whether changes of files are noticed as they happen. */
  watch: z.enum(['off', 'on', 'failed']),
  /** What the work that is left waits for, in a few words; empty when it waits for nothing. */
  waitsFor: z.string(),
  /** Whether somebody let it rest: nothing is read until they let it go on, or the host ends. */
  paused: z.boolean().optional(),
});

export type IndexRun = z.infer<typeof indexRunSchema>;
export type IndexStatus = z.infer<typeof indexStatusSchema>;
