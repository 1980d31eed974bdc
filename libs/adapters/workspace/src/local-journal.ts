import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  NootropicError,
  type FileWrite,
  type Files,
  type Journal,
  type JournalContents,
  type JournalOutcome,
  type JournalSelection,
} from '@nootropic/contracts';
import { mapSqliteError } from '@nootropic/sqlite';
import { fileError } from './file-error.ts';
import { createJournalBlobs, type JournalBlobs } from './journal-blobs.ts';
import { changesOf, diffOf, netMoves } from './journal-changes.ts';
import { createJournalGuard, type JournalGuard } from './journal-guard.ts';
import { createJournalHand, type Task } from './journal-hand.ts';
import { createJournalIntents, type TurnIntent, type WatchIntent, type WriteIntent } from './journal-intents.ts';
import { openJournalLock } from './journal-lock.ts';
import { look, type Found } from './journal-place.ts';
import { planTurn } from './journal-plan.ts';
import { openJournalDatabase } from './journal-schema.ts';
import { foldersAbove, folderOf, hashOf, isUnkept, nameOf, sameState, type PathState } from './journal-state.ts';
import { createJournalSteps, type StoredStep } from './journal-steps.ts';
import { createJournalTree } from './journal-tree.ts';
import { confinementOf } from './local-files.ts';

export interface LocalJournalOptions {
  /** The folder whose changes are recorded, or the `Files` over it. */
  readonly root: string | Files;
  /** The folder of this workspace's journal, outside of the workspace. Made where it is missing; readable by this user only. */
  readonly dir: string;
  /** Bytes of content that are kept; the oldest steps go first. A snapshot takes at most half. Default 2 GiB. */
  readonly limitBytes?: number;
  /** Files larger than this are not kept by `watch`. Default 64 MiB. */
  readonly maxFileBytes?: number;
  /** Absolute paths of the program's own files: nothing at or below them is ever written or recorded. Default none but `dir`. */
  readonly protectedPaths?: readonly string[];
  /** How long to wait for another change of the same workspace, in milliseconds, before `STORE_BUSY`. Default 30 000. */
  readonly waitMs?: number;
  /** Milliseconds since 1970. Default the clock. */
  readonly now?: () => number;
}

const defaults = { limitBytes: 2 * 1024 ** 3, maxFileBytes: 64 * 1024 ** 2, waitMs: 30_000 };

/**
 * `Journal` on the local disk: contents by their SHA-256, steps in SQLite.
 *
 * Of a write with `from`, `expects` is about the file that is renamed. What somebody else changes while a watched command runs is recorded
 * with the command: the two cannot be told apart. A watch that was broken off by the end of the program is recorded by the next one.
 *
 * @throws `PATH_NOT_FOUND` or `INPUT_INVALID` for a root that is no folder; what the database is refused for.
 */
