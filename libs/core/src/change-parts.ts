import {
  NootropicError,
  type Assistant,
  type FileWrite,
  type Files,
  type HunkSelection,
  type Journal,
  type JournalContents,
  type JournalOutcome,
  type JournalStep,
} from '@nootropic/contracts';
import { hunksBetween, journalLimits, textOf, withoutHunks } from './diff-hunks.ts';
import { sha256 } from './sha256.ts';
import type { WorkplacePorts } from './workplace.ts';

/** Times that a rejection is planned anew, since somebody wrote to a file meanwhile. */
const attempts = 3;
/** Steps among which the one that is meant is looked for. */
const mostSteps = 10_000;
const changedSince = 'It was changed since.';

/** What becomes of one path: writes, or why there are none. */
type Part =
  | { readonly kind: 'write'; readonly write: FileWrite }
  | { readonly kind: 'as-before' }
  | { readonly kind: 'conflict'; readonly path: string; readonly reason: string }
  | { readonly kind: 'lost'; readonly path: string };

/** A file of a reviewed change, and rejecting some of it: what `changes.file` and `changes.reject` of the contract ask. */
export function createChangeParts({
  workplace,
}: Pick<WorkplacePorts, 'workplace'>): Pick<Assistant['changes'], 'file' | 'reject'> {
  return {
    file: async ({ workspace, step, path, side }) => {
      const journal = await (await workplace(workspace)).journal();
      const bytes = (await journal.contents(step, path))[side];
      return { text: (bytes && textOf(bytes)) ?? null };
    },
    reject: async ({ workspace, step: id, parts }) => {
      const { files, journal: open } = await workplace(workspace);
      const journal = await open();
      const step = (await journal.list({ limit: mostSteps })).find((each) => each.id === id);
      if (!step) throw new NootropicError('NOT_FOUND', `There is no step ${id}, or it was dropped to make room.`);
      return reject({ files, journal, step }, parts);
    },
  };
}

interface Place {
  readonly files: Files;
  readonly journal: Journal;
  readonly step: JournalStep;
}

async function reject(
  { files, journal, step }: Place,
  parts: HunkSelection,
): Promise<JournalOutcome & { readonly step?: JournalStep }> {
  const { sessionId, turnId, label } = step;
  const asked = await Promise.all(
    [...merged(parts)].map(async ([path, hunks]) => ({
      path,
      hunks,
      contents: await journal.contents(step.id, path),
    })),
  );
  for (let attempt = 1; ; attempt += 1) {
    const planned = await Promise.all(asked.map((each) => planPart(files, each)));
    const writes = planned.flatMap((part) => (part.kind === 'write' ? [part.write] : []));
    const outcome = {
      steps: [step],
      conflicts: planned.flatMap((part) =>
        part.kind === 'conflict' ? [{ path: part.path, reason: part.reason }] : [],
      ),
      lost: planned.flatMap((part) => (part.kind === 'lost' ? [part.path] : [])),
    };
    if (writes.length === 0) return { ...outcome, restored: [] };
    try {
      const made = await journal.write({ sessionId, turnId, label: `reject parts of ${label}` }, writes);
      return { ...outcome, restored: made.changes, step: made };
    } catch (cause) {
      const isChanged = NootropicError.is(cause) && cause.code === 'FILE_CHANGED';
      if (!isChanged || attempt === attempts) throw cause;
    }
  }
}

/** Hunks by path; `undefined` for all of it. */
function merged(parts: HunkSelection): ReadonlyMap<string, ReadonlySet<number> | undefined> {
  const all = new Map<string, ReadonlySet<number> | undefined>();
  for (const { path, hunks } of parts) {
    const known = all.get(path);
    const whole = hunks === undefined || (all.has(path) && known === undefined);
    all.set(path, whole ? undefined : new Set([...(known ?? []), ...hunks]));
  }
  return all;
}

async function planPart(
  files: Files,
  asked: {
    readonly path: string;
    readonly hunks: ReadonlySet<number> | undefined;
    readonly contents: JournalContents;
  },
): Promise<Part> {
  const { path, contents } = asked;
  const { before, after, mode, from } = contents;
  if (before === undefined) return { kind: 'lost', path };
  if (after === undefined)
    return { kind: 'conflict', path, reason: 'It is no file that was kept: take back the whole step.' };
  const texts = { before: before && textOf(before), after: after && textOf(after) };
  const hunks =
    from === undefined && texts.before !== undefined && texts.after !== undefined
      ? hunksBetween(texts.before ?? '', texts.after ?? '', journalLimits)
      : undefined;
  checkHunks(path, asked.hunks, hunks?.length ?? 0);
  const isWhole = asked.hunks === undefined || asked.hunks.size === hunks?.length;
  if (!isWhole && (before === null || after === null || !hunks)) return asAWhole(path);

  const held = await contentAt(files, path);
  if (held === 'other') return { kind: 'conflict', path, reason: 'It is no file any more.' };
  if (from !== undefined) return planRename(files, { path, from, before, after, held });
  const expects = held && (await sha256(held));
  if (isWhole && same(held, before))
    return same(before, after)
      ? { kind: 'conflict', path, reason: 'Not its text was changed: take back the whole step.' }
      : { kind: 'as-before' };
  if (isWhole && same(held, after))
    return { kind: 'write', write: { path, content: before, expects, ...(mode !== undefined && { mode }) } };
  const current = held && textOf(held);
  if (typeof current !== 'string' || typeof texts.before !== 'string' || typeof texts.after !== 'string' || !hunks)
    return { kind: 'conflict', path, reason: changedSince };
  const text = withoutHunks(current, { before: texts.before, hunks }, (index) => asked.hunks?.has(index) ?? true);
  if (text === undefined)
    return { kind: 'conflict', path, reason: `${changedSince} What is rejected does not fit it any more.` };
  if (text === current) return { kind: 'as-before' };
  return { kind: 'write', write: { path, content: text, expects } };
}

async function planRename(
  files: Files,
  moved: {
    readonly path: string;
    readonly from: string;
    readonly before: Uint8Array | null;
    readonly after: Uint8Array | null;
    readonly held: Uint8Array | null;
  },
): Promise<Part> {
  const { path, from, before, after, held } = moved;
  const old = await contentAt(files, from);
  if (held === null && old !== 'other' && same(old, before)) return { kind: 'as-before' };
  if (held === null || old !== null || !same(held, after)) return { kind: 'conflict', path, reason: changedSince };
  return { kind: 'write', write: { path: from, from: path, content: before, expects: await sha256(held) } };
}

function asAWhole(path: string): never {
  throw new NootropicError('INPUT_INVALID', `${path} can only be taken back as a whole: leave its hunks out.`);
}

/** Throws `INPUT_INVALID` for hunks that a diff does not have. */
export function checkHunks(path: string, hunks: Iterable<number> | undefined, count: number): void {
  for (const hunk of hunks ?? []) {
    if (hunk < count) continue;
    if (count === 0) asAWhole(path);
    throw new NootropicError(
      'INPUT_INVALID',
      `The diff of ${path} has no hunk ${hunk}: its hunks are 0 to ${count - 1}.`,
    );
  }
}

/** The bytes of a file; `null` where there is none. */
async function contentAt(files: Files, path: string): Promise<Uint8Array | null | 'other'> {
  try {
    return await files.read(path, { maxBytes: Number.MAX_SAFE_INTEGER });
  } catch (cause) {
    if (NootropicError.is(cause) && cause.code === 'PATH_NOT_FOUND') return null;
    if (NootropicError.is(cause) && cause.code === 'INPUT_INVALID') return 'other';
    throw cause;
  }
}

function same(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
