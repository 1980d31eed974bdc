import type { JournalChange } from '@nootropic/contracts';
import { diffLines, formatPatch, structuredPatch, FILE_HEADERS_ONLY } from 'diff';
import type { JournalBlobs } from './journal-blobs.ts';
import {
  byPath,
  foldersAbove,
  isUnkept,
  nameOf,
  sameContent,
  sameState,
  type FileState,
  type Move,
  type PathState,
} from './journal-state.ts';

/** Edits after which two texts count as wholly different, and bytes above which they are not compared. */
const most = { edits: 5000, bytes: 2 * 1024 * 1024, modified: 2000 };

interface Pairing {
  /** By the move that makes the new name: the move that takes the old one away. */
  readonly sources: ReadonlyMap<Move, Move>;
  readonly rest: readonly Move[];
}

/** Finds renames: a file or link that went and one that came, of the same content; the same name elsewhere is preferred. */
function pairRenames(moves: readonly Move[]): Pairing {
  const gone = new Map<string, Move[]>();
  for (const move of moves) {
    const key = move.after === null ? contentKey(move.before) : undefined;
    if (key !== undefined) gone.set(key, [...(gone.get(key) ?? []), move]);
  }
  const sources = new Map<Move, Move>();
  const taken = new Set<Move>();
  for (const move of moves) {
    const key = move.before === null ? contentKey(move.after) : undefined;
    const candidates = key === undefined ? [] : (gone.get(key) ?? []).filter((each) => !taken.has(each));
    const source = candidates.find(({ path }) => nameOf(path) === nameOf(move.path)) ?? candidates[0];
    if (!source) continue;
    taken.add(source);
    sources.set(move, source);
  }
  return { sources, rest: moves.filter((move) => !taken.has(move) && !sources.has(move)) };
}

/** What two ends of a rename have in common. Empty files are all alike, and what was not kept may be anything. */
function contentKey(state: PathState): string | undefined {
  if (state?.kind === 'link') return `link ${state.target}`;
  return state?.kind === 'file' && state.hash !== null && state.size > 0 ? state.hash : undefined;
}

/**
 * What moves come to, as a person sees it: renames in one, and of folders only those that nothing else tells of.
 * Paths are sorted.
 */
export function changesOf(moves: readonly Move[], blobs: JournalBlobs): JournalChange[] {
  const { sources, rest } = pairRenames(moves);
  let compared = 0;
  return told({ sources, rest }).map((move): JournalChange => {
    const source = sources.get(move);
    const { before, after, path } = move;
    const change = source ? 'renamed' : before === null ? 'created' : after === null ? 'deleted' : 'modified';
    if (change === 'modified') compared += 1;
    return {
      path,
      change,
      ...(source && { from: source.path }),
      kind: (after ?? before)?.kind ?? 'file',
      binary: [before, after].some((state) => isBinaryState(state, blobs)),
      ...(source ? { added: 0, removed: 0 } : countLines(move, blobs, compared <= most.modified)),
      ...(isUnkept(before) &&
        !(after?.kind === 'file' && before?.kind === 'file' && sameContent(before, after)) && {
          unkept: true as const,
        }),
    };
  });
}

/** The moves that are told of, sorted: renames by their new name, and no folder that came or went with what is in it. */
function told({ sources, rest }: Pairing): Move[] {
  const all = [...sources.keys(), ...rest];
  const others = [...all, ...sources.values()].filter(({ before, after }) => !isOnlyFolder(before, after));
  const folders = new Set(others.flatMap(({ path }) => foldersAbove(path)));
  const isQuiet = ({ before, after, path }: Move): boolean =>
    isOnlyFolder(before, after) && (before === null || after === null) && folders.has(path);
  return all.filter((move) => !isQuiet(move)).sort(byPath);
}

function isOnlyFolder(before: PathState, after: PathState): boolean {
  return (before ?? after)?.kind === 'folder' && (after ?? before)?.kind === 'folder';
}

function isBinaryState(state: PathState, blobs: JournalBlobs): boolean {
  if (state?.kind !== 'file') return false;
  return state.hash === null || blobs.facts(state.hash)?.binary === true;
}

