import { NootropicError, type Knowledge, type ToolCall, type ToolSpec } from '@nootropic/contracts';
import { z } from 'zod';

/** What a tool may use. Nothing else is in its reach. */
export interface ToolContext {
  readonly knowledge: Knowledge;
  readonly signal?: AbortSignal;
}

/** A tool of an agent: how the model sees it, and what it does. `run` gets only arguments that passed the schema. */
export interface Tool {
  readonly spec: ToolSpec;
  run(call: ToolCall, context: ToolContext): Promise<ToolOutcome>;
}

export interface ToolOutcome {
  readonly ok: boolean;
  /** What the model is told. A failure says what to try instead. */
  readonly content: string;
}

/** Characters of one result at most. About 2,000 tokens: a quarter of the smallest context that is usual. */
const maxContentLength = 8_000;

/**
 * Makes a tool of a schema and a function. Wrong arguments and a `NootropicError` become results that the model can read
 * and act on; only an abort is thrown. Long results are cut at a line, and the cut is said.
 */
export function defineTool<S extends z.ZodObject>(definition: {
  readonly name: string;
  readonly description: string;
  readonly parameters: S;
  readonly run: (args: z.output<S>, context: ToolContext) => Promise<string>;
}): Tool {
  const { $schema: _, ...parameters } = z.toJSONSchema(definition.parameters, { io: 'input' });
  return {
    spec: { name: definition.name, description: definition.description, parameters },
    async run(call, context) {
      const parsed = definition.parameters.safeParse(call.arguments);
      if (!parsed.success)
        return { ok: false, content: `Wrong arguments for ${definition.name}: ${z.prettifyError(parsed.error)}` };
      try {
        return { ok: true, content: cutContent(await definition.run(parsed.data, context), maxContentLength) };
      } catch (cause) {
        const error = NootropicError.from(cause);
        if (error.code === 'ABORTED') throw error;
        return { ok: false, content: `${error.message} ${error.hint}` };
      }
    },
  };
}

/** At most about `length` characters, cut at a line, and saying so to the model. */
export function cutContent(content: string, length: number): string {
  if (content.length <= length) return content;
  const end = content.lastIndexOf('\n', length);
  const kept = content.slice(0, end > 0 ? end : length);
  return `${kept}\n[cut: ${content.length - kept.length} more characters; ask for a smaller range]`;
}
