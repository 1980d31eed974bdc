import { assistantContract, NootropicError, type Assistant, type ClientRole } from '@nootropic/contracts';
import type { ToolAnnotations } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** What a tool is called with besides its arguments. */
export interface McpCall {
  /** Absolute path of the folder that it is about. */
  readonly workspace: string;
  readonly signal: AbortSignal;
}

/** A tool for other agents. Its schemas are made of the contract's. */
export interface McpTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The least that the caller must be. */
  readonly role: ClientRole;
  readonly annotations: ToolAnnotations;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  /** Whether it works on an index that is brought up to date first. */
  readonly indexed?: true;
  run(assistant: Assistant, args: never, call: McpCall): Promise<Record<string, unknown>>;
}

const workspace = z
  .string()
  .optional()
  .describe('Absolute path of the folder that it is about. Unset: the one that the server was started for.');

/** A tool with the types of its arguments kept together. */
function tool<I extends z.ZodObject>(
  definition: Omit<McpTool, 'input' | 'run'> & {
    readonly input: I;
    run(assistant: Assistant, args: z.output<I>, call: McpCall): Promise<Record<string, unknown>>;
  },
): McpTool {
  return {
    ...definition,
    input: definition.input.extend({ workspace }),
    run: (assistant, args, call) => definition.run(assistant, args, call),
  };
}

/** The input of a procedure without its folder, which the server adds. */
function inputOf<const S extends z.ZodObject>(schema: S | undefined): z.ZodObject<Omit<S['shape'], 'workspace'>> {
  if (!schema) throw new NootropicError('INTERNAL', 'The procedure has no input.');
  const { workspace: _, ...shape } = schema.shape;
  return z.object(shape) as unknown as z.ZodObject<Omit<S['shape'], 'workspace'>>;
}

function outputOf<S>(schema: S | undefined): S {
  if (!schema) throw new NootropicError('INTERNAL', 'The procedure has no output.');
  return schema;
}

