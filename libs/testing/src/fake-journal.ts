import {
  NootropicError,
  type Journal,
  type JournalChange,
  type JournalOutcome,
  type JournalSelection,
  type JournalStep,
} from '@nootropic/contracts';
import type { MemoryFiles } from './fake-files.ts';

export interface FakeJournalOptions {
  readonly files: MemoryFiles;
  /** Milliseconds since 1970. Default: counts up by one from 1. */
  readonly now?: () => number;
}

type Content = Uint8Array | null;

interface Move {
  readonly path: string;
  readonly before: Content;
  readonly after: Content;
  undone: boolean;
}

interface Kept {
  readonly step: Omit<JournalStep, 'state'>;
  readonly moves: readonly Move[];
  /** Counts up with each step that is undone; 0 for one that is done. */
  undone: number;
}

/**
 * `Journal` over files that lie in memory. There are no modes, links and empty folders in it, nothing is too large, and a diff is one hunk
 * from the first to the last line that differs.
 */
export function createFakeJournal({ files, ...options }: FakeJournalOptions): Journal {
  let ticks = 0;
  let lastUndo = 0;
  /** `lastUndo` when the newest step was made: what was undone before is not redone by itself. */
  let made = 0;
  const now = options.now ?? (() => ++ticks);
  const kept: Kept[] = [];
  const stateOf = ({ undone }: Kept): JournalStep['state'] => (undone > 0 ? 'undone' : 'done');
  const shown = (each: Kept): JournalStep => ({ ...each.step, state: stateOf(each) });

  const read = async (path: string): Promise<Content> =>
    files.read(path, { maxBytes: Infinity }).catch((error: unknown) => {
      if (NootropicError.is(error) && error.code === 'PATH_NOT_FOUND') return null;
      throw error;
    });
  const put = (path: string, content: Content, before: Content): void => {
    if (content) files.write(path, content);
    else if (before) files.remove(path);
  };
  const snapshot = async (folder = ''): Promise<Map<string, Uint8Array>> => {
    const found = new Map<string, Uint8Array>();
    for (const entry of await files.list(folder)) {
      if (isGit(entry.path)) continue;
      if (entry.kind === 'folder') for (const [path, bytes] of await snapshot(entry.path)) found.set(path, bytes);
      else found.set(entry.path, await files.read(entry.path, { maxBytes: Infinity }));
    }
    return found;
  };
  const keep = (scope: Pick<JournalStep, 'sessionId' | 'turnId' | 'label'>, moves: readonly Move[]): Kept => {
    const { sessionId, turnId, label } = scope;
    const id = (kept.at(-1)?.step.id ?? 0) + 1;
    const step = { id, at: now(), sessionId, turnId, label, changes: changesOf(moves) };
    const entry: Kept = { step, moves, undone: 0 };
    kept.push(entry);
    made = lastUndo;
    return entry;
  };

  /** The steps that a selection means among those in this state, oldest first. */
  const selected = (selection: JournalSelection, state: JournalStep['state']): Kept[] => {
    const { step, turnId, sessionId } = selection;
    if (step !== undefined) {
      const found = kept.find((each) => each.step.id === step);
      if (!found) throw new NootropicError('NOT_FOUND', `There is no step ${step}.`);
      return stateOf(found) === state ? [found] : [];
    }
    const fitting = kept.filter(
      (each) =>
        each.moves.length > 0 &&
        stateOf(each) === state &&
        (turnId === undefined || each.step.turnId === turnId) &&
        (sessionId === undefined || each.step.sessionId === sessionId),
    );
    if (turnId !== undefined || sessionId !== undefined) return fitting;
    if (state === 'done') return fitting.slice(-1);
    return fitting
      .filter(({ undone }) => undone > made)
      .sort((a, b) => a.undone - b.undone)
      .slice(-1);
  };

  const turn = async (way: 'undo' | 'redo', selection: JournalSelection, how: Turning): Promise<JournalOutcome> => {
    const back = way === 'undo';
    const steps = selected(selection, back ? 'done' : 'undone');
    if (back) steps.reverse();
    const expected = new Map<string, Content>();
    const forced: Move[] = [];
    const conflicts: { path: string; reason: string }[] = [];
    const restored: Move[] = [];
    for (const each of steps) {
      const conflictsBefore = conflicts.length;
      for (const move of each.moves) {
        if (move.undone === back) continue;
        const [from, to] = back ? [move.after, move.before] : [move.before, move.after];
        const { path } = move;
        const held = await read(path);
        const current = expected.get(path) ?? held;
        if (!same(current, from) && !same(current, to)) {
          if (how.force !== true) {
            conflicts.push({ path, reason: 'It was changed since.' });
            continue;
          }
          forced.push({ path, before: current, after: to, undone: false });
        }
        expected.set(path, to);
        restored.push({ path, before: from, after: to, undone: false });
        if (how.dryRun === true) continue;
        put(path, to, held);
        move.undone = back;
      }
      if (how.dryRun !== true && conflicts.length === conflictsBefore) each.undone = back ? ++lastUndo : 0;
    }
    if (forced.length > 0 && how.dryRun !== true) {
      const { sessionId = '', turnId = '' } = steps[0]?.step ?? {};
      keep({ sessionId, turnId, label: `${way}, over what was changed since` }, forced);
    }
    return { steps: steps.map(shown), restored: changesOf(restored), conflicts, lost: [] };
  };

  return {
    async write(scope, writes) {
      const moves: Move[] = [];
      for (const { path: asked, content, from: source, expects } of writes) {
        const path = await inside(files, asked);
        const from = source === undefined ? undefined : await inside(files, source);
        const before = await read(path);
        const held = from === undefined ? before : await read(from);
        if (from !== undefined && !held) throw new NootropicError('PATH_NOT_FOUND', `There is no ${from}.`);
        if (expects !== undefined && expects !== (held && (await sha256(held))))
          throw new NootropicError('FILE_CHANGED', `${path} is not as it was when it was read.`);
        if (from !== undefined && held) moves.push({ path: from, before: held, after: null, undone: false });
        const after = typeof content === 'string' ? new TextEncoder().encode(content) : content && content.slice();
        moves.push({ path, before, after, undone: false });
      }
      if (new Set(moves.map(({ path }) => path)).size < moves.length)
        throw new NootropicError('INPUT_INVALID', 'A path is named twice.');
      const changing = moves.filter(({ before, after }) => !same(before, after));
      for (const { path, before, after } of changing) put(path, after, before);
      return shown(keep(scope, changing));
    },
    async watch(scope, work) {
      const before = await snapshot();
      const record = async (): Promise<JournalStep | undefined> => {
        const after = await snapshot();
        const moves = [...new Set([...before.keys(), ...after.keys()])]
          .sort()
          .map((path) => ({ path, before: before.get(path) ?? null, after: after.get(path) ?? null, undone: false }))
          .filter((move) => !same(move.before, move.after));
        return moves.length === 0 ? undefined : shown(keep(scope, moves));
      };
      const result = await work().catch(async (error: unknown) => {
        await record();
        throw error;
      });
      const step = await record();
      return { result, ...(step && { step }) };
    },
    list: async ({ sessionId, limit = Infinity } = {}) =>
      kept
        .toReversed()
        .filter(({ step, moves }) => moves.length > 0 && (sessionId === undefined || step.sessionId === sessionId))
        .slice(0, limit)
        .map(shown),
    async diff(selection, { maxCharacters = 1_000_000 } = {}) {
      const steps =
        selection.step === undefined
          ? selected(selection, 'done')
          : [...selected(selection, 'done'), ...selected(selection, 'undone')];
      const net = new Map<string, Move>();
      for (const move of steps.flatMap(({ moves }) => moves))
        net.set(move.path, { ...move, before: (net.get(move.path) ?? move).before });
      const text = [...net.values()].map(diffOf).join('');
      if (text.length <= maxCharacters) return text;
      return `${text.slice(0, maxCharacters)}\n… ${text.length - maxCharacters} more characters are left out.\n`;
    },
    async contents(step, path) {
      const each = kept.find(({ step: { id } }) => id === step);
      const move = each?.moves.find((one) => one.path === path);
      if (!each || !move) throw new NootropicError('NOT_FOUND', `Step ${step} did not change ${path}.`);
      const from = each.step.changes.find((change) => change.path === path)?.from;
      const source = each.moves.find((one) => one.path === from) ?? move;
      return {
        before: source.before,
        after: move.after,
        ...(source.before && { mode: 0o644 }),
        ...(from !== undefined && { from }),
      };
    },
    undo: (selection = {}, how = {}) => turn('undo', selection, how),
    redo: (selection = {}, how = {}) => turn('redo', selection, how),
    async [Symbol.asyncDispose]() {},
  };
}

