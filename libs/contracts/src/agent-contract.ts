import { z } from 'zod';
import {
  customizationsSchema,
  diffAnswerSchema,
  journalOutcomeSchema,
  journalSelectionSchema,
  journalStepSchema,
  lessonSchema,
} from './changes.ts';
import { agentModes, permissionRuleSchema, permissionVerdictSchema } from './permissions.ts';
import { procedure, workspace } from './procedure.ts';

/** What an app may ask about the work of agents: what they changed, what they may do, what they learnt, and what version control can tell them. */
export const agentContract = {
  changes: {
    list: procedure
      .route({ method: 'GET', path: '/changes', summary: 'What agents changed in a workspace, newest first' })
      .input(
        z.object({
          workspace,
          sessionId: z.string().optional(),
          limit: z.coerce.number().int().min(1).max(10_000).default(50),
        }),
      )
      .output(z.array(journalStepSchema)),
    diff: procedure
      .route({ method: 'POST', path: '/changes/diff', summary: 'Changes of agents as a unified diff' })
      .input(z.object({ workspace, ...journalSelectionSchema.shape }))
      .output(z.object({ diff: z.string() })),
    undo: procedure
      .route({ method: 'POST', path: '/changes/undo', summary: 'Take changes of agents back' })
      .input(
        z.object({
          workspace,
          ...journalSelectionSchema.shape,
          force: z.boolean().default(false),
          dryRun: z.boolean().default(false),
        }),
      )
      .output(journalOutcomeSchema),
    redo: procedure
      .route({ method: 'POST', path: '/changes/redo', summary: 'Make undone changes again' })
      .input(
        z.object({
          workspace,
          ...journalSelectionSchema.shape,
          force: z.boolean().default(false),
          dryRun: z.boolean().default(false),
        }),
      )
      .output(journalOutcomeSchema),
  },
  trust: {
    show: procedure
      .route({ method: 'GET', path: '/trust', summary: 'Whether a folder is trusted, and what it holds for agents' })
      .input(z.object({ workspace }))
      .output(customizationsSchema),
    set: procedure
      .route({ method: 'POST', path: '/trust', summary: 'Trust a folder, or no longer' })
      .input(z.object({ workspace, trusted: z.boolean().optional(), unattended: z.boolean().optional() }))
      .output(customizationsSchema),
  },
  files: {
    list: procedure
      .route({ method: 'GET', path: '/files', summary: 'The entries of one folder of a workspace, by name' })
      .input(z.object({ workspace, path: z.string().default('').describe('Relative to the workspace.') }))
      .output(z.array(z.object({ path: z.string(), kind: z.enum(['file', 'folder', 'link', 'other']) }))),
  },
  permissions: {
    check: procedure
      .route({
        method: 'POST',
        path: '/permissions/check',
        summary: 'What the rules say of a command, a path or a host',
      })
      .input(
        z.object({
          workspace,
          tool: z.string().min(1).default('run'),
          subject: z.string().min(1).max(100_000),
          mode: z.enum(agentModes).optional(),
        }),
      )
      .output(permissionVerdictSchema),
    list: procedure
      .route({
        method: 'GET',
        path: '/permissions',
        summary: 'Every rule for commands that comes with the program, then the own ones',
      })
      .input(z.object({ workspace }))
      .output(z.array(z.object({ name: z.string(), own: z.boolean(), rule: permissionRuleSchema }))),
  },
  lessons: {
    list: procedure
      .route({ method: 'GET', path: '/lessons', summary: 'What was learnt from attempts that failed here' })
      .input(z.object({ workspace }))
      .output(z.array(lessonSchema)),
    remove: procedure
      .route({ method: 'DELETE', path: '/lessons/{id}', summary: 'Forget a lesson' })
      .input(z.object({ workspace, id: z.string() }))
      .output(z.object({ id: z.string() })),
  },
  git: {
    diff: procedure
      .route({
        method: 'POST',
        path: '/git/diff',
        summary: 'What differs between two states of a repository, cut to a size by file',
      })
      .input(
        z.object({
          workspace,
          of: z
            .enum(['staged', 'tracked', 'uncommitted', 'revision'])
            .describe(
              'What is to be committed; files that git knows, against the last commit; those and new ones; or what a revision changed.',
            ),
          revision: z
            .string()
            .min(1)
            .max(250)
            .optional()
            .describe('A commit, `A..B` or `A...B`; with `revision` only.'),
          paths: z.array(z.string().min(1).max(4096)).max(1000).optional(),
          everywhere: z
            .boolean()
            .default(false)
            .describe('Also what lies outside of the folder in the same repository; paths are then from its top.'),
          characters: z.int().min(500).max(1_000_000).default(60_000).describe('What the diffs together may take.'),
        }),
      )
      .output(diffAnswerSchema),
  },
};
