import { placeChange } from './edit-place.ts';
import { inOrder, refuse, type EditWork, type Splice, type Splices } from './edit-result.ts';
import { codeBlocks } from './edit-text.ts';

interface Hunk {
  readonly sought: readonly string[];
  readonly replacement: readonly string[];
}

/** Hunks are placed by their content, since models count lines badly; each must fit one place only. */
export function unifiedDiff({ lines, answer }: EditWork): Splices {
  const diff = diffOf(answer);
  const hunks = diff === undefined ? [] : readHunks(diff);
  if (typeof hunks === 'string') return refuse(hunks);
  if (hunks.length === 0)
    return refuse(
      'There is no diff. Write lines that begin with "-", "+" or a space, below a line that begins with @@.',
    );
  const [only] = hunks;
  if (lines.length === 0 && hunks.length === 1 && only?.sought.length === 0)
    return { ok: true, splices: [{ at: 0, remove: 0, insert: only.replacement }], notes: [] };
  const splices: Splice[] = [];
  const notes: string[] = [];
  for (const [index, hunk] of hunks.entries()) {
    const part = hunks.length === 1 ? 'hunk' : `hunk ${index + 1}`;
    if (hunk.sought.length === 0)
      return refuse(`The ${part} only adds lines. Write the unchanged lines before and after them too.`);
    const placed = placeChange(lines, { ...hunk, part });
    if (!placed.ok)
      return hunks.length === 1 ? placed : { ...placed, reason: `${placed.reason} None of the hunks was applied.` };
    splices.push(...placed.splices);
    notes.push(...placed.notes);
  }
  return inOrder(splices, notes);
}

function diffOf(answer: string): readonly string[] | undefined {
  const isHunk = (line: string): boolean => line.startsWith('@@');
  const block = codeBlocks(answer).find(
    ({ language, lines }) =>
      lines.some(isHunk) || (/^(?:diff|patch)$/iu.test(language) && lines.some((line) => /^[+-]/u.test(line))),
  );
  if (block !== undefined) return block.lines;
  const lines = answer.split('\n');
  if (!lines.some(isHunk)) return undefined;
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function readHunks(diff: readonly string[]): readonly Hunk[] | string {
  const hunks: { sought: string[]; replacement: string[] }[] = [];
  let files = 0;
  let hunk = diff.some((line) => line.startsWith('@@')) ? undefined : { sought: [], replacement: [] as string[] };
  if (hunk) hunks.push(hunk as { sought: string[]; replacement: string[] });
  for (const [index, line] of diff.entries()) {
    if (/^--- /u.test(line) && /^\+\+\+ /u.test(diff[index + 1] ?? '')) {
      files += 1;
      if (files > 1) return 'The diff changes several files. Change one file at a time.';
      continue;
    }
    if (/^\+\+\+ /u.test(line) && /^--- /u.test(diff[index - 1] ?? '')) continue;
    if (/^(?:diff --git |index [0-9a-f]+\.\.|\\ No newline|\*\*\* )/u.test(line)) continue;
    if (line.startsWith('@@')) {
      hunk = { sought: [], replacement: [] };
      hunks.push(hunk as { sought: string[]; replacement: string[] });
      continue;
    }
    const open = hunks.at(-1);
    if (open === undefined || hunk === undefined) continue;
    const code = line.slice(1);
    if (line.startsWith('-')) open.sought.push(code);
    else if (line.startsWith('+')) open.replacement.push(code);
    else {
      // Weak models forget the space before a line that stays.
      const same = line.startsWith(' ') ? code : line;
      open.sought.push(same);
      open.replacement.push(same);
    }
  }
  return hunks.filter(({ sought, replacement }) => sought.length + replacement.length > 0);
}
