import type { PromptParts } from '@nootropic/contracts';
import type { Token } from 'node-llama-cpp';
import { promptTokens, type Speaker } from './model-process-answer.ts';

/** Prompts whose tokens are remembered: what is counted is as a rule read next. */
const remembered = 4;

/** `promptTokens`, once for each of the last prompts: a long one takes some ten milliseconds. */
export function createPromptTokens(
  speaker: Pick<Speaker, 'wrapper' | 'model'>,
  tokensOf = promptTokens,
): (prompt: PromptParts) => Token[] {
  const known = new Map<string, Token[]>();
  return (prompt) => {
    const { messages, tools, announcedTools, jsonSchema } = prompt;
    const key = JSON.stringify([messages, tools, announcedTools, jsonSchema === undefined]);
    const tokens = known.get(key) ?? tokensOf(speaker, prompt);
    known.delete(key);
    known.set(key, tokens);
    for (const oldest of known.keys()) if (known.size > remembered) known.delete(oldest);
    return [...tokens];
  };
}
