import { readdirSync } from 'node:fs';
import { NootropicError } from '@nootropic/contracts';
import type { JournalBlobs } from './journal-blobs.ts';
import type { JournalGuard } from './journal-guard.ts';
import type { Task } from './journal-hand.ts';
import { hashWhereItFits, isAt, isMissing, look, openFolder, type Found } from './journal-place.ts';
import { foldersAbove, isUnkept, sameState, type Move, type PathState } from './journal-state.ts';
import type { StoredStep } from './journal-steps.ts';

export interface JournalPlan {
  readonly tasks: readonly Task[];
  /** The moves that are taken back, or made again, by their number in the database, in the order of the steps. */
  readonly turned: readonly { readonly id: number; readonly path: string }[];
  readonly conflicts: readonly { readonly path: string; readonly reason: string }[];
  readonly lost: readonly string[];
  /** What goes over the changes of somebody else. */
  readonly forced: readonly Move[];
}

export interface PlanOptions {
  readonly guard: JournalGuard;
  readonly blobs: JournalBlobs;
  /** Takes steps back, else makes them again. */
  readonly back: boolean;
  readonly force: boolean;
  /** The newest step that is done, is none of these, and came after one that touched the path. */
  readonly laterStep: (path: string, after: number) => number | undefined;
  /** Keeps the content of a file that is to be gone over. */
  readonly keep: (path: string) => Promise<Found>;
}

/** One path on its way through the steps. */
interface Course {
  readonly found: Found;
  /** What is on the disk, as far as the steps know. */
  readonly from: PathState;
  to: PathState;
  readonly forced: boolean;
  readonly turned: number[];
}

/**
 * What has to be done to take steps back (newest first) or to make them again (oldest first). A path takes part where it is now as the first
 * of its steps left it; where it is already as it shall be there is nothing to do. All else is a conflict, or goes along with `force`.
 */
export async function planTurn(steps: readonly StoredStep[], options: PlanOptions): Promise<JournalPlan> {
  const { guard, back, blobs } = options;
  const { root } = guard.confinement;
  const courses = new Map<string, Course>();
  const conflicts = new Map<string, string>();
  for (const step of steps) {
    for (const move of step.moves) {
      if (move.undone === back) continue;
      const { path } = move;
      const [from, to] = back ? [move.after, move.before] : [move.before, move.after];
      if (conflicts.has(path)) continue;
      const course = courses.get(path);
      if (course) {
        if (sameState(course.to, from) || sameState(course.to, to) || options.force) {
          course.to = to;
          course.turned.push(move.id);
        } else conflicts.set(path, 'The steps do not follow one another: one in between was taken back by itself.');
        continue;
      }
      const found = guard.isProtected(path, true) ? undefined : await look(root, path, hashWhereItFits([from, to]));
      const fits = found && (isAt(found, from, to === null) || isAt(found, to) || isGoneFolder(found, to));
      if (fits) {
        courses.set(path, { found, from: isAt(found, to) ? to : from, to, forced: false, turned: [move.id] });
        continue;
      }
      const current = options.force && found && found.state !== 'other' ? await options.keep(path) : undefined;
      if (!current || current.state === 'other' || isUnkept(current.state)) {
        conflicts.set(
          path,
          found ? reasonOf(found, from, options.laterStep(path, step.step.id)) : 'It may not be written.',
        );
        continue;
      }
      courses.set(path, { found: current, from: current.state, to, forced: true, turned: [move.id] });
    }
  }
  const blocked = await findBlocked(root, courses, options);
  for (const [path, reason] of blocked) {
    courses.delete(path);
    conflicts.set(path, reason);
  }
  const isLost = ({ to, found }: Course): boolean =>
    !isAt(found, to) && (isUnkept(to) || (to?.kind === 'file' && !blobs.has(to.hash ?? '')));
  const all = [...courses];
  const turned = new Set(all.flatMap(([, course]) => course.turned));
  const tasks = all
    .filter(([, course]) => !isLost(course) && !isAt(course.found, course.to))
    .map(([path, { from, to, found }]): Task => ({ path, from, to, mark: found.mark }));
  const changed = new Set(tasks.map(({ path }) => path));
  // With what goes into a folder that takes the place of something else: it has to go before that can come back.
  const isForced = (path: string): boolean => courses.get(path)?.forced === true && changed.has(path);
  return {
    tasks,
    turned: steps.flatMap(({ moves }) => moves.flatMap(({ id, path }) => (turned.has(id) ? [{ id, path }] : []))),
    conflicts: [...conflicts].map(([path, reason]) => ({ path, reason })),
    lost: all.filter(([, course]) => isLost(course)).map(([path]) => path),
    forced: tasks.filter((task) => isForced(task.path) || foldersAbove(task.path).some(isForced)).map(moveOf),
  };
}

