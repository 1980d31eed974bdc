import { z } from 'zod';
import { citationSchema, contextBlockSchema } from './passages.ts';
import { attachmentSchema, toolCallSchema } from './messages.ts';
import { agentModes, permissionRuleSchema } from './permissions.ts';

const base = z.object({
  /** Counts up by one within a session, from 1. No number is used twice and none is left out. */
  seq: z.int().positive(),
  sessionId: z.string(),
  turnId: z.string(),
  /** Milliseconds since 1970 in UTC. */
  time: z.number(),
});

export const errorBodySchema = z.object({ code: z.string(), message: z.string(), hint: z.string() });

export const usageSchema = z.object({
  /** Prompt tokens evaluated in this turn. */
  tokensRead: z.int().nonnegative(),
  /** Prompt tokens that were still in the model's memory and were not read again. */
  tokensReused: z.int().nonnegative(),
  /** Tokens generated. */
  tokensWritten: z.int().nonnegative(),
  /** US dollars; absent for models that run here. */
  cost: z.number().nonnegative().optional(),
  /** Milliseconds from the request to the first shown text; absent when no text was shown. */
  firstTextMs: z.number().nonnegative().optional(),
  /** Milliseconds of the whole turn. */
  totalMs: z.number().nonnegative(),
});
export type Usage = z.infer<typeof usageSchema>;

/** `stuck`: the agent repeated itself, or came no further, and was stopped. */
export const stopReasons = ['done', 'length', 'steps', 'stuck', 'aborted'] as const;

function event<T extends string, S extends z.ZodRawShape>(type: T, shape: S) {
  return base.extend({ type: z.literal(type), ...shape });
}

