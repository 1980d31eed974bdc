import { z } from 'zod';

export const journalChangeSchema = z.object({
  path: z.string(),
  change: z.enum(['created', 'modified', 'deleted', 'renamed']),
  from: z.string().optional(),
  kind: z.enum(['file', 'folder', 'link']),
  binary: z.boolean(),
  added: z.int().nonnegative(),
  removed: z.int().nonnegative(),
  unkept: z.literal(true).optional(),
});

export const journalStepSchema = z.object({
  id: z.int(),
  sessionId: z.string(),
  turnId: z.string(),
  label: z.string(),
  at: z.number(),
  changes: z.array(journalChangeSchema).readonly(),
  state: z.enum(['done', 'undone']),
});

export const journalOutcomeSchema = z.object({
  steps: z.array(journalStepSchema).readonly(),
  restored: z.array(journalChangeSchema).readonly(),
  conflicts: z.array(z.object({ path: z.string(), reason: z.string() })).readonly(),
  lost: z.array(z.string()).readonly(),
});

/** Which steps of the journal; by default the newest. */
export const journalSelectionSchema = z.object({
  step: z.int().positive().optional(),
  turnId: z.string().optional(),
  sessionId: z.string().optional(),
});

/** What differs between two states of a repository, for a model to read: secrets left out, and cut to a size by file. */
export const diffAnswerSchema = z.object({
  /** Unified diffs, one after the other. */
  text: z.string(),
  files: z.array(
    z.object({
      path: z.string(),
      from: z.string().optional(),
      change: z.enum(['created', 'modified', 'deleted', 'renamed']),
      binary: z.boolean(),
      added: z.int().nonnegative(),
      removed: z.int().nonnegative(),
      /** Whether its diff is in the text whole, to a part, or not at all. */
      shown: z.enum(['whole', 'cut', 'left-out']),
      /** Why not whole. */
      reason: z.string().optional(),
      /** What git names the places that changed by: the first lines of functions and classes. */
      places: z.array(z.string()),
    }),
  ),
});
export type DiffAnswer = z.infer<typeof diffAnswerSchema>;

const originSchema = z.object({ scope: z.enum(['user', 'workspace']), path: z.string(), hash: z.string() });

/** What the user and the workspace have written for agents, as a person sees it. */
export const customizationsSchema = z.object({
  trusted: z.boolean(),
  unattended: z.boolean(),
  instructions: z.array(originSchema),
  agents: z.array(z.object({ name: z.string(), description: z.string(), origin: originSchema })),
  skills: z.array(z.object({ name: z.string(), description: z.string(), origin: originSchema })),
  hooks: z.array(z.object({ event: z.string(), command: z.string(), origin: originSchema })),
  commands: z.array(z.object({ name: z.string(), description: z.string(), origin: originSchema })),
  ignored: z.array(z.object({ path: z.string(), what: z.string(), reason: z.string() })),
});

export const lessonSchema = z.object({
  id: z.string(),
  text: z.string(),
  paths: z.array(z.string()).readonly(),
  at: z.number(),
  sessionId: z.string(),
});