function countLines(
  { before, after }: Move,
  blobs: JournalBlobs,
  compare: boolean,
): { added: number; removed: number } {
  const old = fileFacts(before, blobs);
  const young = fileFacts(after, blobs);
  const both = before?.kind === 'file' && after?.kind === 'file';
  if (old?.binary === true || young?.binary === true || (both && sameContent(before, after)))
    return { added: 0, removed: 0 };
  const whole = { added: young?.lines ?? 0, removed: old?.lines ?? 0 };
  if (!both || !old || !young || !compare || old.bytes + young.bytes > most.bytes) return whole;
  const parts = diffLines(textOf(before, blobs), textOf(after, blobs), { maxEditLength: most.edits });
  if (!parts) return whole;
  const count = (which: 'added' | 'removed'): number =>
    parts.reduce((sum, part) => sum + (part[which] ? part.count : 0), 0);
  return { added: count('added'), removed: count('removed') };
}

function fileFacts(state: PathState, blobs: JournalBlobs) {
  return state?.kind === 'file' && state.hash !== null ? blobs.facts(state.hash) : undefined;
}

function textOf(state: FileState, blobs: JournalBlobs): string {
  return blobs.read(state.hash ?? '').toString('utf8');
}

/** Moves of several steps, oldest first, as one for each path; those that cancel out are gone. */
export function netMoves(moves: readonly Move[]): Move[] {
  const net = new Map<string, Move>();
  for (const { path, before, after } of moves) net.set(path, { path, before: net.get(path)?.before ?? before, after });
  return [...net.values()].filter(({ before, after }) => !sameState(before, after)).sort(byPath);
}

/** Unified diffs of moves. What is above `maxCharacters` is cut, and the last line says so. */
export function diffOf(moves: readonly Move[], blobs: JournalBlobs, maxCharacters: number): string {
  const { sources, rest } = pairRenames(moves);
  let text = '';
  let left = 0;
  for (const move of told({ sources, rest })) {
    if (text.length > maxCharacters) left += 1;
    else text += diffOfOne(move, sources.get(move), blobs);
  }
  if (text.length <= maxCharacters) return text;
  const paths = left === 0 ? '' : ` and ${left} more paths`;
  return `${text.slice(0, maxCharacters)}\n… ${text.length - maxCharacters} more characters${paths} are left out.\n`;
}

function diffOfOne(move: Move, source: Move | undefined, blobs: JournalBlobs): string {
  const before = source ? source.before : move.before;
  const { after, path } = move;
  const lines: string[] = [];
  if (source) lines.push(`rename from ${source.path}`, `rename to ${path}`);
  if (before?.kind !== 'link' && after?.kind !== 'link' && before && after && before.mode !== after.mode)
    lines.push(`mode of ${path} ${octal(before.mode)} → ${octal(after.mode)}`);
  for (const [verb, state] of [
    ['removed', before],
    ['made', after],
  ] as const) {
    if (sameState(before, after)) continue;
    if (state?.kind === 'link')
      lines.push(`link ${path} → ${Buffer.from(state.target, 'latin1').toString('utf8')} ${verb}`);
    if (state?.kind === 'folder' && (before === null || after === null)) lines.push(`folder ${path} ${verb}`);
  }
  const head = lines.map((line) => `${line}\n`).join('');
  const [old, young] = [before, after].map((state) => (state?.kind === 'file' ? state : undefined));
  if ((!old && !young) || (old && young && sameContent(old, young))) return head;
  return head + contentDiff({ old, young, path }, blobs);
}

function contentDiff(
  { old, young, path }: { old: FileState | undefined; young: FileState | undefined; path: string },
  blobs: JournalBlobs,
): string {
  const names = [old ? `a/${path}` : '/dev/null', young ? `b/${path}` : '/dev/null'] as const;
  if (isUnkept(old ?? null) || isUnkept(young ?? null))
    return `Files ${names[0]} and ${names[1]} differ; their content was not kept\n`;
  const unreadable = [old, young].some(
    (state) => state && (isBinaryState(state, blobs) || state.size > most.bytes || !blobs.has(state.hash ?? '')),
  );
  if (unreadable) return `Binary files ${names[0]} and ${names[1]} differ\n`;
  const [was, is] = [old ? textOf(old, blobs) : '', young ? textOf(young, blobs) : ''];
  const patch = structuredPatch(names[0], names[1], was, is, undefined, undefined, {
    context: 3,
    maxEditLength: most.edits,
  });
  // Too different to compare: all of the one, then all of the other.
  const whole = patch ?? structuredPatch(names[0], names[1], was, '', undefined, undefined, { context: 3 });
  const text = formatPatch(whole, FILE_HEADERS_ONLY);
  return patch
    ? text
    : `${text}${formatPatch(structuredPatch('/dev/null', names[1], '', is, undefined, undefined, { context: 3 }), FILE_HEADERS_ONLY)}`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(3, '0');
}
