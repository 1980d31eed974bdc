import { z } from 'zod';

/** What a symbol is. `section` is a heading of a document, `key` a path of keys in a data file, `cell` one of a notebook, `rule` of a style sheet, `table` of a database. */
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
  'key',
  'cell',
  'rule',
  'table',
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

/** How a place names a symbol: it calls or makes it, mentions it (as a type or a value), or declares that it derives from it. */
export const referenceKinds = ['call', 'use', 'inherit'] as const;
export type ReferenceKind = (typeof referenceKinds)[number];

/** A place that names a symbol. `from` is the qualified name of the symbol that holds the place, empty at top level. Default kind: `call`. */
export const referenceSchema = z.object({
  path: z.string(),
  line: z.int().positive(),
  name: z.string(),
  from: z.string(),
  kind: z.enum(referenceKinds).optional(),
});
export type Reference = z.infer<typeof referenceSchema>;

/** What one file takes from another module. `module` is as written in the source: `./session`, `os.path`, `crate::store`, `<vector>`. */
export interface ImportInfo {
  readonly path: string;
  readonly line: number;
  readonly module: string;
  /** The names it takes and what they are called here. Empty: the module as a whole, or all that is in it. */
  readonly names: readonly { readonly name: string; readonly as: string }[];
}

/** One result of a search, best first. `score` is above 0 and comparable within one result list only. */
export const searchHitSchema = citationSchema.extend({
  symbol: z.string(),
  score: z.number(),
  snippet: z.string(),
  /** With `explain`: what stands behind the place, in the order in which it was reckoned. */
  signals: z
    .array(z.object({ signal: z.string(), value: z.number(), part: z.number() }))
    .readonly()
    .optional(),
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
  /** Why it is here. Default `passage`: a search found it. A `signature` stands for a definition that is not shown as a whole. */
  role: z.enum(['target', 'type', 'signature', 'test', 'passage', 'source']).optional(),
});
export type ContextBlock = z.infer<typeof contextBlockSchema>;