export async function createLocalJournal(options: LocalJournalOptions): Promise<Journal> {
  const { limitBytes, maxFileBytes, waitMs } = { ...defaults, ...options };
  const now = options.now ?? Date.now;
  const confinement = await confinementOf(typeof options.root === 'string' ? options.root : options.root.root);
  const { root } = confinement;
  const path = join(options.dir, 'journal.db');
  const db = openJournalDatabase(path);
  const own = await Promise.all([options.dir, ...(options.protectedPaths ?? [])].map(realOf));
  const guard = createJournalGuard(confinement, own.flat());
  const blobs = createJournalBlobs(db, join(options.dir, 'blobs'));
  const hand = createJournalHand(root, blobs);
  const steps = createJournalSteps(db);
  const budgetBytes = limitBytes / 2;
  const tree = createJournalTree({ db, blobs, guard, maxFileBytes, budgetBytes, clock: Date.now });
  const intents = createJournalIntents({ db, blobs, hand, steps, tree });
  const lock = openJournalLock(join(options.dir, 'lock.db'), waitMs);

  const makeRoom = (): void => {
    if (blobs.total() <= limitBytes) return;
    blobs.sweep();
    while (blobs.total() > limitBytes && steps.dropOldest()) blobs.sweep();
  };
  /** All that changes anything: alone, after what another program left undone, and with errors of the port. */
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await lock.hold(async () => {
        await intents.recover();
        const result = await work();
        makeRoom();
        return result;
      });
    } catch (error) {
      throw failure(error, path);
    }
  };
  /** Does what puts contents down and says what is to come of them, in one transaction. */
  const prepared = async <T>(work: () => Promise<T>): Promise<T> => {
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = await work();
      blobs.flush();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };
  const keep = (at: string): Promise<Found> => look(root, at, blobs.keepFile);

  const turn = (
    undo: boolean,
    selection: JournalSelection,
    { force = false, dryRun = false }: { readonly force?: boolean; readonly dryRun?: boolean },
  ): Promise<JournalOutcome> =>
    alone(async () => {
      const chosen = steps.select(selection, undo ? 'undo' : 'redo');
      const ids = chosen.map(({ step }) => step.id);
      const { plan, intent, id } = await prepared(async () => {
        const laterStep = (at: string, after: number): number | undefined => steps.laterStep(at, after, ids);
        const made = await planTurn(chosen, { guard, blobs, back: undo, force, laterStep, keep });
        const first = chosen[0]?.step;
        const begun: TurnIntent = {
          ...{ kind: 'turn', undo, tag: newTag(), tasks: made.tasks, turned: made.turned },
          ...(first &&
            made.forced.length > 0 && {
              forced: {
                scope: {
                  sessionId: first.sessionId,
                  turnId: first.turnId,
                  label: `${undo ? 'undo' : 'redo'} over what was changed since`,
                },
                at: now(),
                moves: made.forced,
              },
            }),
        };
        const nothing = dryRun || made.turned.length === 0;
        return { plan: made, intent: begun, id: nothing ? undefined : intents.begin(begun) };
      });
      const left = id === undefined ? [] : await intents.carryOut(id, intent);
      const moves = plan.tasks
        .filter((task) => !left.includes(task.path))
        .map(({ path: at, from, to }) => ({ path: at, before: from, after: to }));
      return {
        steps: ids.map((each) => steps.byId(each)),
        restored: changesOf(moves, blobs),
        conflicts: [...plan.conflicts, ...left.map((at) => ({ path: at, reason: 'It was changed meanwhile.' }))],
        lost: plan.lost,
      };
    });

  const journal: Journal = {
    write: (scope, files) =>
      alone(async () => {
        const { id, intent } = await prepared(async () => {
          const tasks = await tasksOf(files, { guard, blobs });
          const begun: WriteIntent = { kind: 'write', scope: plainScope(scope), at: now(), tag: newTag(), tasks };
          return { id: intents.begin(begun), intent: begun };
        });
        return intents.write(
          id,
          intent,
          (left) => new NootropicError('FILE_CHANGED', `${left.join(', ')} changed while it was written; nothing was.`),
        );
      }),
    watch: (scope, work) =>
      alone(async () => {
        tree.keep(await tree.look());
        const intent: WatchIntent = { kind: 'watch', scope: plainScope(scope), at: now() };
        const id = intents.begin(intent);
        let result;
        try {
          result = await work();
        } catch (error) {
          await intents.endWatch(id, intent);
          throw new WorkFailed(error);
        }
        const step = await intents.endWatch(id, intent);
        return { result, ...(step && { step }) };
      }).catch((error: unknown) => {
        throw error instanceof WorkFailed ? error.cause : error;
      }),
    list: async (asked = {}) => steps.list(asked),
    diff: async (selection, { maxCharacters = 1_000_000 } = {}) => {
      const chosen = steps.select(selection);
      return diffOf(netMoves(chosen.flatMap(({ moves }) => moves)), blobs, maxCharacters);
    },
    contents: async (step, path) => {
      const [chosen] = steps.select({ step });
      return contentsOf(chosen, path, blobs);
    },
    undo: (selection = {}, how = {}) => turn(true, selection, how),
    redo: (selection = {}, how = {}) => turn(false, selection, how),
    async [Symbol.asyncDispose]() {
      lock[Symbol.dispose]();
      db.close();
    },
  };
  // What cannot be ended now is tried again, and told, when something is to be changed.
  await lock.holdIfFree(() => intents.recover()).catch(() => undefined);
  return journal;
}

/** What the work of a watch threw; it passes through unchanged. */
class WorkFailed extends Error {
  constructor(cause: unknown) {
    super('The work failed.', { cause });
  }
}

function failure(error: unknown, path: string): unknown {
  if (error instanceof WorkFailed || NootropicError.is(error)) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('SQLITE_') || code === 'ENOSPC' || code === 'EDQUOT') return mapSqliteError(error, path);
  return fileError(error, error instanceof Error && 'path' in error ? String(error.path) : path);
}

function newTag(): string {
  return randomBytes(6).toString('hex');
}

function plainScope({ sessionId, turnId, label }: WriteIntent['scope']): WriteIntent['scope'] {
  return { sessionId, turnId, label };
}

/** A path as it was given and without links: either may be how it is met. */
async function realOf(path: string): Promise<string[]> {
  const { realpath } = await import('node:fs/promises');
  const real = await realpath(path).catch(() => path);
  return real === path ? [path] : [path, real];
}

