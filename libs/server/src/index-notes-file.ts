import { readFile, rename, writeFile } from 'node:fs/promises';
import type { IndexNote, IndexNotes } from '@nootropic/context';
import { z } from 'zod';
import { indexRunSchema, skippedFileSchema } from '@nootropic/contracts';

const schema = z.object({
  lastRun: indexRunSchema.optional(),
  skipped: z.array(skippedFileSchema),
  reasons: z.array(z.object({ reason: z.string(), count: z.int(), examples: z.array(z.string()) })).optional(),
  running: z
    .object({
      program: z.number(),
      at: z.number(),
      phase: z.enum(['scan', 'index', 'done']),
      done: z.number(),
      total: z.number(),
    })
    .optional(),
});

/** Notes of an index in a JSON file beside it. Written whole or not at all; a note that cannot be written is given up. */
export function createIndexNotesFile(path: string): IndexNotes {
  let last: Promise<void> = Promise.resolve();
  const write = async (note: IndexNote): Promise<void> => {
    const fresh = `${path}.${String(process.pid)}`;
    try {
      await writeFile(fresh, JSON.stringify(note), { mode: 0o600 });
      await rename(fresh, path);
    } catch {
      // A full disk, say: nothing but what is shown is lost.
    }
  };
  return {
    async read() {
      try {
        return schema.parse(JSON.parse(await readFile(path, 'utf8'))) as IndexNote;
      } catch {
        return undefined;
      }
    },
    write: (note) => (last = last.then(() => write(note))),
  };
}
