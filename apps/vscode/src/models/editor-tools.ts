import type { Assistant } from '@nootropic/contracts';
import { z } from 'zod';
import type { Editor } from '../editor.ts';

/** What a tool is called with besides its input. */
export interface ToolCall {
  readonly assistant: Assistant;
  readonly workspace: string;
  readonly signal: AbortSignal;
}

/** A tool for models of the editor's own chat. Its name is one of `contributes.languageModelTools`, where its input is described too. */
export interface EditorTool {
  readonly name: string;
  readonly input: z.ZodObject;
  /** Said while it runs. */
  readonly saying: (vscode: Editor, input: never) => string;
  /** Asked before it runs, of what changes files. */
  readonly asking?: (
    vscode: Editor,
    input: never,
    call: ToolCall,
  ) => Promise<{ readonly title: string; readonly message: string }>;
  run(input: never, call: ToolCall): Promise<string>;
}

function tool<S extends z.ZodObject>(definition: {
  readonly name: string;
  readonly input: S;
  readonly saying: (vscode: Editor, input: z.output<S>) => string;
  readonly asking?: (
    vscode: Editor,
    input: z.output<S>,
    call: ToolCall,
  ) => Promise<{ readonly title: string; readonly message: string }>;
  run(input: z.output<S>, call: ToolCall): Promise<string>;
}): EditorTool {
  return definition;
}

const places = (
  list: readonly {
    readonly path: string;
    readonly startLine: number;
    readonly endLine: number;
    readonly text: string;
  }[],
) => list.map(({ path, startLine, endLine, text }) => `${path}:${startLine}-${endLine}\n${text}`).join('\n\n');

export const editorTools: readonly EditorTool[] = [
  tool({
    name: 'nootropic_search',
    input: z.object({ query: z.string().min(1), limit: z.int().min(1).max(50).default(10) }),
    saying: ({ l10n }, { query }) => l10n.t('Searching the code for “{0}”', query),
    async run({ query, limit }, { assistant, workspace, signal }) {
      const { hits } = await assistant.search({ workspace, query, limit }, { signal });
      if (hits.length === 0) return 'Nothing was found.';
      return places(hits.map((hit) => ({ ...hit, text: hit.snippet })));
    },
  }),
  tool({
    name: 'nootropic_symbol',
    input: z.object({ name: z.string().min(1) }),
    saying: ({ l10n }, { name }) => l10n.t('Looking for the definition of {0}', name),
    async run({ name }, { assistant, workspace, signal }) {
      const found = await assistant.symbol({ workspace, name }, { signal });
      if (found.length === 0) return `There is no symbol ${name}.`;
      return found
        .map(({ definition: { path, startLine, endLine, kind, signature, doc }, callers }) =>
          [
            `${path}:${startLine}-${endLine} ${kind} ${signature}`,
            ...(doc === '' ? [] : [doc]),
            ...callers.map((caller) => `  called in ${caller.path}:${caller.line} ${caller.from}`),
          ].join('\n'),
        )
        .join('\n\n');
    },
  }),
  tool({
    name: 'nootropic_graph',
    input: z.object({ ask: z.enum(['callers', 'callees', 'impact', 'tests']), symbol: z.string().min(1) }),
    saying: ({ l10n }, { symbol, ask }) => l10n.t('Walking the graph of {0}: {1}', symbol, ask),
    async run({ ask, symbol }, { assistant, workspace, signal }) {
      const answer = await assistant.graph({ workspace, ask, symbol, limit: 100 }, { signal });
      if (answer.unclear !== undefined)
        return `The symbol ${answer.unclear} is not known, or there are several. ${(answer.near ?? []).join(', ')}`.trim();
      if (answer.nodes.length === 0) return 'There is nothing.';
      return answer.nodes
        .map(({ symbol: node, depth, relation }) => {
          const name = node.name === '' ? node.path : node.name;
          return `${'  '.repeat(Math.max(0, depth - 1))}${relation} ${name} (${node.path}:${node.startLine})`;
        })
        .join('\n');
    },
  }),
  tool({
    name: 'nootropic_map',
    input: z.object({
      tokens: z.int().min(64).max(8_192).default(1_024),
      focus: z.array(z.string().min(1)).max(20).optional(),
    }),
    saying: ({ l10n }) => l10n.t('Reading the outline of the workspace'),
    run: async ({ tokens, focus }, { assistant, workspace, signal }) =>
      (await assistant.map({ workspace, tokens, ...(focus && { focus }) }, { signal })).text,
  }),
  tool({
    name: 'nootropic_undo',
    input: z.object({ step: z.int().positive().optional() }),
    saying: ({ l10n }) => l10n.t('Taking a change back'),
    async asking({ l10n }, { step }, { assistant, workspace, signal }) {
      const { changes } = assistant;
      const planned = await changes.undo({ workspace, ...(step !== undefined && { step }), dryRun: true }, { signal });
      const paths = planned.steps.flatMap((each) => each.changes.map(({ path }) => path));
      const message =
        paths.length === 0
          ? l10n.t('There is nothing to take back.')
          : l10n.t('These files go back to how they were before: {0}.', [...new Set(paths)].join(', '));
      return { title: l10n.t('Take the assistant’s change back?'), message };
    },
    async run({ step }, { assistant, workspace, signal }) {
      const { changes } = assistant;
      const done = await changes.undo({ workspace, ...(step !== undefined && { step }) }, { signal });
      const restored = done.restored.map(({ path }) => path);
      return [
        restored.length === 0 ? 'Nothing was taken back.' : `Taken back: ${restored.join(', ')}.`,
        ...done.conflicts.map(({ path, reason }) => `Not ${path}: ${reason}`),
      ].join('\n');
    },
  }),
];
