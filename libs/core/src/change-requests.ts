import { NootropicError, type Assistant, type Journal, type JournalSelection } from '@nootropic/contracts';
import { createChangeParts } from './change-parts.ts';
import type { WorkplacePorts } from './workplace.ts';

/** What agents changed and what they learnt: what `changes` and `lessons` of the contract ask. */
export function createChangeRequests({
  workplace,
}: Pick<WorkplacePorts, 'workplace'>): Pick<Assistant, 'changes' | 'lessons'> {
  const journal = async (workspace: string) => (await workplace(workspace)).journal();
  const reflexion = async (workspace: string) => (await workplace(workspace)).reflexion();
  return {
    changes: {
      list: async ({ workspace, sessionId, limit = 50 }) =>
        (await journal(workspace)).list({ limit: Number(limit), ...(sessionId !== undefined && { sessionId }) }),
      diff: async ({ workspace, ...asked }) => {
        const kept = await journal(workspace);
        return { diff: await kept.diff(await selectionOf(kept, asked)) };
      },
      undo: async ({ workspace, force = false, dryRun = false, ...asked }) => {
        const kept = await journal(workspace);
        return kept.undo(await selectionOf(kept, asked), { force, dryRun });
      },
      redo: async ({ workspace, force = false, dryRun = false, ...asked }) => {
        const kept = await journal(workspace);
        return kept.redo(await selectionOf(kept, asked), { force, dryRun });
      },
      ...createChangeParts({ workplace }),
    },
    lessons: {
      list: async ({ workspace }) => (await reflexion(workspace)).lessons(),
      remove: async ({ workspace, id }) => {
        if (await (await reflexion(workspace)).forget(id)) return { id };
        throw new NootropicError('NOT_FOUND', `There is no lesson ${id}.`, {
          hint: 'Run `nootropic lessons` for those there are.',
        });
      },
    },
  };
}

/** Turns and sessions are shown by the start of their ids, so a start is enough to name one. */
async function selectionOf(
  journal: Journal,
  asked: { readonly [K in keyof JournalSelection]: JournalSelection[K] | undefined },
): Promise<JournalSelection> {
  const { step, turnId, sessionId } = asked;
  const steps = turnId === undefined && sessionId === undefined ? [] : await journal.list({ limit: mostSteps });
  const whole = (start: string, ids: readonly string[]): string => {
    const found = new Set(ids.filter((id) => id.startsWith(start)));
    if (found.size > 1)
      throw new NootropicError('INPUT_INVALID', `Several ids begin with ${start}: ${[...found].join(', ')}.`);
    return [...found][0] ?? start;
  };
  return {
    ...(step !== undefined && { step }),
    ...(turnId !== undefined && {
      turnId: whole(
        turnId,
        steps.map((each) => each.turnId),
      ),
    }),
    ...(sessionId !== undefined && {
      sessionId: whole(
        sessionId,
        steps.map((each) => each.sessionId),
      ),
    }),
  };
}

/** Steps among which an id is looked for. */
const mostSteps = 10_000;
