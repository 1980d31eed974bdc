import { z } from 'zod';
import { citationSchema, contextBlockSchema } from './passages.ts';
import { attachmentSchema, toolCallSchema } from './messages.ts';

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

export const stopReasons = ['done', 'length', 'steps', 'aborted'] as const;

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
  }),
  event('context-ready', {
    blocks: z.array(contextBlockSchema),
    tokens: z.int().nonnegative(),
    tookMs: z.number(),
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
  event('approval-request', { requestId: z.string(), action: z.string(), detail: z.string() }),
  event('file-change', { path: z.string(), change: z.enum(['created', 'modified', 'deleted', 'renamed']) }),
  event('check-result', { name: z.string(), ok: z.boolean(), output: z.string() }),
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
