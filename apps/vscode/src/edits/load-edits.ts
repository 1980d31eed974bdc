import type { Assistant, TurnEvent } from '@nootropic/contracts';
import type { EditedFile, EditedPart } from './pending-edits.ts';
import { parseUnifiedDiff } from './unified-diff.ts';

type Changes = Pick<Assistant['changes'], 'diff' | 'list'>;

/** A file that a step of the journal changed, before its lines are known. */
export type FileChange = Omit<EditedFile, 'parts'> & { readonly step: number };

/** What a turn's event says of a file; none of an event that says nothing of one. A change that is no step of the journal cannot be taken back, and is none. */
export function fileChangeOf(event: TurnEvent, workspace: string): FileChange | undefined {
  if (event.type !== 'file-change') return undefined;
  const { step, path, change, from, sessionId, turnId } = event as Extract<TurnEvent, { type: 'file-change' }>;
  if (typeof step !== 'number' || typeof path !== 'string') return undefined;
  return {
    ...{ workspace, path, sessionId, turnId, step },
    change: change as FileChange['change'],
    ...(typeof from === 'string' && { from }),
  };
}

/** Reads the hunks of changes, each step's diff once. */
export function createEditLoader(changes: () => Promise<Changes>): (change: FileChange) => Promise<EditedFile> {
  const diffs = new Map<string, Promise<string>>();
  const diffOf = (workspace: string, step: number): Promise<string> => {
    const key = `${step} ${workspace}`;
    const known = diffs.get(key);
    if (known) return known;
    const asked = changes().then(async (part) => (await part.diff({ workspace, step })).diff);
    diffs.set(key, asked);
    asked.catch(() => diffs.delete(key));
    if (diffs.size > mostDiffs) diffs.delete(diffs.keys().next().value ?? '');
    return asked;
  };
  return async ({ step, ...file }) => ({
    ...file,
    parts: partsOf(await diffOf(file.workspace, step), { ...file, step }),
  });
}

/** Diffs that are kept in memory: a turn's steps come one after another. */
const mostDiffs = 20;

/** What can be judged of a step's change of a file: its hunks, or all of it where there are none, or where not all of it is in them. */
export function partsOf(
  diff: string,
  { step, path, from, change }: Pick<FileChange, 'step' | 'path' | 'from' | 'change'>,
): EditedPart[] {
  const of = parseUnifiedDiff(diff).filter(
    ({ oldPath, newPath }) => newPath === path || (newPath === '' && oldPath === path) || oldPath === from,
  );
  const [only] = of;
  if (of.length !== 1 || !only || only.hunks.length === 0 || change === 'deleted' || change === 'renamed')
    return [{ step, state: 'open' }];
  return only.hunks.map((hunk, index) => ({ step, index, hunk, state: 'open' }));
}

/** What the newest turn that is not undone changed, for a review that is asked for later. */
export async function lastTurn(changes: Changes, workspace: string): Promise<FileChange[]> {
  const steps = (await changes.list({ workspace, limit: mostSteps })).filter(({ state }) => state === 'done');
  const [newest] = steps;
  if (!newest) return [];
  return steps
    .filter(({ turnId, label }) => turnId === newest.turnId && !label.startsWith(rejection))
    .toReversed()
    .flatMap(({ id, sessionId, turnId, changes: made }) =>
      made
        .filter(({ kind }) => kind === 'file')
        .map(({ path, change, from }) => ({
          ...{ workspace, path, change, sessionId, turnId, step: id },
          ...(from !== undefined && { from }),
        })),
    );
}

const mostSteps = 1_000;
/** How the label of a step begins that took parts of another back: it was judged already. */
const rejection = 'reject parts of ';
