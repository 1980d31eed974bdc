import { z } from 'zod';

/** What a symbol is. `section` is a heading of a document. */
export const symbolKinds = [
  'function',
  'method',
  'class',
  'interface',
  'type',
  'enum',
  'constant',
  'variable',
  'module',
  'field',
  'macro',
  'section',
] as const;
export const symbolKindSchema = z.enum(symbolKinds);
export type SymbolKind = z.infer<typeof symbolKindSchema>;

/** Lines are 1-based and inclusive at both ends, as editors and `path:12-20` show them. Paths are relative to the workspace root, with `/`. */
export const citationSchema = z.object({
  path: z.string(),
  startLine: z.int().positive(),
  endLine: z.int().positive(),
  symbol: z.string().optional(),
});
export type Citation = z.infer<typeof citationSchema>;

/** A definition found in the source. `name` is qualified by its enclosing names: `Session.append`. */
export const symbolInfoSchema = z.object({
  path: z.string(),
  name: z.string(),
  kind: symbolKindSchema,
  startLine: z.int().positive(),
  endLine: z.int().positive(),
  /** The declaration without its body, on one line; empty for a section. */
  signature: z.string(),
  /** The first paragraph of the doc comment, without comment signs; empty when there is none. */
  doc: z.string(),
});
export type SymbolInfo = z.infer<typeof symbolInfoSchema>;

/** A place that names a symbol. `from` is the qualified name of the symbol that holds the place, empty at top level. */
export const referenceSchema = z.object({
  path: z.string(),
  line: z.int().positive(),
  name: z.string(),
  from: z.string(),
});
export type Reference = z.infer<typeof referenceSchema>;

/** One result of a search, best first. `score` is above 0 and comparable within one result list only. */
export const searchHitSchema = citationSchema.extend({
  symbol: z.string(),
  score: z.number(),
  snippet: z.string(),
});
export type SearchHit = z.infer<typeof searchHitSchema>;

/** A passage given to the model or shown as an answer, with what is known about the symbol in it. */
export const contextBlockSchema = z.object({
  citation: citationSchema,
  text: z.string(),
  score: z.number(),
  kind: symbolKindSchema.optional(),
  signature: z.string(),
  doc: z.string(),
  callers: z.array(referenceSchema),
});
export type ContextBlock = z.infer<typeof contextBlockSchema>;
