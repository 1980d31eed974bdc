import type { GenerateRequest, Message, ToolSpec } from '@nootropic/contracts';
import type { ChatHistoryItem, ChatModelFunctionCall, ChatModelFunctions, ChatModelResponse } from 'node-llama-cpp';
import { toGrammarSchema } from './llama-schema.ts';

/**
 * The messages as the library keeps them: a call and its result are one entry of the model's turn, and what the model
 * says after a result continues that turn. A call without a result, which a stopped turn leaves behind, gets an empty one.
 */
export function toChatHistory(messages: readonly Message[]): ChatHistoryItem[] {
  const history: ChatHistoryItem[] = [];
  const open = new Map<string, ChatModelFunctionCall>();
  const turn = (): ChatModelResponse => {
    const last = history.at(-1);
    if (last?.type === 'model') return last;
    const next: ChatModelResponse = { type: 'model', response: [] };
    history.push(next);
    return next;
  };
  for (const message of messages) {
    switch (message.role) {
      case 'system':
        history.push({ type: 'system', text: message.content });
        break;
      case 'user':
        history.push({ type: 'user', text: message.content });
        break;
      case 'assistant': {
        const { response } = turn();
        if (message.content !== '') response.push(message.content);
        for (const call of message.toolCalls ?? []) {
          const entry: ChatModelFunctionCall = {
            type: 'functionCall',
            name: call.name,
            params: call.arguments,
            result: '',
          };
          open.set(call.id, entry);
          response.push(entry);
        }
        break;
      }
      case 'tool': {
        const entry = open.get(message.toolCallId);
        if (entry === undefined)
          turn().response.push({ type: 'functionCall', name: message.name, params: {}, result: message.content });
        else entry.result = message.content;
        break;
      }
    }
  }
  return history;
}

/** The tools in the library's form; their parameters become grammars, so that a call is always well formed. */
export function toFunctions(tools: readonly ToolSpec[]): ChatModelFunctions {
  return Object.fromEntries(
    tools.map((tool) => [
      tool.name,
      {
        description: tool.description,
        // What a tool takes is an object, whatever else its schema allows.
        ...(takesNothing(tool.parameters)
          ? {}
          : { params: toGrammarSchema({ ...tool.parameters, type: 'object' }, false) }),
      },
    ]),
  );
}

/**
 * The same tools for the grammar of a call. The library writes every property of an object, so one that is not required may be null there
 * (`withoutNulls` takes it out again), and those that `constrain` names take its values only.
 */
export function toGrammarFunctions(
  tools: readonly ToolSpec[],
  constrain: NonNullable<GenerateRequest['constrain']> = {},
): ChatModelFunctions {
  return toFunctions(
    tools.map((tool) => {
      if (takesNothing(tool.parameters)) return tool;
      const properties = Object.entries(tool.parameters['properties'] as Record<string, object>);
      const required = requiredOf(tool);
      const limited = properties.map(([name, schema]): [string, object] => {
        const values = constrain[tool.name]?.[name] ?? [];
        const one = values.length > 0 ? { enum: values } : schema;
        return [name, required.has(name) ? one : { oneOf: [one, { type: 'null' }] }];
      });
      return { ...tool, parameters: { ...tool.parameters, properties: Object.fromEntries(limited) } };
    }),
  );
}

/** The arguments of a call without those that are null only because the grammar asks for every one. */
export function withoutNulls(
  given: Readonly<Record<string, unknown>>,
  tool: ToolSpec | undefined,
): Record<string, unknown> {
  const required = tool ? requiredOf(tool) : new Set<unknown>();
  return Object.fromEntries(Object.entries(given).filter(([name, value]) => value !== null || required.has(name)));
}

function requiredOf({ parameters }: ToolSpec): ReadonlySet<unknown> {
  const { required } = parameters;
  return new Set(Array.isArray(required) ? (required as unknown[]) : []);
}

function takesNothing(parameters: ToolSpec['parameters']): boolean {
  const properties = parameters['properties'];
  return typeof properties !== 'object' || properties === null || Object.keys(properties).length === 0;
}

/** Tokens that an answer may have: what was asked for, at most what the context still holds after the prompt. */
export function answerLimit(request: Pick<GenerateRequest, 'maxTokens'>, room: number): number {
  return Math.max(1, Math.min(request.maxTokens ?? 1024, room));
}
