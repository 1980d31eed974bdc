import type { OpenaiChatMessage } from '@nootropic/contracts';
import type { LanguageModelChatRequestMessage, ProvideLanguageModelChatResponseOptions } from 'vscode';
import type { Editor } from '../editor.ts';
import type { ChatAsked } from './openai-chat.ts';

/** What the editor asks a model, in the words of the host's API, with the names that the model sees for tools and what the editor calls them. */
export interface TranslatedRequest {
  readonly asked: Omit<ChatAsked, 'model'>;
  /** By the name that the model sees. */
  readonly toolNames: ReadonlyMap<string, string>;
}

type Options = Pick<ProvideLanguageModelChatResponseOptions, 'tools' | 'toolMode' | 'modelOptions'>;

/** Names of functions as the API takes them. */
const allowedName = /^[a-zA-Z0-9_.-]{1,64}$/u;

export function translateRequest(
  vscode: Editor,
  messages: readonly LanguageModelChatRequestMessage[],
  { tools = [], toolMode, modelOptions = {} }: Options,
): TranslatedRequest {
  const toolNames = new Map<string, string>();
  for (const [index, { name }] of tools.entries())
    toolNames.set(allowedName.test(name) && !toolNames.has(name) ? name : `tool_${index}`, name);
  const shown = new Map([...toolNames].map(([seen, name]) => [name, seen]));
  const isRequired = toolMode === vscode.LanguageModelChatToolMode.Required;
  return {
    toolNames,
    asked: {
      messages: messages.flatMap((message) => translateMessage(vscode, message, shown)),
      ...(tools.length > 0 && {
        tools: tools.map(({ name, description, inputSchema }) => ({
          type: 'function' as const,
          function: { name: shown.get(name) ?? name, description, ...(inputSchema && { parameters: inputSchema }) },
        })),
        tool_choice: isRequired ? ('required' as const) : ('auto' as const),
      }),
      ...optionsOf(modelOptions),
    },
  };
}

function translateMessage(
  vscode: Editor,
  { role, content }: LanguageModelChatRequestMessage,
  shown: ReadonlyMap<string, string>,
): OpenaiChatMessage[] {
  const text = content.map((part) => partText(vscode, part)).join('');
  if (role === vscode.LanguageModelChatMessageRole.Assistant) {
    const calls = content.flatMap((part) => (part instanceof vscode.LanguageModelToolCallPart ? [part] : []));
    if (text === '' && calls.length === 0) return [];
    const toolCalls = calls.map(({ callId, name, input }) => ({
      id: callId,
      type: 'function' as const,
      function: { name: shown.get(name) ?? name, arguments: JSON.stringify(input) },
    }));
    return [{ role: 'assistant', content: text, ...(toolCalls.length > 0 && { tool_calls: toolCalls }) }];
  }
  const results = content.flatMap((part): OpenaiChatMessage[] =>
    part instanceof vscode.LanguageModelToolResultPart
      ? [
          {
            role: 'tool',
            tool_call_id: part.callId,
            content: part.content.map((each) => partText(vscode, each)).join(''),
          },
        ]
      : [],
  );
  const isUser = role === vscode.LanguageModelChatMessageRole.User;
  const said: OpenaiChatMessage[] = text === '' ? [] : [{ role: isUser ? 'user' : 'system', content: text }];
  return [...results, ...said];
}

/** The text of a part; empty for what is none. Pictures are not said to be taken, so the editor sends none. */
export function partText(vscode: Editor, part: unknown): string {
  if (part instanceof vscode.LanguageModelTextPart) return part.value;
  if (part instanceof vscode.LanguageModelDataPart && /^(text\/|application\/json)/u.test(part.mimeType))
    return new TextDecoder().decode(part.data);
  return typeof part === 'string' ? part : '';
}

function optionsOf(options: NonNullable<Options['modelOptions']>): Partial<ChatAsked> {
  const number = (name: 'temperature' | 'top_p' | 'max_tokens' | 'seed') =>
    typeof options[name] === 'number' ? { [name]: options[name] } : {};
  return { ...number('temperature'), ...number('top_p'), ...number('max_tokens'), ...number('seed') };
}
