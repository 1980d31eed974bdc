import { z } from 'zod';

/**
 * How far an agent may go by itself.
 *
 * - `plan`: it reads, and nothing else is offered to it.
 * - `ask`: every change of a file and every command is asked for, but for what a rule allows.
 * - `auto-edit`: it changes files of the workspace by itself; commands are asked for.
 * - `auto`: commands run by themselves too, inside the sandbox. Only where there is a sandbox, and where a person once said yes to it for this folder.
 *
 * No mode loosens a rule that denies.
 */
export const agentModes = ['plan', 'ask', 'auto-edit', 'auto'] as const;
export type AgentMode = (typeof agentModes)[number];

export const permissionDecisions = ['allow', 'ask', 'deny'] as const;
export type PermissionDecision = (typeof permissionDecisions)[number];

/**
 * One rule about what tools may do. Of all rules that match, the strictest wins: `deny`, then `ask`, then `allow`.
 * The examples are checked when the rule is loaded; a rule that contradicts one is refused as a whole.
 */
export const permissionRuleSchema = z.strictObject({
  decision: z.enum(permissionDecisions),
  tool: z
    .string()
    .min(1)
    .default('*')
    .describe('A tool by its name: `edit`, `write`, `run`, `read`, `web-fetch`; `*`: any.'),
  path: z
    .string()
    .min(1)
    .optional()
    .describe('Of tools with a path: a glob over paths from the root of the workspace; `**` spans folders.'),
  command: z
    .string()
    .min(1)
    .optional()
    .describe('Of `run`: words that a command begins with, such as `git log`. It matches whole words only.'),
  host: z.string().min(1).optional().describe('Of `web-fetch`: a host name; `*.example.org` for all below it.'),
  reason: z.string().optional().describe('Shown when the rule asks or denies.'),
  matches: z.array(z.string()).default([]).describe('Paths, commands or hosts that this rule is about.'),
  differs: z.array(z.string()).default([]).describe('Such that it is not about, though they look alike.'),
});
export type PermissionRule = z.output<typeof permissionRuleSchema>;

/** What is to be done, as it is judged. */
export type PermissionSubject =
  | { readonly kind: 'path'; readonly tool: string; readonly path: string }
  | {
      readonly kind: 'command';
      readonly tool: string;
      readonly line: string;
      /** The folder that it begins in, relative to the root. Default the root. */
      readonly cwd?: string;
    }
  | { readonly kind: 'host'; readonly tool: string; readonly host: string }
  | { readonly kind: 'tool'; readonly tool: string };

export const permissionVerdictSchema = z.object({
  decision: z.enum(permissionDecisions),
  /** In one sentence, for the person who is asked and for the model that is refused. */
  reason: z.string(),
  /** The simple commands that were found in a shell line, as words, each with its own decision. */
  commands: z.array(z.object({ words: z.array(z.string()), decision: z.enum(permissionDecisions) })).optional(),
  /** Rules that a person may add so that the like is not asked again; the narrowest first. */
  offers: z.array(permissionRuleSchema).optional(),
});
export type PermissionVerdict = z.infer<typeof permissionVerdictSchema>;
