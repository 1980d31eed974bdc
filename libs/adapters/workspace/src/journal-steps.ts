import {
  NootropicError,
  type JournalChange,
  type JournalScope,
  type JournalSelection,
  type JournalStep,
} from '@nootropic/contracts';
import type { Database } from '@nootropic/sqlite';
import { countUp } from './journal-schema.ts';
import { hashOf, type Move, type PathState } from './journal-state.ts';

export interface StoredMove extends Move {
  readonly id: number;
  readonly undone: boolean;
}

export interface StoredStep {
  readonly step: JournalStep;
  readonly moves: readonly StoredMove[];
}

/** The steps in the database. */
export interface JournalSteps {
  add(
    scope: JournalScope,
    facts: { readonly at: number; readonly moves: readonly Move[]; readonly changes: readonly JournalChange[] },
  ): JournalStep;
  list(options: { readonly sessionId?: string; readonly limit?: number }): JournalStep[];
  /**
   * Steps that have something to be taken back, or to be made again, the first to be turned first; or just those meant, oldest first.
   * With nothing selected, a step that was taken back before another was made is not made again. Throws `NOT_FOUND` for a step that there is not.
   */
  select(selection: JournalSelection, way?: 'undo' | 'redo'): StoredStep[];
  byId(id: number): JournalStep;
  /** Notes that moves were taken back or made again, and what that makes of their steps. */
  turn(moves: readonly number[], back: boolean): void;
  /** The newest step after this one that is done and touched the path, and is none of `others`. */
  laterStep(path: string, after: number, others: readonly number[]): number | undefined;
  /** Lets go of the oldest step; `false` where only one is left. */
  dropOldest(): boolean;
}

interface StepRow {
  readonly id: number;
  readonly session: string;
  readonly turn: string;
  readonly label: string;
  readonly at: number;
  readonly changes: string;
  readonly open: number;
  readonly done: number;
  readonly undone: number;
}

interface MoveRow {
  readonly id: number;
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly undone: number;
}

export function createJournalSteps(db: Database): JournalSteps {
  const columns = 'id, session, turn, label, at, changes, open, done, undone';
  const insertStep = db.prepare(
    'INSERT INTO steps (session, turn, label, at, changes, size, open, done) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id',
  );
  const insertMove = db.prepare(
    'INSERT INTO moves (step, path, before, after, before_hash, after_hash) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const one = db.prepare<[number], StepRow>(`SELECT ${columns} FROM steps WHERE id = ?`);
  const movesOf = db.prepare<[number], MoveRow>(
    'SELECT id, path, before, after, undone FROM moves WHERE step = ? ORDER BY id',
  );
  const stored = (row: StepRow): StoredStep => ({ step: stepOf(row), moves: movesOf.all(row.id).map(moveOf) });

  return {
    add(scope, { at, moves, changes }) {
      const { sessionId, turnId, label } = scope;
      const text = JSON.stringify(changes);
      const size = moves.length;
      const done = countUp(db, 'turn');
      if (size > 0) db.prepare(`UPDATE counters SET value = ? WHERE name = 'made'`).run(done);
      const id = Number(insertStep.pluck().get(sessionId, turnId, label, at, text, size, size, done));
      for (const { path, before, after } of moves)
        insertMove.run(id, path, encode(before), encode(after), hashOf(before), hashOf(after));
      return { id, sessionId, turnId, label, at, changes, state: 'done' };
    },
    list: ({ sessionId, limit = -1 }) =>
      db
        .prepare<[string | null, string | null, number], StepRow>(
          `SELECT ${columns} FROM steps WHERE size > 0 AND (? IS NULL OR session = ?) ORDER BY id DESC LIMIT ?`,
        )
        .all(sessionId ?? null, sessionId ?? null, Number.isFinite(limit) ? limit : -1)
        .map(stepOf),
    select({ step, turnId, sessionId }, way) {
      const fits = ({ open, undone }: StepRow): boolean =>
        way === undefined ? open > 0 || step !== undefined : way === 'undo' ? open > 0 : undone > 0;
      if (step !== undefined) {
        const row = one.get(step);
        if (!row)
          throw new NootropicError('NOT_FOUND', `There is no step ${step}, or it was dropped to make room.`, {
            hint: 'Run `nootropic history` for those that there are.',
          });
        return fits(row) ? [stored(row)] : [];
      }
      const rows = db
        .prepare<(string | null)[], StepRow>(
          `SELECT ${columns} FROM steps WHERE size > 0 AND (? IS NULL OR turn = ?) AND (? IS NULL OR session = ?) ORDER BY id`,
        )
        .all(turnId ?? null, turnId ?? null, sessionId ?? null, sessionId ?? null)
        .filter(fits);
      if (way === 'undo') rows.sort((a, b) => b.done - a.done);
      if (way === 'redo') rows.sort((a, b) => b.undone - a.undone);
      if (turnId !== undefined || sessionId !== undefined) return rows.map(stored);
      const made = db.prepare<[], number>(`SELECT value FROM counters WHERE name = 'made'`).pluck().get() ?? 0;
      const fresh = way === 'redo' ? rows.filter(({ undone }) => undone > made) : rows;
      return (way === undefined ? fresh.slice(-1) : fresh.slice(0, 1)).map(stored);
    },
    byId(id) {
      const row = one.get(id);
      if (!row) throw new NootropicError('NOT_FOUND', `There is no step ${id}.`);
      return stepOf(row);
    },
    turn(moves, back) {
      const set = db.prepare('UPDATE moves SET undone = ? WHERE id = ? RETURNING step').pluck();
      const count = db.prepare<[number], number>('SELECT count(*) FROM moves WHERE step = ? AND undone = 0').pluck();
      const taken = db.prepare('UPDATE steps SET open = ?, undone = ? WHERE id = ?');
      const made = db.prepare(
        'UPDATE steps SET open = ?, done = ?, undone = CASE WHEN size = ? THEN 0 ELSE undone END WHERE id = ?',
      );
      // In the order in which they were turned.
      for (const step of new Set(moves.map((id) => Number(set.get(Number(back), id))))) {
        const open = count.get(step) ?? 0;
        if (back) taken.run(open, countUp(db, 'turn'), step);
        else made.run(open, countUp(db, 'turn'), open, step);
      }
    },
    laterStep(path, after, others) {
      const rows = db
        .prepare<[string, number], number>(
          `SELECT step FROM moves JOIN steps ON steps.id = step
           WHERE path = ? AND step > ? AND moves.undone = 0 ORDER BY step DESC`,
        )
        .pluck()
        .all(path, after);
      return rows.find((step) => !others.includes(step));
    },
    dropOldest() {
      const [oldest, next] = db.prepare<[], number>('SELECT id FROM steps ORDER BY id LIMIT 2').pluck().all();
      if (oldest === undefined || next === undefined) return false;
      db.prepare('DELETE FROM steps WHERE id = ?').run(oldest);
      return true;
    },
  };
}

function stepOf({ id, session, turn, label, at, changes, open }: StepRow): JournalStep {
  return {
    ...{ id, sessionId: session, turnId: turn, label, at },
    changes: JSON.parse(changes) as JournalChange[],
    state: open > 0 ? 'done' : 'undone',
  };
}

function moveOf({ id, path, before, after, undone }: MoveRow): StoredMove {
  return { id, path, before: decode(before), after: decode(after), undone: undone === 1 };
}

function encode(state: PathState): string | null {
  return state === null ? null : JSON.stringify(state);
}

function decode(text: string | null): PathState {
  return text === null ? null : (JSON.parse(text) as PathState);
}
