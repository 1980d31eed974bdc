import { openaiChatRequestSchema } from '@nootropic/contracts';
import { expect, it } from 'vitest';
import type { z } from 'zod';
import { bodyError } from './wire-issue.ts';

const wrong = (schema: z.ZodType, value: unknown) => {
  const parsed = schema.safeParse(value);
  if (parsed.success) throw new Error('It was right.');
  return bodyError(parsed.error);
};

it.each([
  [
    { messages: [{ role: 'user', content: [{ type: 'text', text: 1 }] }] },
    'messages[0].content[0].text',
    'expected string',
  ],
  [{ messages: [{ role: 'user', content: 1 }] }, 'messages[0].content', 'expected string or array'],
  [{ messages: [] }, 'messages', '>=1'],
  [{ messages: [{ role: 'user', content: 'x' }], temperature: 3 }, 'temperature', '<=2'],
  [
    { messages: [{ role: 'user', content: 'x' }], tools: [{ type: 'function', function: { name: 'a b' } }] },
    'tools[0].function.name',
    'pattern',
  ],
])('names the field and what it needs: %j', (body, param, says) => {
  const error = wrong(openaiChatRequestSchema, body);
  expect(error).toMatchObject({ code: 'INPUT_INVALID', cause: { param } });
  expect(error.message).toContain(says);
});

it('names no field where the whole is wrong', () => {
  expect(wrong(openaiChatRequestSchema, 'x')).toMatchObject({ cause: { param: undefined } });
});
