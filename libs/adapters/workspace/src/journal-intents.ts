import type { JournalScope, JournalStep } from '@nootropic/contracts';
import type { Database } from '@nootropic/sqlite';
import { changesOf } from './journal-changes.ts';
import type { JournalBlobs } from './journal-blobs.ts';
import type { JournalHand, Task } from './journal-hand.ts';
import type { Move } from './journal-state.ts';
import type { JournalSteps } from './journal-steps.ts';
import { movesBetween, type JournalTree } from './journal-tree.ts';

/** Files are to be written as one step. */
export interface WriteIntent {
  readonly kind: 'write';
  readonly scope: JournalScope;
  readonly at: number;
  readonly tag: string;
  readonly tasks: readonly Task[];
  /** It failed, and is being taken back. */
  readonly back?: true;
}

/** Steps are to be taken back or made again. */
export interface TurnIntent {
  readonly kind: 'turn';
  readonly undo: boolean;
  readonly tag: string;
  readonly tasks: readonly Task[];
  readonly turned: readonly { readonly id: number; readonly path: string }[];
  /** What goes over the changes of somebody else, as a step of its own. */
  readonly forced?: { readonly scope: JournalScope; readonly at: number; readonly moves: readonly Move[] };
  readonly back?: true;
}

/** Something runs that may change anything. */
export interface WatchIntent {
  readonly kind: 'watch';
  readonly scope: JournalScope;
  readonly at: number;
}

type Intent = WriteIntent | TurnIntent | WatchIntent;

export interface JournalIntents {
  /** Puts down what is to be done, in the transaction that is open. */
  begin(intent: Intent): number;
  /** Does it and makes it part of the history. Gives the paths that were left alone. Where it fails it is taken back, and the failure thrown. */
  carryOut(id: number, intent: TurnIntent): Promise<string[]>;
  /** The same for files: all or none. Throws what `refuse` gives for the paths that somebody changed meanwhile. */
  write(id: number, intent: WriteIntent, refuse: (left: readonly string[]) => Error): Promise<JournalStep>;
  /** Compares with the snapshot and ends a watch. */
  endWatch(id: number, intent: WatchIntent): Promise<JournalStep | undefined>;
  /** Ends what a program that is gone had begun. */
  recover(): Promise<void>;
}

export interface JournalIntentsOptions {
  readonly db: Database;
  readonly blobs: JournalBlobs;
  readonly hand: JournalHand;
  readonly steps: JournalSteps;
  readonly tree: JournalTree;
}

/** What is under way, put down before it begins, so that a program that dies in the middle leaves nothing half done. */
export function createJournalIntents({ db, blobs, hand, steps, tree }: JournalIntentsOptions): JournalIntents {
  const insert = db.prepare('INSERT INTO intents (body) VALUES (?) RETURNING id').pluck();
  const update = db.prepare('UPDATE intents SET body = ? WHERE id = ?');
  const remove = db.prepare('DELETE FROM intents WHERE id = ?');
  const all = db.prepare<[], { id: number; body: string }>('SELECT id, body FROM intents ORDER BY id');
  const addStep = (scope: JournalScope, at: number, moves: readonly Move[]): JournalStep =>
    steps.add(scope, { at, moves, changes: changesOf(moves, blobs) });

  const takeBack = async (id: number, intent: WriteIntent | TurnIntent): Promise<void> => {
    update.run(JSON.stringify({ ...intent, back: true } satisfies Intent), id);
    const reversed = intent.tasks.map(({ path, from, to }) => ({ path, from: to, to: from }));
    hand.tidy(intent.tasks, intent.tag);
    hand.tidy(reversed, intent.tag);
    await hand.carryOut(reversed, intent.tag);
    remove.run(id);
  };
  const endWrite = db.transaction((id: number, intent: WriteIntent, left: readonly string[]): JournalStep => {
    const moves = intent.tasks
      .filter(({ path }) => !left.includes(path))
      .map(({ path, from, to }): Move => ({ path, before: from, after: to }));
    remove.run(id);
    return addStep(intent.scope, intent.at, moves);
  });
  const endTurn = db.transaction((id: number, intent: TurnIntent, left: readonly string[]): void => {
    const { turned, forced, undo } = intent;
    const isLeft = new Set(left);
    // The step of its own comes first, so that what is turned now is still the last that was.
    const moves = forced?.moves.filter(({ path }) => !isLeft.has(path)) ?? [];
    if (forced && moves.length > 0) addStep(forced.scope, forced.at, moves);
    steps.turn(
      turned.filter(({ path }) => !isLeft.has(path)).map((move) => move.id),
      undo,
    );
    remove.run(id);
  });
  const intents: JournalIntents = {
    begin: (intent) => Number(insert.get(JSON.stringify(intent))),
    async carryOut(id, intent) {
      let left: string[];
      try {
        left = await hand.carryOut(intent.tasks, intent.tag);
      } catch (error) {
        await takeBack(id, intent);
        throw error;
      }
      endTurn(id, intent, left);
      return left;
    },
    async write(id, intent, refuse) {
      try {
        const left = await hand.carryOut(intent.tasks, intent.tag);
        if (left.length > 0) throw refuse(left);
      } catch (error) {
        await takeBack(id, intent);
        throw error;
      }
      return endWrite(id, intent, []);
    },
    async endWatch(id, intent) {
      const before = tree.last();
      const after = await tree.look();
      const moves = movesBetween(before, after);
      return db.transaction(() => {
        tree.keep(after);
        remove.run(id);
        return moves.length === 0 ? undefined : addStep(intent.scope, intent.at, moves);
      })();
    },
    async recover() {
      for (const { id, body } of all.all()) {
        const intent = JSON.parse(body) as Intent;
        if (intent.kind === 'watch') await intents.endWatch(id, { ...intent, scope: interrupted(intent.scope) });
        else if (intent.back) await takeBack(id, intent);
        else {
          // What a mark says of a file held for the program that is gone.
          const tasks = intent.tasks.map(({ path, from, to }): Task => ({ path, from, to }));
          hand.tidy(tasks, intent.tag);
          const left = await hand.carryOut(tasks, intent.tag);
          if (intent.kind === 'write') endWrite(id, intent, left);
          else endTurn(id, intent, left);
        }
      }
    },
  };
  return intents;
}

function interrupted(scope: JournalScope): JournalScope {
  return { ...scope, label: `${scope.label} (broken off)` };
}
