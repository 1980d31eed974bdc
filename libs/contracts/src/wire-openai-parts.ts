import { z } from 'zod';

/** What several requests of the OpenAI API share. */

export const openaiModelName = z
  .string()
  .max(4096)
  .nullish()
  .describe('A name of `/v1/models`, a reference, or `default`. Unset: the model that answers.');

export const openaiTemperature = z.number().min(0).max(2).nullish().describe('Default 0.2.');
export const openaiTopP = z.number().min(0).max(1).nullish();

export const openaiReasoningEffort = z
  .enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
  .nullish()
  .describe(
    'How many tokens the model may think: none 0, minimal 256, low 1024, medium 4096, high 16384, more: as many as it likes.',
  );

export const openaiMetadata = z.record(z.string().max(64), z.string().max(512)).nullish();

export const openaiErrorSchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
});
