import { errorTable, NootropicError, openaiErrorSchema, type ErrorCode } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { openaiError, refuseField } from './openai-errors.ts';

const codes = Object.keys(errorTable) as ErrorCode[];

describe('an error as OpenAI gives it', () => {
  it.each(codes)('has the form and the hint: %s', (code) => {
    const { status, body } = openaiError(new NootropicError(code, 'What happened.', { hint: 'What to do.' }));
    expect(openaiErrorSchema.parse(body).error.message).toBe('What happened. What to do.');
    expect(status).toBeGreaterThanOrEqual(400);
  });

  it.each([
    ['UNAUTHORIZED', 401, 'invalid_api_key'],
    ['MODEL_NOT_FOUND', 404, 'model_not_found'],
    ['CONTEXT_OVERFLOW', 400, 'context_length_exceeded'],
    ['QUEUE_FULL', 429, 'rate_limit_exceeded'],
    ['QUOTA_SPENT', 429, 'insufficient_quota'],
    ['MODEL_CRASHED', 503, 'model_crashed'],
  ] as const)('has the status and the code that clients know: %s', (code, status, name) => {
    expect(openaiError(new NootropicError(code))).toMatchObject({ status, body: { error: { code: name } } });
  });

  it('names the field', () => {
    expect(openaiError(refuseField('tools[0].name', 'No.'))).toMatchObject({
      body: { error: { param: 'tools[0].name' } },
    });
  });
});
