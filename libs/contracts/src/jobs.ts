import { z } from 'zod';
import { errorBodySchema } from './events.ts';
import { messageSchema } from './messages.ts';

export const jobKinds = ['turn', 'chain', 'completions', 'execute', 'index'] as const;
export type JobKind = (typeof jobKinds)[number];

/** `dead`: it failed as often as it may, and waits for a person. A job with a `cron` is `waiting` between its runs. */
export const jobStates = ['waiting', 'running', 'done', 'dead', 'cancelled'] as const;
export type JobState = (typeof jobStates)[number];

export const retrySchema = z.strictObject({
  attempts: z.int().min(1).max(50).default(3).describe('Runs before the job is dead.'),
  delayMs: z.int().min(0).max(86_400_000).default(1000).describe('Wait before the second run; it doubles each time.'),
  maxDelayMs: z.int().min(0).max(604_800_000).default(3_600_000),
  jitter: z.number().min(0).max(1).default(0.5).describe('Share of each wait that is left to chance.'),
});
export type Retry = z.output<typeof retrySchema>;

export const newJobSchema = z.strictObject({
  kind: z.enum(jobKinds),
  payload: z.record(z.string(), z.unknown()).describe('What a request of that kind takes.'),
  priority: z
    .int()
    .min(-100)
    .max(100)
    .default(0)
    .describe('Higher goes first; equals in the order in which they came.'),
  delayMs: z.int().min(0).max(31_536_000_000).default(0),
  cron: z
    .string()
    .max(200)
    .optional()
    .describe('Five fields, or six with seconds first. Runs again and again, in the time zone of the machine.'),
  retry: retrySchema.prefault({}),
  timeoutMs: z.int().min(100).max(86_400_000).default(3_600_000).describe('Of one run.'),
  idempotencyKey: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('A second job with the same key is not added; the first is given instead.'),
  webhook: z
    .strictObject({ url: z.url({ protocol: /^https?$/u }).max(2000), secret: z.string().min(24).max(200) })
    .optional()
    .describe('Is told when the job has ended, signed as in https://www.standardwebhooks.com.'),
  label: z.string().max(200).default(''),
});
export type NewJob = z.output<typeof newJobSchema>;

export const jobProgressSchema = z.object({ done: z.number(), total: z.number(), note: z.string().default('') });
export type JobProgress = z.infer<typeof jobProgressSchema>;

export const jobSchema = z.object({
  id: z.string(),
  kind: z.string(),
  label: z.string(),
  state: z.enum(jobStates),
  priority: z.int(),
  payload: z.record(z.string(), z.unknown()),
  /** Runs so far, the present one among them. */
  attempts: z.int(),
  retry: retrySchema,
  timeoutMs: z.number(),
  cron: z.string().optional(),
  idempotencyKey: z.string().optional(),
  /** Milliseconds since 1970. */
  createdAt: z.number(),
  /** When it may run, or did. */
  runAt: z.number(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
  progress: jobProgressSchema.optional(),
  result: z.unknown().optional(),
  /** Of the last run that failed. */
  error: errorBodySchema.optional(),
  /** What became of telling the webhook. */
  webhook: z.object({ url: z.string(), state: z.enum(['waiting', 'told', 'failed']), note: z.string() }).optional(),
});
export type Job = z.infer<typeof jobSchema>;

export const chainStepSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/u),
  model: z.string().optional().describe('Unset: the model that answers.'),
  system: z.string().max(100_000).optional(),
  prompt: z
    .string()
    .max(1_000_000)
    .describe('`{{input}}` stands for the input, `{{NAME}}` for what the step of that name wrote.'),
  after: z
    .array(z.string())
    .max(50)
    .optional()
    .describe('Steps that it waits for. Unset: those that its prompt names; with none, it begins at once.'),
  copies: z
    .int()
    .min(1)
    .max(16)
    .default(1)
    .describe('Runs it as often, with other seeds; what they wrote is put together.'),
  vote: z
    .enum(['none', 'majority', 'judge'])
    .default('none')
    .describe('Of copies: `majority` keeps the answer that most gave, `judge` asks the model which is best.'),
  maxTokens: z.int().min(1).max(1_000_000).optional(),
  temperature: z.number().min(0).max(2).optional(),
  seed: z.int().optional(),
  jsonSchema: z.record(z.string(), z.unknown()).optional(),
});
export type ChainStep = z.output<typeof chainStepSchema>;

