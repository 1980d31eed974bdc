import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { diffAnswerSchema, journalOutcomeSchema, journalStepSchema } from './changes.ts';
import {
  completionEventSchema,
  completionInputSchema,
  completionReportSchema,
  completionStateSchema,
} from './completions.ts';
import { turnEventSchema } from './events.ts';
import { indexStatusSchema } from './index-status.ts';
import { procedure, workspace } from './procedure.ts';
import { sessionHitSchema, sessionSchema, turnAccountSchema } from './sessions.ts';

const hunks = z
  .array(z.int().min(0))
  .min(1)
  .max(10_000)
  .optional()
  .describe('Hunks of its diff, counted from 0. Unset: all of the path.');

/** Hunks of diffs, by path. */
export const hunkSelectionSchema = z
  .array(z.object({ path: z.string(), hunks }))
  .min(1)
  .max(1000);
export type HunkSelection = z.infer<typeof hunkSelectionSchema>;

/** What became of a change that was reviewed, for a person who keeps some of it. */
export const changePartsContract = {
  file: procedure
    .route({ method: 'POST', path: '/changes/file', summary: 'A file as it was before or after a step' })
    .input(z.object({ workspace, step: z.int().positive(), path: z.string(), side: z.enum(['before', 'after']) }))
    .output(z.object({ text: z.string().nullable().describe('Null: there was no file, or it is no text.') })),
  reject: procedure
    .route({
      method: 'POST',
      path: '/changes/reject',
      summary: 'Take parts of a step back, as a step of its own that can be undone',
    })
    .input(z.object({ workspace, step: z.int().positive(), parts: hunkSelectionSchema }))
    .output(journalOutcomeSchema.extend({ step: journalStepSchema.optional().describe('What it became.') })),
};

/** Files as a person looks at them. */
export const filesContract = {
  read: procedure
    .route({ method: 'POST', path: '/files/read', summary: 'Lines of a file of a workspace, as they are now' })
    .input(
      z.object({
        workspace,
        path: z.string().min(1).max(4096),
        startLine: z.int().positive().default(1),
        endLine: z.int().positive().optional().describe('Default: 2,000 lines from the first.'),
      }),
    )
    .output(
      z.object({
        path: z.string(),
        startLine: z.int().positive(),
        endLine: z.int().nonnegative(),
        lines: z.int().nonnegative().describe('Of the whole file.'),
        text: z.string(),
      }),
    ),
  find: procedure
    .route({
      method: 'POST',
      path: '/files/find',
      summary: 'Files whose path holds the letters of a query in their order, best first',
    })
    .input(
      z.object({
        workspace,
        query: z.string().max(1000).default('').describe('Empty: those changed last.'),
        limit: z.int().min(1).max(200).default(20),
      }),
    )
    .output(z.array(z.object({ path: z.string() }))),
};

export const sessionsContract = {
  search: procedure
    .route({ method: 'POST', path: '/sessions/search', summary: 'Sessions in which something was said, best first' })
    .input(
      z.object({
        query: z.string().min(1).max(1000),
        workspace: workspace.optional(),
        limit: z.int().min(1).max(200).default(20),
      }),
    )
    .output(z.array(sessionHitSchema)),
  rename: procedure
    .route({ method: 'POST', path: '/sessions/{id}/rename', summary: 'Give a session another title' })
    .input(z.object({ id: z.string(), title: z.string().trim().min(1).max(200) }))
    .output(sessionSchema),
  fork: procedure
    .route({
      method: 'POST',
      path: '/sessions/{id}/fork',
      summary: 'Make a new session that begins with the turns of this one',
    })
    .input(
      z.object({
        id: z.string(),
        turnId: z
          .string()
          .optional()
          .describe('The last turn that it has; the id or a unique start of it. Unset: the last.'),
      }),
    )
    .output(sessionSchema),
  export: procedure
    .route({ method: 'POST', path: '/sessions/{id}/export', summary: 'A session as a document; secrets are left out' })
    .input(z.object({ id: z.string(), format: z.enum(['markdown', 'json']).default('markdown') }))
    .output(z.object({ name: z.string().describe('A name for its file.'), text: z.string() })),
  why: procedure
    .route({
      method: 'GET',
      path: '/sessions/{id}/turns/{turnId}/why',
      summary: 'What a turn gave the model, which model and why, what was reused, and where its time went',
    })
    .input(z.object({ id: z.string(), turnId: z.string() }))
    .output(turnAccountSchema),
};

export const pauseIndex = procedure
  .route({ method: 'POST', path: '/index/pause', summary: 'Let the index of a workspace rest, or go on' })
  .input(z.object({ workspace, paused: z.boolean() }))
  .output(indexStatusSchema);

/** Completions while somebody types. */
export const completionsContract = {
  complete: procedure
    .route({ method: 'POST', path: '/completions', summary: 'Complete the code at the cursor' })
    .input(completionInputSchema)
    .output(eventIterator(completionEventSchema)),
  state: procedure
    .route({ method: 'POST', path: '/completions/state', summary: 'Which model completes, and whether it can now' })
    .input(z.object({ workspace }))
    .output(completionStateSchema),
  report: procedure
    .route({
      method: 'POST',
      path: '/completions/report',
      summary: 'What became of completions that were shown, for the metrics of this machine',
    })
    .input(completionReportSchema)
    .output(z.object({ taken: z.literal(true) })),
};

const findingSchema = z.object({
  path: z.string(),
  line: z.int().positive(),
  title: z.string(),
  /** With what it goes wrong. */
  input: z.string(),
  /** What goes wrong then. */
  outcome: z.string(),
});
export type Finding = z.infer<typeof findingSchema>;

const gitWork = {
  workspace,
  model: z
    .string()
    .optional()
    .describe('A model reference; for a message also `none`: by rule. Unset: the one that answers.'),
};

/** What is read, before anything is said of it. */
const changeRead = z.object({ type: z.literal('change'), files: diffAnswerSchema.shape.files });

/** What an agent says of a change, as an app needs it: read, checked and cleaned. */
export const gitAgentContract = {
  review: procedure
    .route({
      method: 'POST',
      path: '/git/review',
      summary: 'Look for faults in a change; each with a line and a case that fails',
    })
    .input(
      z.object({
        ...gitWork,
        of: z.enum(['staged', 'uncommitted', 'revision']).default('uncommitted'),
        revision: z.string().min(1).max(250).optional(),
        paths: z.array(z.string().min(1).max(4096)).max(1000).optional(),
      }),
    )
    .output(
      eventIterator(
        z.discriminatedUnion('type', [
          changeRead,
          z.object({ type: z.literal('event'), event: turnEventSchema }),
          z.object({
            type: z.literal('findings'),
            findings: z.array(findingSchema),
            dropped: z.int().describe('Said without a place in the files, or without a case.'),
            files: diffAnswerSchema.shape.files,
          }),
        ]),
      ),
    ),
  message: procedure
    .route({ method: 'POST', path: '/git/message', summary: 'Write the message for what is to be committed' })
    .input(
      z.object({
        ...gitWork,
        of: z.enum(['staged', 'tracked', 'uncommitted']).default('staged'),
        hint: z.string().max(10_000).optional().describe('What its author says of the commit.'),
      }),
    )
    .output(
      eventIterator(
        z.discriminatedUnion('type', [
          changeRead,
          z.object({ type: z.literal('event'), event: turnEventSchema }),
          z.object({
            type: z.literal('message'),
            message: z.string(),
            by: z.enum(['model', 'rule']).describe('`rule`: no model wrote it.'),
            files: diffAnswerSchema.shape.files,
          }),
        ]),
      ),
    ),
};
