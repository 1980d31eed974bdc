import { z } from 'zod';
import { kvTypes } from './models.ts';
import { agentModes, permissionRuleSchema } from './permissions.ts';

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
          'The model that answers: `file:PATH`, `ollama:NAME[@URL]`, `openai:NAME@URL`, a model of an enabled provider (`anthropic:NAME`), or what it must be able to do (`needs:context>=16000,tools,local`). Unset: the newest imported model; with none, answers are extractive.',
        ),
      embedding: z
        .string()
        .default('builtin:embedder')
        .describe('The model that embeds code for search: `builtin:embedder` or `file:PATH`.'),
      completion: z
        .string()
        .min(1)
        .optional()
        .describe(
          'The model that completes code while one types. Unset: an imported model made for it, else the one that answers.',
        ),
      reranking: z.string().min(1).optional().describe('The model that orders search results. Unset: none.'),
      fallback: z
        .array(z.string().min(1))
        .max(16)
        .default([])
        .describe('Models that are tried in this order when the one that answers cannot be reached.'),
      contextLength: z
        .int()
        .min(512)
        .max(1_048_576)
        .optional()
        .describe(
          'Tokens of context to load a local model with. Unset: what fits, at most 16384 and what the model was trained on.',
        ),
      kvType: z
        .enum(kvTypes)
        .optional()
        .describe(
          'How a local model keeps what it has read; smaller takes less memory. Unset: `f16`, smaller where it would not fit.',
        ),
      threads: z
        .int()
        .min(1)
        .max(256)
        .optional()
        .describe('Threads that a local model computes with. Unset: chosen from the cores that are free.'),
      gpu: z.enum(['auto', 'off']).default('auto').describe('Whether a GPU is used where there is one.'),
      memoryLimit: z
        .int()
        .min(256)
        .optional()
        .describe(
          'Mebibytes of memory that local models may take together. Unset: what the machine has, less what the system needs.',
        ),
      stateLimit: z
        .int()
        .min(0)
        .default(2048)
        .describe(
          'Mebibytes of disk for what models have read, so that a conversation goes on without reading again; 0: none.',
        ),
      cache: z
        .enum(['off', 'deterministic'])
        .default('off')
        .describe(
          'Whether answers to requests that always have the same answer are kept and given again. Never for chat.',
        ),
      neverRemote: z
        .array(z.string().min(1))
        .default([])
        .describe(
          'Folders in which no model on another machine is ever used; `/` for all. No setting of a project can loosen this.',
        ),
    })
    .prefault({}),
  providers: z
    .strictObject({
      enabled: z
        .array(z.enum(['openai', 'anthropic', 'google', 'xai']))
        .default([])
        .describe('Providers on the internet that may be used. What is asked of their models leaves this machine.'),
    })
    .prefault({}),
  index: z
    .strictObject({
      vectors: z
        .enum(['auto', 'exact', 'lancedb'])
        .default('auto')
        .describe(
          'Where vectors are kept: `exact` compares with every vector, `lancedb` uses LanceDB. `auto`: exact up to 200,000 chunks, LanceDB above where it has a binary.',
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
  agent: z
    .strictObject({
      mode: z
        .enum(agentModes)
        .default('ask')
        .describe('How far the agent goes by itself: `plan`, `ask`, `auto-edit` or `auto`.'),
      maxSteps: z.int().min(1).max(1000).default(40).describe('Times that the agent may call tools in one turn.'),
      maxTokens: z.int().min(256).max(1_000_000).default(4096).describe('Tokens that one step of the agent may write.'),
      attempts: z
        .int()
        .min(1)
        .max(10)
        .default(2)
        .describe('Times that a change may fail its checks before it is taken back.'),
      checks: z
        .enum(['off', 'parse', 'all'])
        .default('all')
        .describe('What judges a change: nothing, the parser, or also type checker, linter and the nearest tests.'),
      editFormat: z
        .enum(['auto', 'whole-symbol', 'whole-file', 'search-replace', 'unified-diff', 'anchored-lines'])
        .default('auto')
        .describe('How the model writes changes down. `auto`: as its bench profile says, else by its size.'),
      webFetch: z.boolean().default(false).describe('Whether the agent may fetch pages from the network.'),
      undoLimit: z
        .int()
        .min(16)
        .default(2048)
        .describe('Mebibytes of disk for what can be undone, for each workspace; the oldest goes first.'),
    })
    .prefault({}),
  permissions: z
    .strictObject({
      rules: z
        .array(permissionRuleSchema)
        .max(1000)
        .default([])
        .describe('What tools may do: rules that allow, ask or deny. The strictest that matches wins.'),
      sandbox: z
        .enum(['auto', 'required'])
        .default('auto')
        .describe(
          '`auto`: commands run in the sandbox where there is one, and are asked for one by one elsewhere. `required`: without one none run.',
        ),
      hosts: z.array(z.string().min(1)).default([]).describe('Hosts that commands in the sandbox may connect to.'),
    })
    .prefault({}),
  host: z
    .strictObject({
      port: z
        .int()
        .min(0)
        .max(65_535)
        .default(4650)
        .describe('The port of the host on the loopback; another one that is free is taken where it is not. 0: any.'),
      idleMinutes: z
        .int()
        .min(0)
        .max(10_080)
        .default(30)
        .describe('Minutes without work after which a host that started by itself ends; 0: it stays.'),
      attach: z
        .boolean()
        .default(true)
        .describe('Whether commands use the host that is running, where one is, rather than work by themselves.'),
    })
    .prefault({}),
  network: z
    .strictObject({
      offline: z
        .boolean()
        .default(false)
        .describe('Refuses every connection that would leave this machine, of the program and of its children.'),
    })
    .prefault({}),
  queue: z
    .strictObject({
      kind: z.enum(['sqlite', 'redis']).default('sqlite').describe('Where jobs are kept.'),
      redisUrl: z
        .string()
        .default('redis://127.0.0.1:6379')
        .describe('Of `redis`: its address, for jobs that several machines share.'),
      workers: z.int().min(0).max(64).default(1).describe('Jobs that run at once in this host; 0: none here.'),
      keepDays: z
        .int()
        .min(0)
        .max(3650)
        .default(30)
        .describe(
          'Days for which jobs that are done or cancelled are kept; 0: until they are removed. Dead ones stay.',
        ),
    })
    .prefault({}),
  execute: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Whether programs may be run in the sandbox by `/v1/execute`.'),
      memory: z.int().min(16).max(65_536).default(512).describe('Mebibytes that such a program may take at most.'),
      seconds: z.int().min(1).max(600).default(60).describe('Seconds that it may run at most.'),
    })
    .prefault({}),
  mcp: z
    .strictObject({
      servers: z
        .record(
          z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/u),
          z.strictObject({
            command: z
              .array(z.string())
              .min(1)
              .optional()
              .describe('Program and arguments of a server on this machine.'),
            env: z.record(z.string(), z.string()).default({}),
            url: z
              .url({ protocol: /^https?$/u })
              .optional()
              .describe('Of a server over HTTP.'),
            enabled: z.boolean().default(true),
            hosts: z.array(z.string()).default([]).describe('Hosts that a server on this machine may connect to.'),
          }),
        )
        .default({})
        .describe('MCP servers whose tools agents may use, by name.'),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      traces: z
        .url({ protocol: /^https?$/u })
        .optional()
        .describe('Where traces of turns are sent, by OTLP over HTTP. Unset: nowhere.'),
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
