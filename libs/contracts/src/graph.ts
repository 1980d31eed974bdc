import { z } from 'zod';
import { referenceSchema, symbolInfoSchema } from './passages.ts';

export const graphAsks = ['callers', 'callees', 'impact', 'tests', 'path'] as const;

export const graphNodeSchema = z.object({
  symbol: symbolInfoSchema.describe('With an empty name: the file as a whole.'),
  depth: z.int().nonnegative(),
  relation: z.string(),
  strength: z.enum(['resolved', 'name']),
  at: referenceSchema.optional(),
});

export const graphAnswerSchema = z.object({
  symbols: z.array(symbolInfoSchema).readonly(),
  nodes: z.array(graphNodeSchema).readonly(),
  history: z
    .object({
      changesWith: z.array(z.object({ path: z.string(), share: z.number() })).readonly(),
      lastChange: z.object({ author: z.string(), at: z.string(), commit: z.string(), message: z.string() }).optional(),
    })
    .optional(),
  truncated: z.boolean(),
  unclear: z.string().optional().describe('Of the names asked for, the one that is unknown or ambiguous.'),
  near: z.array(z.string()).readonly().optional().describe('Names like the one asked for, where that is not known.'),
});

export const repoMapSchema = z.object({
  text: z.string(),
  tokens: z.int().nonnegative(),
  files: z
    .array(z.object({ path: z.string(), rank: z.number(), symbols: z.array(symbolInfoSchema).readonly() }))
    .readonly(),
  filesLeftOut: z.int().nonnegative(),
  unknownFocus: z.array(z.string()).readonly().optional().describe('What of the focus is no path and no symbol.'),
});