const { search, symbol, graph, map, gather, changes } = assistantContract;
const looks: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
const reverses: ToolAnnotations = {
  ...{ readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
};
const steps = outputOf(changes.list['~orpc'].outputSchema);
const outcome = outputOf(changes.undo['~orpc'].outputSchema);

/** Every tool, in the order in which it is listed; it does not change between two listings. */
export const mcpTools: readonly McpTool[] = [
  tool({
    name: 'search',
    title: 'Search the code',
    description:
      'Search the code of a folder by words and by meaning, or exactly, or by a regular expression. Best first.',
    ...{ role: 'models', annotations: looks, indexed: true },
    input: inputOf(search['~orpc'].inputSchema),
    output: outputOf(search['~orpc'].outputSchema),
    run: async (assistant, args, { workspace: folder, signal }) =>
      assistant.search({ ...args, workspace: folder }, { signal }),
  }),
  tool({
    name: 'symbol',
    title: 'Find a symbol',
    description: 'Where a symbol is defined, and who calls it.',
    ...{ role: 'models', annotations: looks, indexed: true },
    input: inputOf(symbol['~orpc'].inputSchema),
    output: z.object({ symbols: outputOf(symbol['~orpc'].outputSchema) }),
    run: async (assistant, args, { workspace: folder, signal }) => ({
      symbols: await assistant.symbol({ ...args, workspace: folder }, { signal }),
    }),
  }),
  tool({
    name: 'graph',
    title: 'Ask the graph of calls',
    description: 'What calls a symbol, what it calls, what a change of it touches, or how one leads to another.',
    ...{ role: 'models', annotations: looks, indexed: true },
    input: inputOf(graph['~orpc'].inputSchema),
    output: outputOf(graph['~orpc'].outputSchema),
    run: async (assistant, args, { workspace: folder, signal }) =>
      assistant.graph({ ...args, workspace: folder }, { signal }),
  }),
  tool({
    name: 'map',
    title: 'Outline of the code',
    description: 'The most important files and symbols of a folder, as an outline of at most so many tokens.',
    ...{ role: 'models', annotations: looks, indexed: true },
    input: inputOf(map['~orpc'].inputSchema),
    output: outputOf(map['~orpc'].outputSchema),
    run: async (assistant, args, { workspace: folder, signal }) =>
      assistant.map({ ...args, workspace: folder }, { signal }),
  }),
  tool({
    name: 'gather',
    title: 'Gather passages for a question',
    description: 'The passages of the code that a question needs, chosen and fitted to a number of tokens.',
    ...{ role: 'models', annotations: looks, indexed: true },
    input: inputOf(gather['~orpc'].inputSchema),
    output: outputOf(gather['~orpc'].outputSchema),
    run: async (assistant, args, { workspace: folder, signal }) =>
      assistant.gather({ ...args, workspace: folder }, { signal }),
  }),
  tool({
    name: 'recall',
    title: 'Recall notes',
    description: 'Facts that were kept for this folder before, by words and by meaning.',
    ...{ role: 'models', annotations: looks },
    input: z.object({ query: z.string().min(1).max(10_000), limit: z.int().min(1).max(100).default(10) }),
    output: z.object({ hits: outputOf(assistantContract.sources.search['~orpc'].outputSchema) }),
    async run(assistant, { query, limit }, { workspace: folder, signal }) {
      const sources = await assistant.sources.list({ workspace: folder }, { signal });
      const notes = sources.filter(({ kind }) => kind === 'notes').map(({ name }) => name);
      if (notes.length === 0) return { hits: [] };
      return { hits: await assistant.sources.search({ workspace: folder, query, limit, sources: notes }, { signal }) };
    },
  }),
  tool({
    name: 'remember',
    title: 'Keep a note',
    description: 'Keep a fact about this folder, which `recall` and the assistant itself find again later.',
    role: 'user',
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    input: z.object({ text: z.string().min(1).max(100_000) }),
    output: z.object({ kept: z.boolean(), notes: z.int() }),
    async run(assistant, { text }, { workspace: folder, signal }) {
      let notes = 0;
      const events = await assistant.sources.add({ workspace: folder, kind: 'notes', text }, { signal });
      for await (const event of events) if (event.type === 'refreshed') notes = event.source.entries;
      return { kept: true, notes };
    },
  }),
  tool({
    name: 'changes_list',
    title: 'List changes of agents',
    description: 'What agents of nootropic changed in a folder, newest first.',
    ...{ role: 'read-only', annotations: looks },
    input: inputOf(changes.list['~orpc'].inputSchema)
      .omit({ limit: true })
      .extend({
        limit: z.int().min(1).max(10_000).default(50),
      }),
    output: z.object({ steps }),
    run: async (assistant, args, { workspace: folder, signal }) => ({
      steps: await assistant.changes.list({ ...args, workspace: folder }, { signal }),
    }),
  }),
  tool({
    name: 'changes_diff',
    title: 'Show changes of agents',
    description: 'Changes of agents as a unified diff: of a step, a turn or a session; by default the newest step.',
    ...{ role: 'read-only', annotations: looks },
    input: inputOf(changes.diff['~orpc'].inputSchema),
    output: outputOf(changes.diff['~orpc'].outputSchema),
    run: async (assistant, args, { workspace: folder, signal }) =>
      assistant.changes.diff({ ...args, workspace: folder }, { signal }),
  }),
  tool({
    name: 'changes_undo',
    title: 'Undo changes of agents',
    description:
      'Take changes of agents back, byte for byte. What was changed since by hand stays and is named as a conflict.',
    ...{ role: 'user', annotations: reverses },
    input: inputOf(changes.undo['~orpc'].inputSchema),
    output: outcome,
    run: async (assistant, args, { workspace: folder, signal }) =>
      assistant.changes.undo({ ...args, workspace: folder }, { signal }),
  }),
  tool({
    name: 'changes_redo',
    title: 'Make undone changes again',
    description: 'Make changes of agents again that were undone.',
    ...{ role: 'user', annotations: reverses },
    input: inputOf(changes.redo['~orpc'].inputSchema),
    output: outcome,
    run: async (assistant, args, { workspace: folder, signal }) =>
      assistant.changes.redo({ ...args, workspace: folder }, { signal }),
  }),
];