export const chainInputSchema = z.strictObject({
  input: z.string().max(1_000_000).default(''),
  preset: z
    .enum(['draft-critique-revise', 'fan-out-vote'])
    .optional()
    .describe('A chain that is known; instead of `steps`.'),
  models: z.array(z.string()).max(16).optional().describe('Of a preset: the models that take its parts, in turn.'),
  steps: z.array(chainStepSchema).max(50).optional(),
  output: z.string().optional().describe('The step whose text is the result. Unset: the last one.'),
});
export type ChainInput = z.output<typeof chainInputSchema>;

export const chainEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('step-start'), step: z.string(), copy: z.int(), model: z.string() }),
  z.object({ type: z.literal('step-text'), step: z.string(), copy: z.int(), text: z.string() }),
  z.object({
    type: z.literal('step-end'),
    step: z.string(),
    copy: z.int(),
    text: z.string(),
    tokensRead: z.int(),
    tokensReused: z.int(),
    tokensWritten: z.int(),
  }),
  z.object({ type: z.literal('chain-end'), text: z.string(), steps: z.record(z.string(), z.array(z.string())) }),
]);
export type ChainEvent = z.infer<typeof chainEventSchema>;

export const executeLanguages = ['python', 'javascript', 'typescript', 'java', 'cpp', 'c', 'bash'] as const;
export type ExecuteLanguage = (typeof executeLanguages)[number];

export const executeInputSchema = z.strictObject({
  language: z.enum(executeLanguages),
  code: z.string().max(1_000_000),
  stdin: z.string().max(10_000_000).default(''),
  args: z.array(z.string().max(100_000)).max(1000).default([]),
  files: z
    .array(z.strictObject({ path: z.string().min(1).max(500), text: z.string().max(10_000_000) }))
    .max(100)
    .default([])
    .describe('Placed beside the program before it runs; relative paths.'),
  workspace: z
    .string()
    .optional()
    .describe(
      'A folder that it may read, at `workspace` in the temporary folder: `/tmp/workspace` on Linux. Unset: none.',
    ),
  limits: z
    .strictObject({
      seconds: z.number().min(0.1).max(600).default(30).describe('On the clock, compiling included.'),
      memoryMebibytes: z.int().min(16).max(65_536).default(512),
      processes: z.int().min(1).max(4096).default(64),
      outputBytes: z
        .int()
        .min(1024)
        .max(64_000_000)
        .default(1_000_000)
        .describe('Of each stream; more is dropped and said.'),
    })
    .prefault({}),
});
export type ExecuteInput = z.output<typeof executeInputSchema>;

export const executeEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), language: z.enum(executeLanguages), program: z.string(), sandbox: z.string() }),
  z.object({ type: z.literal('output'), stream: z.enum(['stdout', 'stderr']), text: z.string() }),
  z.object({
    type: z.literal('end'),
    exitCode: z.int().nullable(),
    /** `memory`, `processes`: a limit ended it; `compile`: it never ran. */
    reason: z.enum(['exit', 'signal', 'time', 'memory', 'processes', 'compile', 'aborted']),
    truncated: z.boolean(),
    tookMs: z.number(),
    /** The largest memory of its processes, where it can be measured. */
    peakBytes: z.number().optional(),
  }),
]);
export type ExecuteEvent = z.infer<typeof executeEventSchema>;

const toolSpecSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().default(''),
  parameters: z.record(z.string(), z.unknown()).default({ type: 'object' }),
});

/** What a job of kind `completions` takes: requests to a model, whose answers are its result, in the same order. */
export const completionsJobSchema = z.strictObject({
  model: z.string().optional().describe('Unset: the model that answers.'),
  requests: z
    .array(
      z.strictObject({
        id: z.string().max(200).optional().describe('Comes back with the answer.'),
        messages: z.array(messageSchema).min(1).max(10_000),
        tools: z.array(toolSpecSchema).max(500).optional(),
        maxTokens: z.int().min(1).max(1_000_000).optional(),
        temperature: z.number().min(0).max(2).optional(),
        topP: z.number().min(0).max(1).optional(),
        seed: z.int().optional(),
        stop: z.array(z.string().min(1)).max(16).optional(),
        jsonSchema: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .min(1)
    .max(10_000),
  concurrency: z.int().min(1).max(32).default(1).describe('Requests that are made at once.'),
});

export type CompletionsJob = z.output<typeof completionsJobSchema>;

/** What a job of kind `index` takes. */
export const indexJobSchema = z.strictObject({ workspace: z.string(), rebuild: z.boolean().default(false) });
