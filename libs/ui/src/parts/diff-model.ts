import { diffWordsWithSpace, parsePatch } from 'diff';
import type { Range } from './code-lines.ts';

export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
  /** Its number before and after; unset where it is not there. */
  readonly oldLine?: number;
  readonly newLine?: number;
  /** It is the last of its side and has no end of line. */
  readonly noNewline?: true;
}

export interface DiffHunk {
  /** Counted from 0 within the file, as a `HunkSelection` names it. */
  readonly index: number;
  /** What git says it belongs to: the first line of a function or class; else empty. */
  readonly place: string;
  readonly lines: readonly DiffLine[];
}

export interface DiffFile {
  readonly path: string;
  /** What it was called, where it has another name now. */
  readonly from?: string;
  readonly change: 'created' | 'modified' | 'deleted' | 'renamed';
  readonly binary: boolean;
  readonly hunks: readonly DiffHunk[];
  readonly added: number;
  readonly removed: number;
  /** What the diff says in words: of modes, links and folders, and why something is not shown. */
  readonly notes: readonly string[];
  /** Its last hunk ends before its end. */
  readonly cut: boolean;
}

export interface DiffModel {
  readonly files: readonly DiffFile[];
  /** What the diff says of none of its files: that more is left out. */
  readonly notes: readonly string[];
}

const hunkHead = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)$/u;

/** A part of the text that is about one file: its headers in words, and a patch that is whole. */
interface Section {
  head: string[];
  patch: string[];
  places: string[];
  hunks: number;
  cut: boolean;
  after: string[];
}

/**
 * Reads unified diffs of several files, one after the other: those of git, and those of the journal, which tell of links, folders, modes and
 * what was not kept in words. A diff that was cut anywhere is read as far as it goes. Never throws; what it cannot read becomes a note.
 */
export function readDiff(text: string): DiffModel {
  const files: DiffFile[] = [];
  const notes: string[] = [];
  for (const section of sectionsOf(text)) {
    const read = fileOf(section);
    if (typeof read === 'string') notes.push(...read.split('\n').filter((line) => line.trim() !== ''));
    else addFile(files, read);
  }
  return { files, notes };
}

/** Two patches of one path, one after the other, are two halves of one change that was too large to compare. */
function addFile(files: DiffFile[], file: DiffFile): void {
  const last = files.at(-1);
  if (last?.path !== file.path || file.from !== undefined) {
    files.push(file);
    return;
  }
  files[files.length - 1] = {
    ...last,
    binary: last.binary || file.binary,
    change: last.change === 'deleted' && file.change === 'created' ? 'modified' : last.change,
    hunks: [...last.hunks, ...file.hunks.map((hunk) => ({ ...hunk, index: hunk.index + last.hunks.length }))],
    added: last.added + file.added,
    removed: last.removed + file.removed,
    notes: [...last.notes, ...file.notes],
    cut: last.cut || file.cut,
  };
}

function newSection(): Section {
  return { head: [], patch: [], places: [], hunks: 0, cut: false, after: [] };
}

/** Splits at the first header of each file. Lines of a hunk are counted, so that a removed line `-- a` is not taken for a header. */
function sectionsOf(text: string): Section[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const sections: Section[] = [];
  let section = newSection();
  const close = (): void => {
    if (section.head.length + section.patch.length + section.after.length > 0) sections.push(section);
    section = newSection();
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const hunk = hunkHead.exec(line);
    if (hunk && section.patch.length > 0) {
      const { body, counts } = hunkBody(lines.slice(at + 1, at + 1 + Number(hunk[2] ?? 1) + Number(hunk[4] ?? 1) + 2), {
        old: Number(hunk[2] ?? 1),
        young: Number(hunk[4] ?? 1),
      });
      section.cut ||= counts.cut;
      if (counts.old + counts.young > 0) {
        const [old, young] = [startOf(hunk[1], hunk[2], counts.old), startOf(hunk[3], hunk[4], counts.young)];
        section.patch.push(`@@ -${old},${counts.old} +${young},${counts.young} @@`, ...body);
        section.places.push((hunk[5] ?? '').trim());
        section.hunks += 1;
      }
      at += body.length;
    } else if (line.startsWith('--- ') && (lines[at + 1] ?? '').startsWith('+++ ')) {
      const next = lines[at + 1] ?? '';
      const path = bareName(next.slice(4)) ?? bareName(line.slice(4));
      if (section.patch.length > 0 || section.after.length > 0 || tellsOfAnother(section.head, path)) close();
      section.patch.push(line, next);
      at += 1;
    } else if (section.patch.length > 0 && isRemark(line)) {
      section.after.push(line);
    } else {
      if (section.patch.length > 0 || beginsFile(line, section)) close();
      section.head.push(line);
    }
  }
  close();
  return sections;
}

