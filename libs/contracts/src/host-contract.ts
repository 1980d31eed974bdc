import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { turnEventSchema } from './events.ts';
import {
  auditEntrySchema,
  auditVerdictSchema,
  egressRowSchema,
  hostClientSchema,
  hostStatusSchema,
  mcpServerSchema,
  newHostClientSchema,
  settingSchema,
} from './host.ts';
import {
  chainEventSchema,
  chainInputSchema,
  executeEventSchema,
  executeInputSchema,
  executeLanguages,
  jobSchema,
  jobStates,
  newJobSchema,
} from './jobs.ts';
import { procedure } from './procedure.ts';

/** Turns that are running, and how a reader that lost its stream comes back to it. */
export const turnContract = {
  turns: {
    list: procedure
      .route({ method: 'GET', path: '/turns', summary: 'Turns that are running' })
      .output(hostStatusSchema.shape.turns),
    resume: procedure
      .route({
        method: 'POST',
        path: '/turns/resume',
        summary: 'The events of a session after one of them, then those of its running turn until it ends',
      })
      .input(
        z.object({
          sessionId: z.string(),
          after: z.int().min(0).default(0).describe('The `seq` of the last event seen.'),
        }),
      )
      .output(eventIterator(turnEventSchema)),
    stop: procedure
      .route({ method: 'POST', path: '/turns/stop', summary: 'End the running turn of a session' })
      .input(z.object({ sessionId: z.string() }))
      .output(z.object({ stopped: z.boolean().describe('False where none was running.') })),
  },
};

/** What the host knows of itself, of its clients, and of what left the machine. */
export const hostContract = {
  host: {
    status: procedure
      .route({ method: 'GET', path: '/host', summary: 'The host, its processes, its turns and its jobs' })
      .output(hostStatusSchema),
    stop: procedure
      .route({ method: 'POST', path: '/host/stop', summary: 'End the host; every stream gets its last event first' })
      .output(z.object({ pid: z.int() })),
    signIn: procedure
      .route({
        method: 'POST',
        path: '/host/sign-in',
        summary: 'A code, valid once and for 30 seconds, with which a browser on this machine can enter',
      })
      .output(z.object({ code: z.string(), expiresAt: z.number() })),
  },
  clients: {
    list: procedure
      .route({ method: 'GET', path: '/clients', summary: 'The programs that have a key of their own' })
      .output(z.array(hostClientSchema)),
    add: procedure
      .route({ method: 'POST', path: '/clients', summary: 'Make a key for a program' })
      .input(newHostClientSchema)
      .output(z.object({ client: hostClientSchema, key: z.string().describe('Shown once; only its digest is kept.') })),
    remove: procedure
      .route({ method: 'DELETE', path: '/clients/{name}', summary: 'Take the key of a program back' })
      .input(z.object({ name: z.string() }))
      .output(hostClientSchema),
  },
  config: {
    list: procedure
      .route({ method: 'GET', path: '/config', summary: 'Every setting, its value, and the layer it comes from' })
      .output(z.array(settingSchema)),
    set: procedure
      .route({ method: 'POST', path: '/config', summary: 'Write a setting to the user’s file, or take it out' })
      .input(z.object({ key: z.string(), value: z.unknown().optional().describe('Unset: it is taken out.') }))
      .output(settingSchema),
  },
  egress: {
    list: procedure
      .route({ method: 'GET', path: '/egress', summary: 'What left this machine, by day, host and cause' })
      .input(z.object({ days: z.coerce.number().int().min(1).max(3650).default(1) }))
      .output(z.array(egressRowSchema)),
  },
  audit: {
    list: procedure
      .route({ method: 'GET', path: '/audit', summary: 'What was permitted and done, newest first' })
      .input(z.object({ limit: z.coerce.number().int().min(1).max(10_000).default(100) }))
      .output(z.array(auditEntrySchema)),
    verify: procedure
      .route({ method: 'GET', path: '/audit/verify', summary: 'Whether the audit log is as it was written' })
      .output(auditVerdictSchema),
  },
  mcp: {
    list: procedure
      .route({ method: 'GET', path: '/mcp/servers', summary: 'MCP servers whose tools agents may use' })
      .output(z.array(mcpServerSchema)),
    approve: procedure
      .route({
        method: 'POST',
        path: '/mcp/servers/{name}/approve',
        summary: 'Approve the tools of a server as they are described now',
      })
      .input(z.object({ name: z.string(), tools: z.array(z.string()).optional().describe('Unset: all.') }))
      .output(mcpServerSchema),
  },
};

/** Work that goes on without a person: chains of models, programs in the sandbox, jobs in the queue. */
export const workContract = {
  chains: {
    run: procedure
      .route({ method: 'POST', path: '/v1/chains', summary: 'Run models one after another, or side by side' })
      .input(chainInputSchema)
      .output(eventIterator(chainEventSchema)),
  },
  execute: {
    run: procedure
      .route({ method: 'POST', path: '/v1/execute', summary: 'Run a program in the sandbox, without a network' })
      .input(executeInputSchema)
      .output(eventIterator(executeEventSchema)),
    languages: procedure
      .route({
        method: 'GET',
        path: '/v1/execute/languages',
        summary: 'Languages, and what this machine runs them with',
      })
      .output(
        z.array(
          z.object({
            language: z.enum(executeLanguages),
            available: z.boolean(),
            program: z.string(),
            hint: z.string().describe('What to install where it is not; else empty.'),
          }),
        ),
      ),
  },
  jobs: {
    add: procedure
      .route({ method: 'POST', path: '/jobs', summary: 'Put a job into the queue' })
      .input(newJobSchema)
      .output(z.object({ job: jobSchema, added: z.boolean() })),
    list: procedure
      .route({ method: 'GET', path: '/jobs', summary: 'Jobs, newest first' })
      .input(
        z.object({
          state: z.enum(jobStates).optional(),
          kind: z.string().optional(),
          limit: z.coerce.number().int().min(1).max(10_000).default(100),
        }),
      )
      .output(z.array(jobSchema)),
    show: procedure
      .route({ method: 'GET', path: '/jobs/{id}', summary: 'One job' })
      .input(z.object({ id: z.string() }))
      .output(jobSchema),
    watch: procedure
      .route({ method: 'POST', path: '/jobs/{id}/watch', summary: 'A job each time it changes, until it has ended' })
      .input(z.object({ id: z.string() }))
      .output(eventIterator(jobSchema)),
    change: procedure
      .route({ method: 'POST', path: '/jobs/{id}', summary: 'Cancel a job, try it again, or forget it' })
      .input(z.object({ id: z.string(), what: z.enum(['cancel', 'retry', 'remove']) }))
      .output(jobSchema),
  },
};
