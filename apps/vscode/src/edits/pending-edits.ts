import type { Hunk } from './unified-diff.ts';

/** `stale`: its lines were changed since, so that it can neither be shown nor taken back by itself. */
export type PartState = 'open' | 'kept' | 'rejected';

/** One thing to keep or to reject: a hunk of a step's diff, or all that a step did to a file where it has no lines to show. */
export interface EditedPart {
  readonly step: number;
  /** Of the step's diff of the file, counted from 0. Unset: the step's change as a whole. */
  readonly index?: number;
  readonly hunk?: Hunk;
  readonly state: PartState;
}

/** What one turn did to one file. Later turns get entries of their own. */
export interface EditedFile {
  readonly workspace: string;
  /** Relative to the workspace, with `/`. */
  readonly path: string;
  readonly sessionId: string;
  readonly turnId: string;
  readonly change: 'created' | 'modified' | 'deleted' | 'renamed';
  /** Where it was before, of what was renamed. */
  readonly from?: string;
  /** In the order in which they were made. */
  readonly parts: readonly EditedPart[];
}

export type PartPlace = Pick<EditedPart, 'step' | 'index'>;

/** What agents changed and nobody has judged yet. */
export interface PendingEdits {
  /** Newest turn last; within a turn by path. */
  files(): readonly EditedFile[];
  /** Those of one path, oldest first. */
  of(workspace: string, path: string): readonly EditedFile[];
  /** Adds parts of a file, after those that its turn made before. A part that is known already stays as it is. */
  add(file: EditedFile): void;
  /** Marks parts of a path. Parts that are not open stay as they are. */
  settle(file: Pick<EditedFile, 'workspace' | 'path'>, parts: readonly PartPlace[], state: 'kept' | 'rejected'): void;
  /** Forgets what some steps did: they were undone. */
  forget(workspace: string, steps: readonly number[]): void;
  onChange(listener: () => void): () => void;
}

/** A review in memory. A file with nothing left to judge is forgotten. */
export function createPendingEdits(): PendingEdits {
  let all: readonly EditedFile[] = [];
  const listeners = new Set<() => void>();
  const become = (next: readonly EditedFile[]): void => {
    all = next.filter(({ parts }) => parts.some(({ state }) => state === 'open'));
    for (const listener of listeners) listener();
  };
  return {
    files: () => all,
    of: (workspace, path) => all.filter((file) => file.workspace === workspace && file.path === path),
    add(file) {
      const at = all.findIndex((each) => isSame(each, file) && each.turnId === file.turnId);
      const known = all[at];
      if (!known) return become(inOrder([...all, file]));
      const fresh = file.parts.filter((part) => !known.parts.some((each) => isPart(each, part)));
      if (fresh.length === 0) return;
      // What was made in the turn stays made in it, whatever was done to it afterwards.
      const change = known.change === 'created' && file.change !== 'deleted' ? 'created' : file.change;
      become(all.with(at, { ...known, change, parts: [...known.parts, ...fresh] }));
    },
    settle(file, parts, state) {
      const isMeant = (part: EditedPart) => part.state === 'open' && parts.some((each) => isPart(each, part));
      become(
        all.map((each) =>
          isSame(each, file)
            ? { ...each, parts: each.parts.map((part) => (isMeant(part) ? { ...part, state } : part)) }
            : each,
        ),
      );
    },
    forget(workspace, steps) {
      become(
        all.map((file) =>
          file.workspace === workspace
            ? { ...file, parts: file.parts.filter(({ step }) => !steps.includes(step)) }
            : file,
        ),
      );
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

type Placed = Pick<EditedFile, 'workspace' | 'path'>;

function isSame(one: Placed, other: Placed): boolean {
  return one.workspace === other.workspace && one.path === other.path;
}

export function isPart(one: PartPlace, other: PartPlace): boolean {
  return one.step === other.step && one.index === other.index;
}

export function openParts({ parts }: Pick<EditedFile, 'parts'>): EditedPart[] {
  return parts.filter(({ state }) => state === 'open');
}

function inOrder(files: readonly EditedFile[]): EditedFile[] {
  const first = new Map<string, number>();
  for (const { turnId } of files) if (!first.has(turnId)) first.set(turnId, first.size);
  return [...files].sort(
    (a, b) => (first.get(a.turnId) ?? 0) - (first.get(b.turnId) ?? 0) || (a.path < b.path ? -1 : 1),
  );
}