/** A file that is named only: `[a.lock: modified, +1 -2, not shown: written by a tool]`. */
const namedOnly = /^\[(.+): (created|modified|deleted|renamed), \+\d+ -\d+, not shown: .*\]$/u;

/** What is said behind the hunks of a file: that it is longer. */
function isRemark(line: string): boolean {
  return line === '' || line.startsWith('\\') || (line.startsWith('[') && !namedOnly.test(line));
}

/** Whether a line in words begins another file than the section tells of so far. */
function beginsFile(line: string, { head }: Section): boolean {
  const last = head.at(-1);
  if (last === undefined) return false;
  if (/^(?:Binary files |Files .*; their content was not kept$|\[|…)/u.test(last)) return true;
  if (/^(?:diff --git |\[|…)/u.test(line)) return true;
  if (head.some((each) => each.startsWith('diff --git '))) return false;
  return /^(?:rename from |Index: )/u.test(line) || tellsOfAnother(head, headFacts([line]).path);
}

function tellsOfAnother(head: readonly string[], path: string | undefined): boolean {
  if (head.some((line) => line.startsWith('diff --git '))) return false;
  const own = headFacts(head).path;
  return own !== undefined && path !== undefined && own !== path;
}

/** Of a side without lines the head of a hunk gives the line before; so it is where the cut took all of them. */
function startOf(start = '1', lines = '1', count: number): number {
  return Number(start) - (count === 0 && Number(lines) > 0 ? 1 : 0);
}

/** The lines of one hunk, as many as its head says or fewer, where they end before. */
function hunkBody(
  lines: readonly string[],
  expected: { readonly old: number; readonly young: number },
): { body: string[]; counts: { old: number; young: number; cut: boolean } } {
  const body: string[] = [];
  let old = 0;
  let young = 0;
  for (const line of lines) {
    const sign = line === '' ? ' ' : line[0];
    if (sign === '\\') {
      if (body.length === 0) break;
      body.push(line);
      continue;
    }
    const takesOld = sign === ' ' || sign === '-';
    const takesYoung = sign === ' ' || sign === '+';
    if (!takesOld && !takesYoung) break;
    if ((takesOld && old >= expected.old) || (takesYoung && young >= expected.young)) break;
    if (takesOld) old += 1;
    if (takesYoung) young += 1;
    body.push(line);
  }
  return { body, counts: { old, young, cut: old < expected.old || young < expected.young } };
}

function fileOf(section: Section): DiffFile | string {
  const head = [...section.head, ...section.after].filter((line) => line !== '');
  const facts = headFacts(section.head);
  let parsed;
  try {
    parsed = section.patch.length === 0 ? undefined : parsePatch(section.patch.join('\n'))[0];
  } catch {
    return [...head, ...section.patch].join('\n');
  }
  const [old, young] = [parsed?.oldFileName, parsed?.newFileName].map((name) => bareName(name));
  const path = young ?? old ?? facts.path;
  if (path === undefined) return head.join('\n');
  const from = facts.from ?? (old !== undefined && young !== undefined && old !== young ? old : undefined);
  const hunks = (parsed?.hunks ?? []).map((hunk, index) => ({
    index,
    place: section.places[index] ?? '',
    lines: linesOf(hunk),
  }));
  const tally = (kind: DiffLine['kind']): number =>
    hunks.reduce((sum, { lines }) => sum + lines.filter((line) => line.kind === kind).length, 0);
  const isCreated = parsed !== undefined ? old === undefined : facts.change === 'created';
  const isDeleted = parsed !== undefined ? young === undefined : facts.change === 'deleted';
  return {
    path,
    ...(from !== undefined && { from }),
    change: isCreated
      ? 'created'
      : isDeleted
        ? 'deleted'
        : from === undefined
          ? (facts.change ?? 'modified')
          : 'renamed',
    binary: facts.binary,
    hunks,
    added: tally('added'),
    removed: tally('removed'),
    notes: [...facts.notes, ...section.after.filter((line) => line !== '' && !line.startsWith('\\'))],
    cut: section.cut,
  };
}

/** `a/src/x.ts` without its side; `undefined` for no file. */
function bareName(name: string | undefined): string | undefined {
  if (name === undefined || name === '/dev/null') return undefined;
  return name.replace(/^[ab]\//u, '');
}

interface HeadFacts {
  path?: string | undefined;
  from?: string | undefined;
  change?: DiffFile['change'];
  binary: boolean;
  notes: string[];
}

/** What the lines before a patch, or without one, say of their file. */
function headFacts(head: readonly string[]): HeadFacts {
  const facts: HeadFacts = { binary: false, notes: [] };
  for (const line of head) {
    const [, gitOld, gitYoung] = /^diff --git a\/(.+) b\/(.+)$/u.exec(line) ?? [];
    const [, from] = /^rename from (.+)$/u.exec(line) ?? [];
    const [, to] = /^rename to (.+)$/u.exec(line) ?? [];
    const [, sides] = /^(?:Binary files|Files) (.+?) differ/u.exec(line) ?? [];
    const [, what, place, verb] = /^(link|folder) (.+?)(?: → .*)? (made|removed)$/u.exec(line) ?? [];
    const [, modePath] = /^mode of (.+) \d+ → \d+$/u.exec(line) ?? [];
    const [, leftOut, leftOutChange] = namedOnly.exec(line) ?? [];
    if (gitYoung !== undefined) facts.path = gitOld === gitYoung ? gitYoung : (facts.path ?? gitYoung);
    else if (from !== undefined) facts.from = from;
    else if (to !== undefined) Object.assign(facts, { path: to, change: 'renamed' });
    else if (/^(?:new file mode|deleted file mode)/u.test(line))
      facts.change = line.startsWith('new') ? 'created' : 'deleted';
    else if (/^(?:index|similarity index|dissimilarity index|Index:|=+$)/u.test(line)) continue;
    else if (sides !== undefined) {
      const [old, young] = sides.split(' and ').map((side) => bareName(side));
      facts.binary = true;
      facts.path ??= young ?? old;
      if (facts.change === undefined && (old === undefined || young === undefined))
        facts.change = old === undefined ? 'created' : 'deleted';
      if (line.startsWith('Files')) facts.notes.push(line);
    } else if (what !== undefined) {
      facts.path ??= place;
      facts.change =
        facts.change === 'deleted' && verb === 'made' ? 'modified' : verb === 'made' ? 'created' : 'deleted';
      facts.notes.push(line);
    } else if (leftOut !== undefined) {
      facts.path = leftOut;
      facts.change = leftOutChange as DiffFile['change'];
      facts.notes.push(line.slice(1, -1));
    } else {
      facts.path ??= modePath;
      if (line !== '') facts.notes.push(line);
    }
  }
  return facts;
}

function linesOf(hunk: {
  readonly oldStart: number;
  readonly newStart: number;
  readonly lines: readonly string[];
}): DiffLine[] {
  const lines: DiffLine[] = [];
  let { oldStart: old, newStart: young } = hunk;
  for (const line of hunk.lines) {
    const text = line.slice(1);
    if (line.startsWith('\\')) {
      const last = lines.pop();
      if (last) lines.push({ ...last, noNewline: true });
    } else if (line.startsWith('+')) lines.push({ kind: 'added', text, newLine: young++ });
    else if (line.startsWith('-')) lines.push({ kind: 'removed', text, oldLine: old++ });
    else lines.push({ kind: 'same', text, oldLine: old++, newLine: young++ });
  }
  return lines;
}

/** One side of a hunk as a text that a grammar can read. */
export interface SideText {
  readonly lines: readonly DiffLine[];
  readonly text: string;
  /** Lines of the text before the first of `lines`. */
  readonly before: number;
}

/**
 * One side of a hunk. Where it begins in the middle of a comment of the C kind, the text opens that comment first: a grammar that reads
 * only the end of one takes what follows for something else.
 */
export function sideText(all: readonly DiffLine[], kind: 'added' | 'removed'): SideText {
  const lines = all.filter((line) => line.kind === 'same' || line.kind === kind);
  const text = lines.map((line) => `${line.text}\n`).join('');
  const [end, start] = [text.indexOf('*/'), text.indexOf('/*')];
  const isInComment =
    end >= 0 &&
    (start < 0 || end < start) &&
    /^\s*(?:\*|$)/u.test(
      text
        .slice(0, end + 1)
        .split('\n')
        .at(-1) ?? '',
    );
  return isInComment ? { lines, text: `/*\n${text}`, before: 1 } : { lines, text, before: 0 };
}

/** A row of two columns: the line before and the line after. One is unset where there is nothing beside the other. */
export interface DiffPair {
  readonly left?: DiffLine;
  readonly right?: DiffLine;
}

/** The lines of a hunk side by side: removed lines stand beside the added ones that follow them. */
export function pairLines(lines: readonly DiffLine[]): DiffPair[] {
  const pairs: DiffPair[] = [];
  let removed: DiffLine[] = [];
  let added: DiffLine[] = [];
  const flush = (): void => {
    for (let at = 0; at < Math.max(removed.length, added.length); at += 1) {
      const [left, right] = [removed[at], added[at]];
      pairs.push({ ...(left && { left }), ...(right && { right }) });
    }
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.kind === 'removed') {
      if (added.length > 0) flush();
      removed.push(line);
    } else if (line.kind === 'added') added.push(line);
    else {
      flush();
      pairs.push({ left: line, right: line });
    }
  }
  flush();
  return pairs;
}

/** Above this a line is compared as a whole: its words would take long, and tell little. */
const longestCompared = 400;
/** As much of two lines must be the same for their differences to say something. */
const leastAlike = 0.4;

/** What differs within lines that stand beside each other. Lines that have little in common have no entry: all of them is new. */
export function emphasisOf(lines: readonly DiffLine[]): ReadonlyMap<DiffLine, readonly Range[]> {
  const emphasis = new Map<DiffLine, Range[]>();
  for (const { left, right } of pairLines(lines)) {
    if (!left || !right || left === right) continue;
    if (Math.max(left.text.length, right.text.length) > longestCompared) continue;
    const words = diffWordsWithSpace(left.text, right.text);
    const shared = words.reduce((sum, part) => sum + (part.added || part.removed ? 0 : part.value.trim().length), 0);
    if (shared < leastAlike * Math.max(left.text.trim().length, right.text.trim().length)) continue;
    const at = { removed: 0, added: 0 };
    const ranges = { removed: [] as Range[], added: [] as Range[] };
    for (const { value, added, removed } of words) {
      if (added) ranges.added.push({ start: at.added, end: at.added + value.length });
      if (removed) ranges.removed.push({ start: at.removed, end: at.removed + value.length });
      if (!added) at.removed += value.length;
      if (!removed) at.added += value.length;
    }
    emphasis.set(left, ranges.removed);
    emphasis.set(right, ranges.added);
  }
  return emphasis;
}

/** What of a diff is not taken, by path: some hunks, or, where none are named, all. The shape of a `HunkSelection`, which may be empty here. */
export type LeftOut = readonly { readonly path: string; readonly hunks?: readonly number[] | undefined }[];

type Chosen = Pick<DiffFile, 'path'> & { readonly hunks: readonly Pick<DiffHunk, 'index'>[] };

export function isTaken(left: LeftOut, path: string, hunk?: number): boolean {
  return !left.some(
    (each) => each.path === path && (each.hunks === undefined || (hunk !== undefined && each.hunks.includes(hunk))),
  );
}

/** Takes a hunk of a file, or leaves it. Where none of the file is taken any more, all of the path is left. */
export function chooseHunk(
  left: LeftOut,
  file: Chosen,
  choice: { readonly hunk: number; readonly taken: boolean },
): LeftOut {
  const all = file.hunks.map(({ index }) => index);
  const before = all.filter((index) => !isTaken(left, file.path, index));
  const hunks = choice.taken
    ? before.filter((index) => index !== choice.hunk)
    : [...new Set([...before, choice.hunk])].sort((a, b) => a - b);
  return withFile(left, file.path, hunks.length === all.length ? 'all' : hunks);
}

/** Takes all of a file, or nothing of it. */
export function chooseFile(left: LeftOut, path: string, taken: boolean): LeftOut {
  return withFile(left, path, taken ? [] : 'all');
}

function withFile(left: LeftOut, path: string, hunks: readonly number[] | 'all'): LeftOut {
  const others = left.filter((each) => each.path !== path);
  if (hunks === 'all') return [...others, { path }];
  return hunks.length === 0 ? others : [...others, { path, hunks }];
}

/** How many changes of a diff are taken, and how many there are. A file without hunks is one change. */
export function countTaken(
  files: readonly DiffFile[],
  left: LeftOut,
): { readonly taken: number; readonly all: number } {
  let taken = 0;
  let all = 0;
  for (const { path, hunks } of files) {
    all += Math.max(1, hunks.length);
    if (hunks.length === 0) taken += isTaken(left, path) ? 1 : 0;
    else taken += hunks.filter(({ index }) => isTaken(left, path, index)).length;
  }
  return { taken, all };
}
