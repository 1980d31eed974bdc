import { z } from 'zod';
import { workspace } from './procedure.ts';

/** Longest text on either side of the cursor, in characters. What is farther away is not read anyway. */
export const mostCompletionContext = 200_000;

export const completionInputSchema = z.object({
  workspace,
  path: z
    .string()
    .min(1)
    .max(4096)
    .describe('Relative to the workspace. It need not exist: a file may not be saved yet.'),
  prefix: z.string().max(mostCompletionContext).describe('The text before the cursor, as the editor has it.'),
  suffix: z.string().max(mostCompletionContext).describe('The text after the cursor.'),
  lines: z
    .enum(['auto', 'one', 'many'])
    .default('auto')
    .describe('`one` ends with the line. `auto`: many where a block begins or the line is empty.'),
  edits: z
    .array(z.object({ path: z.string().max(4096), text: z.string().max(4000) }))
    .max(16)
    .optional()
    .describe('What was written elsewhere lately, newest first: lines around each place, as they are now.'),
  editor: z
    .string()
    .max(200)
    .optional()
    .describe('Names one place where somebody types. A new request of it ends the one before.'),
  purpose: z
    .enum(['show', 'ahead', 'warm'])
    .default('show')
    .describe(
      '`show`: somebody waits. `ahead`: it may be asked for next; goes behind everything that somebody waits for. `warm`: the model reads and writes nothing.',
    ),
  maxTokens: z.int().min(1).max(1024).optional().describe('Default 48 for one line, 160 for many.'),
});
export type CompletionInput = z.infer<typeof completionInputSchema>;

/** What ended a completion. `nothing`: there is none, `why` says the reason. */
export const completionEnds = ['line', 'dedent', 'suffix', 'stop', 'length', 'repeat', 'aborted', 'nothing'] as const;

export const completionEventSchema = z.discriminatedUnion('type', [
  /** More of the text, in order. What was sent is never taken back. */
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({
    type: z.literal('end'),
    reason: z.enum(completionEnds),
    /** The whole text. It may be shorter than the pieces together: what the suffix says already is taken off its end. */
    text: z.string(),
    /** In a sentence, where there is no text. */
    why: z.string().optional(),
    /** Of the error that is why, where one is: `MODEL_NOT_FOUND` where no model completes, `DENIED` for a file that is left out, `QUEUE_FULL`. */
    code: z.string().optional(),
    model: z.string(),
    tokensRead: z.int().nonnegative(),
    tokensReused: z.int().nonnegative(),
    tokensWritten: z.int().nonnegative(),
    contextMs: z.number().nonnegative().describe('Until it was known what the model reads.'),
    firstTextMs: z.number().nonnegative().optional(),
    totalMs: z.number().nonnegative(),
    /** What was read beside the file itself. */
    context: z.array(
      z.object({
        path: z.string(),
        startLine: z.int().positive(),
        endLine: z.int().positive(),
        role: z.enum(['definition', 'edit']),
      }),
    ),
  }),
]);
export type CompletionEvent = z.infer<typeof completionEventSchema>;

export const completionStateSchema = z.object({
  /** `off`: no model is there for it. `loading`: the first one takes longer. `busy`: others are served first. */
  state: z.enum(['off', 'loading', 'ready', 'busy']),
  model: z.string().describe('A reference; empty when off.'),
  name: z.string(),
  /** What to do about it, or what it waits for; empty when there is nothing to say. */
  detail: z.string(),
});
export type CompletionState = z.infer<typeof completionStateSchema>;

/** Counts since the last report of the same program. */
export const completionReportSchema = z.object({
  shown: z.int().nonnegative(),
  accepted: z.int().nonnegative(),
  fromCache: z.int().nonnegative(),
  acceptedCharacters: z.int().nonnegative(),
  /** Of those, what was still there after 30 seconds. */
  retainedCharacters: z.int().nonnegative(),
  /** Tokens written for what was not shown. */
  wastedTokens: z.int().nonnegative(),
});
export type CompletionReport = z.infer<typeof completionReportSchema>;
