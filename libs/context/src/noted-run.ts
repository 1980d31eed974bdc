import { NootropicError, type IndexProgress, type IndexRun, type SkippedFile } from '@nootropic/contracts';
import { mergeSkipped, noteSkipped, type IndexNote, type IndexNotes } from './index-notes.ts';
import { writtenElsewhere } from './refresh.ts';

export interface NotedRunOptions {
  readonly notes: IndexNotes;
  /** Tells this program's notes from those of others. */
  readonly program: number;
  readonly clock: () => number;
  /** Whether the run looks at some paths only: then what is known to be left out elsewhere stays known. */
  readonly partial: boolean;
  readonly signal: AbortSignal;
  readonly pause?: (ms: number) => Promise<void>;
}

/** Milliseconds between two notes of a run that is under way. */
const noteMs = 500;
/** A note of another program's run that is older belongs to a program that has ended. */
const staleMs = 15_000;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Passes a run on, and keeps a note of it: that it is under way, and how it ended. Where another program is found to write the index, its
 * run is followed to its end, by its notes, and `run` is then done again, which finds little left to do.
 */
export async function* notedRun(
  run: () => AsyncIterable<IndexProgress>,
  options: NotedRunOptions,
): AsyncGenerator<IndexProgress> {
  const { signal, pause = wait } = options;
  let refused: IndexProgress | undefined;
  for await (const progress of noted(run(), options)) {
    if (progress.phase === 'done' && progress.skipped.some(isElsewhere)) refused = progress;
    else yield progress;
  }
  if (refused === undefined) return;
  let other = await othersRun(options);
  if (other === undefined) {
    yield refused;
    return;
  }
  for (; other !== undefined; other = await othersRun(options)) {
    yield { ...refused, phase: 'index', done: other.done, total: other.total };
    if (signal.aborted) throw new NootropicError('ABORTED');
    await pause(noteMs / 2);
  }
  yield* noted(run(), options);
}

const isElsewhere = ({ path, reason }: SkippedFile): boolean => path === '.' && reason.startsWith(writtenElsewhere);

async function othersRun({ notes, program, clock }: NotedRunOptions): Promise<IndexNote['running']> {
  const running = (await notes.read())?.running;
  return running && running.program !== program && clock() - running.at < staleMs ? running : undefined;
}

async function* noted(run: AsyncIterable<IndexProgress>, options: NotedRunOptions): AsyncGenerator<IndexProgress> {
  const { notes, program, clock } = options;
  const startedAt = clock();
  const before = (await notes.read()) ?? { skipped: [] };
  let notedAt = -Infinity;
  let last: IndexProgress | undefined;
  let outcome: IndexRun['outcome'] = 'stopped';
  let problem: string | undefined;
  try {
    for await (const progress of run) {
      last = progress;
      const { phase, done, total } = progress;
      if (phase === 'index' && clock() - notedAt >= noteMs && done < total) {
        notedAt = clock();
        await notes.write({ ...before, running: { program, at: notedAt, phase, done, total } });
      }
      if (phase === 'done') outcome = 'done';
      yield progress;
    }
  } catch (error) {
    const { code, message } = NootropicError.from(error);
    if (code !== 'ABORTED') {
      outcome = 'failed';
      problem = message;
    }
    throw error;
  } finally {
    const elsewhere = last?.skipped.some((file) => isElsewhere(file)) === true;
    const idle = options.partial && outcome === 'done' && (last === undefined || isIdle(last));
    if (!elsewhere && !idle) {
      const { total = 0, filesEmbedded = 0, filesRemoved = 0, chunksEmbedded = 0, skipped = [] } = last ?? {};
      const lastRun: IndexRun = {
        startedAt,
        tookMs: Math.max(0, clock() - startedAt),
        outcome,
        files: total,
        filesEmbedded,
        filesRemoved,
        chunksEmbedded,
        ...(problem !== undefined && { problem }),
      };
      const whole = outcome === 'done' && !options.partial;
      await notes.write({ lastRun, ...(whole ? noteSkipped(skipped) : mergeSkipped(before, skipped)) });
    }
  }
}

const isIdle = ({ filesEmbedded, filesRemoved, chunksEmbedded, total }: IndexProgress): boolean =>
  total + filesEmbedded + filesRemoved + chunksEmbedded === 0;
