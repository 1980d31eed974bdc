import type { PromptParts } from '@nootropic/contracts';
import type { Token } from 'node-llama-cpp';
import { expect, it } from 'vitest';
import type { Speaker } from './model-process-answer.ts';
import { createPromptTokens } from './model-process-prompt.ts';

it('takes a prompt apart once, and a forgotten one, or another, anew', () => {
  const asked: string[] = [];
  const tokensOf = createPromptTokens({} as Speaker, (_, { messages }) => {
    asked.push(messages[0]?.content ?? '');
    return [asked.length as Token];
  });
  const prompt = (content: string): PromptParts => ({ messages: [{ role: 'user', content }] });
  const [first] = tokensOf(prompt('a'));
  expect(tokensOf({ ...prompt('a') })).toEqual([first]);
  expect(tokensOf({ ...prompt('a'), jsonSchema: {} })).not.toEqual([first]);
  for (const content of ['b', 'c', 'd', 'e']) tokensOf(prompt(content));
  expect(tokensOf(prompt('e'))).toEqual([6]);
  expect(tokensOf(prompt('a'))).toEqual([7]);
});
