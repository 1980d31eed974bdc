import { z } from 'zod';

/** What a source is made of: a folder of documents, one web page, what version control knows, or notes of the user. */
export const sourceKinds = ['folder', 'page', 'history', 'notes'] as const;
export const sourceKindSchema = z.enum(sourceKinds);
export type SourceKind = z.infer<typeof sourceKindSchema>;

/** A named source of a workspace beside its own files. */
export const sourceSchema = z.object({
  /** Letters, digits, `.`, `_` and `-`. */
  name: z.string(),
  kind: sourceKindSchema,
  /** An absolute path, an address, or empty for history and notes. */
  place: z.string(),
  /** Files, pages, commits or notes in it. */
  entries: z.int().nonnegative(),
  bytes: z.number(),
  tokens: z.number(),
  addedAt: z.number(),
  /** Milliseconds since 1970 of the last refresh that came to its end. */
  refreshedAt: z.number(),
  /** `stale`: it has changed since, or is too old to tell. `gone`: it is no longer there, and what was read of it is kept. */
  state: z.enum(['fresh', 'stale', 'gone']),
  /** Why, in a few words; empty when it is fresh. */
  detail: z.string(),
});
export type Source = z.infer<typeof sourceSchema>;

/** What adding or refreshing sources tells. Every source that was asked for ends with `refreshed`. */
export const sourceEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    source: z.string(),
    done: z.int(),
    /** 0 while it is not known. */
    total: z.int(),
  }),
  z.object({
    type: z.literal('refreshed'),
    source: sourceSchema,
    added: z.int(),
    changed: z.int(),
    removed: z.int(),
    skipped: z.array(z.object({ path: z.string(), reason: z.string() })).readonly(),
  }),
]);
export type SourceEvent = z.infer<typeof sourceEventSchema>;

/** A text in the context store, as an app sees it. See the port for what the fields mean. */
export const contextEntrySchema = z.object({
  id: z.string(),
  title: z.string(),
  kind: z.enum(['file', 'document', 'log', 'page', 'commit', 'note', 'view', 'source']),
  from: z.string(),
  name: z.string().optional(),
  mark: z.string(),
  bytes: z.number(),
  characters: z.number(),
  lines: z.number(),
  tokens: z.number(),
  storedBytes: z.number(),
  createdAt: z.number(),
  parts: z.number(),
});

export const contextPieceSchema = z.object({ text: z.string(), offset: z.number(), line: z.number() });

export const contextHitSchema = z.object({
  entry: contextEntrySchema,
  startLine: z.int(),
  endLine: z.int(),
  text: z.string(),
  score: z.number(),
});

/** A passage that a question calls for and that is not among those that were chosen. `tokens`: what it would have taken. */
export const leftOutSchema = z.object({
  path: z.string(),
  startLine: z.int(),
  endLine: z.int(),
  why: z.string(),
  tokens: z.int(),
});
export type LeftOut = z.infer<typeof leftOutSchema>;
