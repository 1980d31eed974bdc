import { z } from 'zod';

/** What the utility process tells main of the host. */
export const linkMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('starting') }),
  z.strictObject({
    type: z.literal('ready'),
    // Nowhere else may the token go.
    url: z.url({ protocol: /^http$/u, hostname: /^127\.0\.0\.1$/u }),
    token: z.string().min(32).max(1000),
    version: z.string().max(100),
    /** Whether it was not there before. */
    isNew: z.boolean(),
  }),
  z.strictObject({
    type: z.literal('failed'),
    code: z.string().max(100),
    message: z.string().max(4000),
    hint: z.string().max(4000),
  }),
]);
export type LinkMessage = z.infer<typeof linkMessageSchema>;

/** What main tells the utility process. */
export const linkOrderSchema = z.discriminatedUnion('type', [
  /** Have a host run, and watch it. `env`: keys of providers, for a host that is started now. `anew`: the one that runs is ended first. */
  z.strictObject({
    type: z.literal('ensure'),
    anew: z.boolean(),
    env: z.record(z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/u), z.string()),
  }),
  /** End the host. */
  z.strictObject({ type: z.literal('stop-host') }),
]);
export type LinkOrder = z.infer<typeof linkOrderSchema>;
