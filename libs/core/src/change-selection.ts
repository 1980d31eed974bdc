import { NootropicError, type FileWrite, type HunkSelection } from '@nootropic/contracts';
import { checkHunks } from './change-parts.ts';
import { hunksBetween, hunksText, isBinary, textOf, withHunks, type Hunk } from './diff-hunks.ts';

/** A change of one file as a person is asked for it. */
export interface ShownChange {
  readonly write: FileWrite;
  /** What the file holds, of a rename the one that is renamed; `undefined`: there is none. */
  readonly held: Uint8Array | undefined;
}

/** What a person leaves of a change. */
export interface SelectedChange {
  readonly writes: readonly FileWrite[];
  /** The diffs of what was left out; `undefined` where nothing was. */
  readonly leftOut: string | undefined;
}

/** The parts of a change of files, so that a person can allow some of them. */
export interface ChangeParts {
  /** The unified diffs of all files, one after the other. */
  detail(): string;
  /** Throws `INPUT_INVALID` for parts that there are not. */
  check(without: HunkSelection): void;
  select(without: HunkSelection | undefined): SelectedChange;
}

interface ShownFile extends ShownChange {
  /** Its hunks; absent for what can only be taken as a whole. */
  readonly hunks?: readonly Hunk[] | undefined;
  /** What is shown of it; absent for binaries. */
  readonly shown?: readonly Hunk[] | undefined;
  readonly before: string;
  /** What it shows beside its hunks. */
  readonly head: string;
  readonly names: { readonly old: string; readonly young: string };
}

export function changeParts(changes: readonly ShownChange[]): ChangeParts {
  const files = changes.map(shownFile);
  const fileAt = (path: string): ShownFile => {
    const found = files.find(({ write }) => write.path === path || write.from === path);
    if (found) return found;
    throw new NootropicError('INPUT_INVALID', `${path} is no part of this change.`);
  };
  return {
    detail: () => files.map((file) => diffOf(file)).join('\n'),
    check: (without) => {
      for (const { path, hunks } of without) {
        const file = fileAt(path);
        checkHunks(path, hunks, file.hunks?.length ?? 0);
      }
    },
    select: (without) => {
      if (!without) return { writes: files.map(({ write }) => write), leftOut: undefined };
      const left = new Map<ShownFile, ReadonlySet<number> | 'all'>();
      for (const { path, hunks } of without) {
        const file = fileAt(path);
        const known = left.get(file);
        if (known === 'all' || hunks === undefined) left.set(file, 'all');
        else left.set(file, new Set([...(known ?? []), ...hunks]));
      }
      const writes = files.flatMap((file) => {
        const out = left.get(file);
        if (out === undefined) return [file.write];
        const { hunks, write, before } = file;
        const isAll = out === 'all' || !hunks || out.size === hunks.length;
        // Without its hunks a rename still is one.
        if (out === 'all' || (isAll && write.from === undefined)) return [];
        return [{ ...write, content: withHunks(before, hunks ?? [], (index) => !out.has(index)) }];
      });
      const leftOut = [...left].map(([file, out]) => diffOf(file, out === 'all' ? undefined : out)).join('\n');
      return { writes, leftOut };
    },
  };
}

function shownFile(change: ShownChange): ShownFile {
  const { write, held } = change;
  const { path, from, content } = write;
  const young =
    content === null ? undefined : typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const moved = from === undefined ? '' : `rename from ${from}\nrename to ${path}\n`;
  const names = {
    old: held === undefined ? '/dev/null' : `a/${from ?? path}`,
    young: young === undefined ? '/dev/null' : `b/${path}`,
  };
  const [before, after] = [held, young].map((bytes) => (bytes ? textOf(bytes) : ''));
  const file = { ...{ write, held, names, before: before ?? '' }, head: moved };
  if (before !== undefined && after !== undefined) {
    const hunks = hunksBetween(before, after);
    return { ...file, shown: hunks, hunks };
  }
  if (isBinary(held) || isBinary(young))
    return { ...file, head: `Binary file ${path}: ${held?.length ?? 0} to ${young?.length ?? 0} bytes\n` };
  // Text in another encoding: near enough to look at, not to put together.
  const [was, is] = [held, young].map((bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  return { ...file, shown: hunksBetween(was ?? '', is ?? '') };
}

/** The diff of a file, or of some of its hunks. */
function diffOf({ head, shown, names }: ShownFile, only?: ReadonlySet<number>): string {
  if (!shown) return head;
  return head + hunksText(names, only ? shown.filter((_, index) => only.has(index)) : shown);
}
