import {
  NootropicError,
  type Actions,
  type Knowledge,
  type Skill,
  type ToolCall,
  type ToolSpec,
} from '@nootropic/contracts';
import { z } from 'zod';
import type { CallBody } from './call-body.ts';
import type { EditFormat } from './edit-formats.ts';
import type { PlanStep } from './plan.ts';
import type { SeenFiles } from './seen-files.ts';
import { flatSchema } from './flat-schema.ts';
import type { TurnStep } from './turn-step.ts';

/** What a tool may use. Nothing else is in its reach. */
export interface ToolContext {
  readonly knowledge: Knowledge;
  /** What the agent may do beyond reading. Absent: only reading tools are offered, and the others refuse. */
  readonly actions?: Actions;
  readonly signal?: AbortSignal;
  /** Characters that the result may have; what is longer is cut at its end. Default 8,000, and never more. */
  readonly room?: number;
  /** The text with the fenced block that belongs to this call; absent where the model wrote none. */
  readonly body?: CallBody;
  /** How this model writes changes down. Default `search-replace`. */
  readonly format?: EditFormat;
  /** What of which files the model was shown in this session. Absent: everything counts as shown. */
  readonly seen?: SeenFiles;
  /** Bodies that were refused once since they drop most of a file; the same again is meant. Absent: none is refused for that. */
  readonly doubted?: Set<string>;
  /** Default: none. */
  readonly plan?: readonly PlanStep[];
  readonly skills?: SkillShelf;
  /** Tools that are not in the prompt yet. */
  readonly further?: FurtherTools;
  /** Runs a task with a prompt of its own and gives its summary back. */
  readonly delegate?: Delegate;
}

/** Skills by name and description; a body is read when it is wanted. */
export interface SkillShelf {
  readonly list: readonly Skill[];
  read(skill: Skill, file?: string): Promise<string>;
}

export interface FurtherTools {
  readonly list: readonly Tool[];
  /** From here on the model may call it. */
  reveal(tool: Tool): void;
}

export type Delegate = (request: {
  readonly callId: string;
  /** A persona by its name. Default: the agent that asks. */
  readonly persona?: string;
  readonly task: string;
}) => AsyncGenerator<TurnStep, ToolOutcome>;

/** A tool of an agent: how the model sees it, and what it does. `run` gets only arguments that passed the schema. */
export interface Tool {
  readonly spec: ToolSpec;
  /** True for a tool that changes nothing, in the workspace or elsewhere: it is offered in every mode. */
  readonly reads: boolean;
  /** The call takes the fenced block of its step as its body. */
  readonly takesBody?: boolean;
  /**
   * Yields the events of what it does - requests for approval, changed files, results of checks - and returns what the model is told.
   * Only an abort is thrown.
   */
  run(call: ToolCall, context: ToolContext): AsyncGenerator<TurnStep, ToolOutcome>;
}

export interface ToolOutcome {
  readonly ok: boolean;
  /** What the model is told. A failure says what to try instead. */
  readonly content: string;
  /** Of a change: what became of it. Absent where nothing was changed. */
  readonly change?: 'written' | 'failed-checks' | 'reverted';
  /** The call needs the fenced block of the next step as its body. */
  readonly wantsBody?: true;
}

/** Characters of one result at most. About 2,000 tokens: a quarter of the smallest context that is usual. */
export const maxContentLength = 8_000;

interface Definition<S extends z.ZodObject> {
  readonly name: string;
  readonly description: string;
  readonly parameters: S;
}

/**
 * Makes a reading tool of a schema and a function. Wrong arguments and a `NootropicError` become results that the model can read
 * and act on; only an abort is thrown. Long results are cut at a line, and the cut is said.
 */
export function defineTool<S extends z.ZodObject>(
  definition: Definition<S> & { readonly run: (args: z.output<S>, context: ToolContext) => Promise<string> },
): Tool {
  return defineActing({
    ...definition,
    reads: true,
    async *run(args, context) {
      return { ok: true, content: await definition.run(args, context) };
    },
  });
}

/** Makes a tool that may yield events while it works, by the same rules as `defineTool`. */
export function defineActing<S extends z.ZodObject>(
  definition: Definition<S> & {
    readonly reads?: boolean;
    readonly takesBody?: boolean;
    readonly run: (args: z.output<S>, context: ToolContext, callId: string) => AsyncGenerator<TurnStep, ToolOutcome>;
  },
): Tool {
  return {
    spec: {
      name: definition.name,
      description: definition.description,
      parameters: flatSchema(z.toJSONSchema(definition.parameters, { io: 'input' })),
    },
    reads: definition.reads ?? false,
    ...(definition.takesBody && { takesBody: true }),
    async *run(call, context) {
      const parsed = definition.parameters.safeParse(call.arguments);
      if (!parsed.success)
        return { ok: false, content: `Wrong arguments for ${definition.name}: ${z.prettifyError(parsed.error)}` };
      try {
        const outcome = yield* definition.run(parsed.data, context, call.id);
        return { ...outcome, content: cutContent(outcome.content, maxContentLength) };
      } catch (cause) {
        const error = NootropicError.from(cause);
        if (error.code === 'ABORTED' || error.code === 'DISK_FULL') throw error;
        return { ok: false, content: `${error.message} ${error.hint}` };
      }
    },
  };
}

/** Runs a tool to its end and gives its outcome; its events go to `onStep`. */
export async function runTool(
  tool: Tool,
  call: ToolCall,
  { onStep, ...context }: ToolContext & { readonly onStep?: (step: TurnStep) => void },
): Promise<ToolOutcome> {
  const steps = tool.run(call, context);
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    onStep?.(step.value);
  }
}

/** At most about `length` characters, cut at a line, and saying so to the model. */
export function cutContent(content: string, length: number): string {
  if (content.length <= length) return content;
  const end = content.lastIndexOf('\n', length);
  const kept = content.slice(0, end > 0 ? end : length);
  return `${kept}\n[cut: ${content.length - kept.length} more characters; ask for a smaller range]`;
}

/** What a tool answers where the agent may only read. */
export const unableToAct: ToolOutcome = {
  ok: false,
  content: 'Only questions are answered here: nothing can be changed or run.',
};
