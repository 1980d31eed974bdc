import { z } from 'zod';
import { usageSchema } from './events.ts';
import { citationSchema } from './passages.ts';

export const sessionSchema = z.object({
  id: z.string(),
  title: z.string(),
  workspace: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
  events: z.int().nonnegative(),
});

/** A session in which something was found. */
export const sessionHitSchema = z.object({
  session: sessionSchema,
  /** Where the words are said best; none where only the title has them. */
  turnId: z.string().optional(),
  /** What is said there, on one line, the words in it as they were searched. */
  snippet: z.string(),
});
export type SessionHit = z.infer<typeof sessionHitSchema>;

/** Why an answer is as it is. Made of the session's log alone, so that it can be asked for at any later time. */
export const turnAccountSchema = z.object({
  model: z.string(),
  /** Why this model. */
  reason: z.string(),
  /** What the prompt of the first step was made of, in its order. */
  sections: z.array(
    z.object({
      name: z.enum(['instructions', 'tools', 'preamble', 'earlier-turns', 'attachments', 'passages', 'question']),
      tokens: z.int().nonnegative(),
      /** Beginning of it, at most 2,000 characters. */
      text: z.string(),
    }),
  ),
  /** What counted: a model reference, or `estimate`. */
  counted: z.string(),
  passages: z.array(
    z.object({
      citation: citationSchema,
      score: z.number(),
      tokens: z.int().nonnegative(),
      role: z.string(),
      cited: z.boolean().describe('Whether the answer rests on it.'),
    }),
  ),
  usage: usageSchema.optional().describe('Unset while the turn runs.'),
  /** Milliseconds by what they were spent on, in order; together `usage.totalMs`. */
  times: z.array(
    z.object({
      what: z.enum(['index', 'context', 'model', 'read', 'think', 'write', 'tools', 'checks', 'person', 'other']),
      ms: z.number().nonnegative(),
    }),
  ),
  steps: z.int().nonnegative().describe('Answers of the model, with those that call tools.'),
  compactions: z.int().nonnegative(),
});
export type TurnAccount = z.infer<typeof turnAccountSchema>;