interface Turning {
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

function isGit(path: string): boolean {
  return path.split('/').some((name) => name.toLowerCase().replace(/[. ]+$/u, '') === '.git');
}

/** The path in its shortest form. Rejects with `PATH_OUTSIDE_ROOT`, `DENIED` or `INPUT_INVALID`. */
async function inside(files: MemoryFiles, path: string): Promise<string> {
  const found = await files.stat(path).catch((error: unknown) => {
    if (NootropicError.is(error) && error.code === 'PATH_NOT_FOUND') return undefined;
    throw error;
  });
  const short = found?.path ?? shortest(path, files.root);
  if (isGit(short)) throw new NootropicError('DENIED', `${path} belongs to the version control.`);
  if (found?.kind === 'folder') throw new NootropicError('INPUT_INVALID', `${path} is a folder.`);
  return short;
}

function shortest(path: string, root: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith(`${root}/`) ? path.slice(root.length) : path).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function same(a: Content, b: Content): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes.slice());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function changesOf(moves: readonly Move[]): JournalChange[] {
  const gone = moves.filter(({ after }) => after === null);
  const taken = new Set<Move>();
  const changes = moves.flatMap((move): JournalChange[] => {
    if (move.after === null) return [];
    const source =
      move.before === null
        ? gone.find((each) => !taken.has(each) && each.before?.length !== 0 && same(each.before, move.after))
        : undefined;
    if (source) taken.add(source);
    const change = source ? 'renamed' : move.before === null ? 'created' : 'modified';
    const lines = source ? { added: 0, removed: 0 } : counted(move);
    return [{ path: move.path, change, ...(source && { from: source.path }), ...factsOf(move), ...lines }];
  });
  const deleted = gone
    .filter((move) => move.before !== null && !taken.has(move))
    .map((move): JournalChange => ({ path: move.path, change: 'deleted', ...factsOf(move), ...counted(move) }));
  return [...changes, ...deleted].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function factsOf({ before, after }: Move): { kind: 'file'; binary: boolean } {
  return { kind: 'file', binary: [before, after].some((each) => each?.includes(0) === true) };
}

function linesOf(content: Content): string[] {
  const text = content === null ? '' : new TextDecoder().decode(content);
  return text === '' ? [] : text.replace(/\n$/u, '').split('\n');
}

function trimmed({ before, after }: Move): { start: number; removed: string[]; added: string[] } {
  const [removed, added] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < removed.length && start < added.length && removed[start] === added[start]) start += 1;
  let end = 0;
  const most = Math.min(removed.length, added.length) - start;
  while (end < most && removed.at(-1 - end) === added.at(-1 - end)) end += 1;
  return { start, removed: removed.slice(start, removed.length - end), added: added.slice(start, added.length - end) };
}

function counted(move: Move): { added: number; removed: number } {
  if (factsOf(move).binary) return { added: 0, removed: 0 };
  const { removed, added } = trimmed(move);
  return { added: added.length, removed: removed.length };
}

function diffOf(move: Move): string {
  if (same(move.before, move.after)) return '';
  const [before, after] = [move.before ? `a/${move.path}` : '/dev/null', move.after ? `b/${move.path}` : '/dev/null'];
  if (factsOf(move).binary) return `Binary files ${before} and ${after} differ\n`;
  const { start, removed, added } = trimmed(move);
  const hunk = `@@ -${start + 1},${removed.length} +${start + 1},${added.length} @@\n`;
  const lines = [...removed.map((line) => `-${line}\n`), ...added.map((line) => `+${line}\n`)];
  return `--- ${before}\n+++ ${after}\n${hunk}${lines.join('')}`;
}
