import { z } from 'zod';

/**
 * Every setting. One schema, parsed once by the server; libraries receive plain values.
 * `docs/reference/config.md` is generated from the descriptions here.
 *
 * A setting is named by its dotted path. Later layers win: default, user file, environment
 * (`NOOTROPIC_MODELS_CHAT` for `models.chat`), command line.
 */
export const configSchema = z.strictObject({
  models: z
    .strictObject({
      chat: z
        .string()
        .min(1)
        .optional()
        .describe(
          'The model that answers: `file:PATH`, `ollama:NAME[@URL]` or `openai:NAME@URL`. Unset: the newest imported model; with none, answers are extractive.',
        ),
      embedding: z
        .string()
        .default('builtin:embedder')
        .describe('The model that embeds code for search: `builtin:embedder` or `file:PATH`.'),
      contextLength: z
        .int()
        .min(512)
        .max(1_048_576)
        .optional()
        .describe('Tokens of context to load a local model with. Unset: what the model was trained on, at most 8192.'),
      threads: z
        .int()
        .min(1)
        .max(256)
        .optional()
        .describe('Threads that a local model computes with. Unset: chosen from the cores that are free.'),
    })
    .prefault({}),
  index: z
    .strictObject({
      vectors: z
        .enum(['auto', 'exact', 'lancedb'])
        .default('auto')
        .describe(
          'Where vectors are kept: `exact` compares with every vector, `lancedb` uses LanceDB. `auto`: exact up to 100,000 chunks, LanceDB above where it has a binary.',
        ),
      maxFileBytes: z
        .int()
        .min(1024)
        .max(10_000_000)
        .default(1_000_000)
        .describe('Files larger than this many bytes are not indexed.'),
    })
    .prefault({}),
  answer: z
    .strictObject({
      maxTokens: z.int().min(1).max(1_000_000).default(1024).describe('Tokens that one answer may have.'),
      contextTokens: z
        .int()
        .min(256)
        .max(1_000_000)
        .default(3000)
        .describe('Tokens of passages given to the model with a question.'),
      maxSteps: z
        .int()
        .min(1)
        .max(100)
        .default(8)
        .describe('Times that the model may call tools before it must answer.'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info')
        .describe('The least severe line that is written to the log file.'),
    })
    .prefault({}),
});

export type Config = z.output<typeof configSchema>;

/** What a user writes down: any part of the configuration. */
export type ConfigInput = z.input<typeof configSchema>;

export type ConfigLayer = 'default' | 'user' | 'environment' | 'flag';