/** Every kind of event this version knows. Names are noun-verb; `-delta` pieces add up in order. */
export const knownTurnEventSchema = z.discriminatedUnion('type', [
  event('turn-start', {
    text: z.string(),
    agent: z.string(),
    workspace: z.string(),
    attachments: z.array(attachmentSchema).optional(),
    /** Names of the agent's tools that are new to the session: all of them in its first turn. */
    tools: z.array(z.string()).optional(),
    mode: z.enum(agentModes).optional(),
    /** What the turn adds to the agent's prompt, once: instructions of the workspace, the names of skills, lessons. Material of its time, kept so that a replay reads the same. */
    preamble: z.string().optional(),
  }),
  event('context-ready', {
    blocks: z.array(contextBlockSchema),
    tokens: z.int().nonnegative(),
    /** Milliseconds of the search. */
    tookMs: z.number(),
    /** Milliseconds before it, until the index was up to date. */
    indexMs: z.number().optional(),
    /** Characters that each attached text was cut to, in their order, where they were longer than the model can read. */
    attached: z.array(z.int().nonnegative()).optional(),
  }),
  event('model-chosen', {
    /** A model reference, or `none` where the answer is extractive. */
    model: z.string(),
    reason: z.string(),
  }),
  event('reasoning-delta', { text: z.string() }),
  event('text-delta', { text: z.string() }),
  event('tool-call', { call: toolCallSchema }),
  event('tool-result', { callId: z.string(), name: z.string(), ok: z.boolean(), content: z.string() }),
  /** Work waits for a person: for leave to do something, or, with the action `question`, for an answer. */
  event('approval-request', {
    requestId: z.string(),
    /** `edit`, `write`, `run`, `web-fetch`, `question`, or the name of another tool. */
    action: z.string(),
    /** What is to be done, in full: the diff of a change, the line of a command, the question. */
    detail: z.string(),
    callId: z.string().optional(),
    paths: z.array(z.string()).optional(),
    /** Why it is asked. */
    reason: z.string().optional(),
    /** Of a command: whether it would run in the sandbox. */
    sandboxed: z.boolean().optional(),
    /** Of a question: answers to choose from. */
    options: z.array(z.string()).optional(),
    /** Rules that the answer `always` would add, the first of them. */
    offers: z.array(permissionRuleSchema).optional(),
  }),
  event('approval-answer', {
    requestId: z.string(),
    decision: z.enum(['allow', 'always', 'deny']),
    /** The answer to a question, or why it is denied. */
    text: z.string().optional(),
    /** Nobody was there to be asked. */
    automatic: z.boolean().optional(),
    /** Of a change that was allowed: what of its diff was not. */
    without: z.array(z.object({ path: z.string(), hunks: z.array(z.int().min(0)).optional() })).optional(),
  }),
  /** What the person said while the turn ran; the agent reads it with its next step. */
  event('user-message', {
    text: z.string(),
    /** Said by the program in the person's place: what the agent overlooked. */
    automatic: z.literal(true).optional(),
  }),
  event('file-change', {
    path: z.string(),
    change: z.enum(['created', 'modified', 'deleted', 'renamed']),
    from: z.string().optional(),
    /** The step of the journal that can be undone. */
    step: z.int().optional(),
    added: z.int().nonnegative().optional(),
    removed: z.int().nonnegative().optional(),
  }),
  event('check-result', { name: z.string(), ok: z.boolean(), output: z.string(), step: z.int().optional() }),
  /** A step was taken back since it failed its checks, and this was learnt. */
  event('lesson', { text: z.string(), paths: z.array(z.string()) }),
  event('agent-start', { agentId: z.string(), name: z.string(), task: z.string() }),
  event('agent-end', { agentId: z.string(), ok: z.boolean(), text: z.string() }),
  /** The session goes on from before this turn: it and all that followed are no part of the prompt any more. */
  event('rewind', { toTurn: z.string(), code: z.boolean() }),
  event('plan-update', {
    steps: z.array(z.object({ text: z.string(), state: z.enum(['open', 'active', 'done', 'dropped']) })),
  }),
  event('compaction', {
    tokensBefore: z.int(),
    tokensAfter: z.int(),
    /** Of the oldest turns of the session, so many are told from here on as question and answer only. */
    shortened: z.int().nonnegative().optional(),
    /** Of those, so many are left out. */
    dropped: z.int().nonnegative().optional(),
    /** Within a turn: of its steps so far, so many of the newest are told whole from here on, the older ones in short. Set by the agent's loop, which sets neither of the two above. */
    keep: z.int().nonnegative().optional(),
    /** With `keep`: of the older steps' calls, so many of the newest are told in one line each. */
    lines: z.int().nonnegative().optional(),
  }),
  event('progress', { task: z.string(), done: z.number(), total: z.number(), note: z.string().optional() }),
  event('notice', { level: z.enum(['info', 'warning']), code: z.string(), message: z.string() }),
  event('turn-end', {
    reason: z.enum(stopReasons),
    /** The whole answer as shown: all `text-delta` of the turn, joined. */
    text: z.string(),
    /** The passages that the answer rests on, each checked to exist: those it names or, where it names none, those it was given. */
    citations: z.array(citationSchema),
    usage: usageSchema,
  }),
  event('turn-error', { error: errorBodySchema, usage: usageSchema }),
]);

export type KnownTurnEvent = z.infer<typeof knownTurnEventSchema>;
export type TurnEventType = KnownTurnEvent['type'];
export const turnEventTypes = knownTurnEventSchema.options.map(
  (option) => option.shape.type.value,
) as readonly TurnEventType[];

/** An event of a kind that this version does not know. It is kept as it came and skipped by readers. */
export type UnknownTurnEvent = z.infer<typeof base> & { type: string; [field: string]: unknown };

/**
 * One event of a turn. Events go one way, up, in the order of `seq`. A turn starts with `turn-start` and ends
 * with exactly one `turn-end` or `turn-error`, unless its process was killed.
 */
export const turnEventSchema = z.union([
  knownTurnEventSchema,
  base
    .extend({ type: z.string() })
    .loose()
    .refine((value) => !(turnEventTypes as readonly string[]).includes(value.type), {
      message: 'a known event with a wrong shape',
    }),
]);
export type TurnEvent = KnownTurnEvent | UnknownTurnEvent;

/** True for an event whose kind this version knows; narrows to the union that a `switch` can exhaust. */
export function isKnownEvent(value: TurnEvent): value is KnownTurnEvent {
  return (turnEventTypes as readonly string[]).includes(value.type);
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** An event before the session gave it its place: what the agents' loop yields. */
export type TurnEventBody = DistributiveOmit<KnownTurnEvent, 'seq' | 'sessionId' | 'turnId' | 'time'>;