function moveOf({ path, from, to }: Task): Move {
  return { path, before: from, after: to };
}

/** A folder that was to go and is gone, or was to come and is there: whose it is does not matter. */
function isGoneFolder({ state }: Found, to: PathState): boolean {
  return to?.kind === 'folder' && state !== 'other' && state?.kind === 'folder';
}

function reasonOf({ state }: Found, from: PathState, later: number | undefined): string {
  if (later !== undefined) return `Step ${later} changed it since; take that back first.`;
  if (state === null) return 'It was deleted since.';
  if (from === null) return 'Something else stands there by now.';
  if (
    state !== 'other' &&
    state.kind === 'file' &&
    from.kind === 'file' &&
    state.mode !== from.mode &&
    state.hash === from.hash
  )
    return 'Its permissions were changed since.';
  return 'It was changed since.';
}

/** Paths that cannot come back because of what stands above them, or below. Decided from the outside in. */
async function findBlocked(
  root: string,
  courses: Map<string, Course>,
  { force, keep }: PlanOptions,
): Promise<Map<string, string>> {
  const blocked = new Map<string, string>();
  const folders = new Map<string, string | undefined>();
  const whyNoFolder = async (folder: string): Promise<string | undefined> => {
    const course = courses.get(folder);
    if (course && !blocked.has(folder))
      return course.to === null || course.to.kind === 'folder' ? undefined : `${folder} is no folder then.`;
    const found = await look(root, folder, () => null);
    if (found.state === null || (found.state !== 'other' && found.state.kind === 'folder')) return undefined;
    if (!force || found.state === 'other' || course) return `${folder} is no folder by now.`;
    const held = await keep(folder);
    if (held.state === 'other' || isUnkept(held.state)) return `${folder} is no folder by now.`;
    courses.set(folder, {
      found: held,
      from: held.state,
      to: { kind: 'folder', mode: 0o755 },
      forced: true,
      turned: [],
    });
    return undefined;
  };
  for (const [path, { to }] of [...courses].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (to === null) continue;
    for (const folder of foldersAbove(path)) {
      if (!folders.has(folder)) folders.set(folder, await whyNoFolder(folder));
      const why = folders.get(folder);
      if (why !== undefined && !blocked.has(path)) blocked.set(path, why);
    }
  }
  const goes = (path: string): Course | undefined => {
    const course = blocked.has(path) ? undefined : courses.get(path);
    return course?.to === null ? course : undefined;
  };
  // A folder that makes room for a file has to be empty by then.
  for (const [path, { found, to }] of courses) {
    const { state } = found;
    if (to === null || to.kind === 'folder' || state === null || state === 'other' || state.kind !== 'folder') continue;
    if (!willBeEmpty(root, path, goes)) blocked.set(path, 'It is a folder that holds other files.');
  }
  return blocked;
}

function willBeEmpty(root: string, folder: string, goes: (path: string) => Course | undefined): boolean {
  return namesIn(root, folder).every((name) => {
    const path = `${folder}/${name}`;
    const course = goes(path);
    if (!course) return false;
    const { state } = course.found;
    return state === null || state === 'other' || state.kind !== 'folder' || willBeEmpty(root, path, goes);
  });
}

function namesIn(root: string, folder: string): string[] {
  try {
    const { base, close } = openFolder(root, folder);
    try {
      return readdirSync(base);
    } finally {
      close();
    }
  } catch (error) {
    if (isMissing(error) || NootropicError.is(error)) return [];
    throw error;
  }
}
