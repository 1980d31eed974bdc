import { z } from 'zod';

/** What a client of the host may do. `models`: only the standard APIs and MCP; `read-only`: also look; `user`: also act; `admin`: also change settings. */
export const clientRoles = ['models', 'read-only', 'user', 'admin'] as const;
export type ClientRole = (typeof clientRoles)[number];

const workClass = z.enum(['completion', 'chat', 'agent', 'embed', 'batch']);

export const hostClientSchema = z.object({
  name: z.string(),
  role: z.enum(clientRoles),
  workClass: workClass
    .optional()
    .describe('The class of its requests where they name none. Unset: by the kind of request.'),
  requestsPerMinute: z.int().optional(),
  tokensPerDay: z.int().optional().describe('Read, not reused, and written.'),
  createdAt: z.number(),
  usedAt: z.number().optional(),
  /** The first characters of its key, to tell keys apart. */
  hint: z.string(),
});
export type HostClient = z.infer<typeof hostClientSchema>;

export const newHostClientSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/u),
  role: z.enum(clientRoles).default('models'),
  workClass: workClass.optional(),
  requestsPerMinute: z.int().min(1).max(1_000_000).optional(),
  tokensPerDay: z.int().min(1).max(1_000_000_000).optional(),
});

export const hostProcessSchema = z.object({
  name: z.string().describe('`host`, `model`, `index of FOLDER`, `mcp NAME`.'),
  pid: z.int().optional(),
  state: z.enum(['starting', 'ready', 'busy', 'idle', 'restarting', 'degraded', 'stopped']),
  memory: z.number().optional().describe('Bytes resident.'),
  restarts: z.int(),
  detail: z.string(),
});
export type HostProcess = z.infer<typeof hostProcessSchema>;

export const hostStatusSchema = z.object({
  pid: z.int(),
  version: z.string(),
  startedAt: z.number(),
  /** `http://127.0.0.1:PORT`; unset in a process that serves nobody. */
  url: z.string().optional(),
  /** The port for clients that cannot send a key. */
  openPort: z.int().optional(),
  /** Milliseconds until it ends for want of work; unset where it stays. */
  endsInMs: z.number().optional(),
  connections: z.int(),
  turns: z.array(z.object({ sessionId: z.string(), turnId: z.string(), startedAt: z.number(), readers: z.int() })),
  jobs: z.object({ waiting: z.int(), running: z.int(), dead: z.int() }),
  processes: z.array(hostProcessSchema),
  offline: z.boolean(),
});
export type HostStatus = z.infer<typeof hostStatusSchema>;

/** What made something leave the machine, or try to. */
export const egressCauses = [
  'model-download',
  'model-registry',
  'cloud-model',
  'model-server',
  'source-page',
  'web-fetch',
  'command',
  'webhook',
  'mcp',
  'traces',
  'queue',
  'update-check',
  'client',
  'unknown',
] as const;
export type EgressCause = (typeof egressCauses)[number];

export const egressRowSchema = z.object({
  day: z.string().describe('`2026-11-21`, in UTC.'),
  host: z.string(),
  cause: z.enum(egressCauses),
  /** `host`, `model`, `index`, `command`, … */
  program: z.string(),
  connections: z.int(),
  refused: z.int(),
  sent: z.number().describe('Bytes.'),
  received: z.number(),
});
export type EgressRow = z.infer<typeof egressRowSchema>;

export const auditEntrySchema = z.object({
  seq: z.int().positive(),
  time: z.number(),
  actor: z.string().describe('`local`, or the name of a client.'),
  action: z.string().describe('`approve`, `run`, `change`, `undo`, `config`, `trust`, `client`, `call`, …'),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const auditVerdictSchema = z.object({
  ok: z.boolean(),
  entries: z.int(),
  /** Where it is not as it was written: the first such row, and what is wrong. */
  fault: z.object({ seq: z.int(), what: z.string() }).optional(),
  anchor: z.enum(['matches', 'missing', 'differs']),
});

export const mcpServerSchema = z.object({
  name: z.string(),
  command: z.array(z.string()).optional(),
  url: z.string().optional(),
  state: z.enum(['off', 'ready', 'failed', 'waits-for-approval']),
  detail: z.string(),
  tools: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      /** `changed`: its description or parameters are not those that were approved. */
      approval: z.enum(['approved', 'new', 'changed']),
      approved: z.string().optional().describe('Of `changed`: the description that was approved.'),
    }),
  ),
});
export type McpServer = z.infer<typeof mcpServerSchema>;

export const settingSchema = z.object({
  key: z.string(),
  value: z.unknown(),
  layer: z.enum(['default', 'user', 'environment', 'flag', 'unset']),
  layers: z.array(z.object({ layer: z.string(), value: z.unknown() })),
  description: z.string(),
  /** JSON Schema of its value, with its default: what a form is made of. */
  schema: z.record(z.string(), z.unknown()).optional(),
});
export type Setting = z.infer<typeof settingSchema>;