interface Means {
  readonly guard: JournalGuard;
  readonly blobs: JournalBlobs;
}

/** What a write comes to, path by path; what is there now and what shall be is kept by then. */
async function tasksOf(files: readonly FileWrite[], { guard, blobs }: Means): Promise<Task[]> {
  const { root } = guard.confinement;
  const tasks = new Map<string, Task>();
  const add = (task: Task): void => {
    if (tasks.has(task.path)) throw new NootropicError('INPUT_INVALID', `${JSON.stringify(task.path)} is named twice.`);
    tasks.set(task.path, task);
  };
  const regular = async (path: string): Promise<Found> => {
    const found = await look(root, path, blobs.keepFile);
    const { state } = found;
    if (state !== null && (state === 'other' || state.kind !== 'file'))
      throw new NootropicError('INPUT_INVALID', `${JSON.stringify(path)} is not a regular file.`);
    if (isUnkept(state))
      throw new NootropicError('DENIED', `${JSON.stringify(path)} may not be read, so it could not be brought back.`);
    return found;
  };
  for (const file of files) {
    const from = file.from === undefined ? undefined : await guard.targetOf(file.from);
    const path = await newNameOf(guard, file.path, from);
    const there = await regular(path);
    const source = from === undefined ? undefined : await regular(from);
    if (source?.state === null)
      throw new NootropicError('PATH_NOT_FOUND', `There is no ${JSON.stringify(file.from)} to rename.`);
    const held = (source ?? there).state as PathState;
    if (file.expects !== undefined && file.expects !== hashOf(held))
      throw new NootropicError(
        'FILE_CHANGED',
        `${JSON.stringify(file.from ?? file.path)} is not as it was when it was read.`,
      );
    if (from !== undefined && source) add({ path: from, from: held, to: null, mark: source.mark });
    add({ path, from: there.state as PathState, to: stateOf(file, held, blobs), mark: there.mark });
  }
  for (const { path, to } of [...tasks.values()]) {
    if (to === null) continue;
    for (const folder of foldersAbove(path)) {
      if (tasks.has(folder)) continue;
      const { state, mark } = await look(root, folder, () => null);
      if (state === null) add({ path: folder, from: null, to: { kind: 'folder', mode: 0o755 }, mark });
      else if (state === 'other' || state.kind !== 'folder')
        throw new NootropicError('INPUT_INVALID', `${JSON.stringify(folder)} is no folder.`);
    }
  }
  return [...tasks.values()].filter(({ from, to }) => !sameState(from, to));
}

/** One path of a step, with what it held. */
function contentsOf(chosen: StoredStep | undefined, path: string, blobs: JournalBlobs): JournalContents {
  const own = chosen?.moves.filter((move) => move.path === path) ?? [];
  const [first, last] = [own[0], own.at(-1)];
  if (!chosen || !first || !last)
    throw new NootropicError('NOT_FOUND', `That step did not change ${JSON.stringify(path)}.`);
  const from = chosen.step.changes.find((change) => change.path === path)?.from;
  const source = from === undefined ? undefined : chosen.moves.find((move) => move.path === from);
  const before = (source ?? first).before;
  return {
    before: contentOf(before, blobs),
    after: contentOf(last.after, blobs),
    ...(before?.kind === 'file' && { mode: before.mode & 0o777 }),
    ...(from !== undefined && { from }),
  };
}

function contentOf(state: PathState, blobs: JournalBlobs): Uint8Array | null | undefined {
  if (state === null) return null;
  if (state.kind !== 'file' || state.hash === null || !blobs.has(state.hash)) return undefined;
  return blobs.read(state.hash);
}

/** Where a file is to be; of a rename that changes only how a name is spelled, the new spelling. */
async function newNameOf(guard: JournalGuard, asked: string, from: string | undefined): Promise<string> {
  const path = await guard.targetOf(asked);
  const name = nameOf(
    asked.replace(/[/\\]+$/u, '').replaceAll('\\', guard.confinement.flavour.style === 'win32' ? '/' : '\\'),
  );
  if (path !== from || name === nameOf(path)) return path;
  return folderOf(path) === '' ? name : `${folderOf(path)}/${name}`;
}

function stateOf({ content, mode }: FileWrite, held: PathState, blobs: JournalBlobs): PathState {
  if (content === null) return null;
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  const kept = held?.kind === 'file' ? held.mode : (mode ?? 0o644) & 0o777;
  return { kind: 'file', mode: kept, size: bytes.length, hash: blobs.keep(bytes) };
}
