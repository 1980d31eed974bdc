import { placeChange } from './edit-place.ts';
import { inOrder, refuse, type EditWork, type Splice, type Splices } from './edit-result.ts';

const opening = /^\s{0,3}<{5,}\s*(?:SEARCH|ORIGINAL|HEAD|OLD|FIND)?\b[^<>]*$/iu;
const divider = /^\s{0,3}={5,}\s*$/u;
const closing = /^\s{0,3}>{5,}\s*(?:REPLACE|UPDATED|NEW)?\b[^<>]*$/iu;
const fence = /^\s{0,3}(?:`{3,}|~{3,})/u;

/** Each block replaces the one place in the file that its first part stands for. All blocks speak of the file as it was. */
export function searchReplace({ lines, answer }: EditWork): Splices {
  const blocks = readBlocks(answer);
  if (typeof blocks === 'string') return refuse(blocks);
  if (blocks.length === 0)
    return refuse('There is no block between <<<<<<< SEARCH and >>>>>>> REPLACE. Write the change in that form.');
  const [only] = blocks;
  if (lines.length === 0 && blocks.length === 1 && only?.sought.every((line) => line.trim() === ''))
    return { ok: true, splices: [{ at: 0, remove: 0, insert: only.replacement }], notes: [] };
  const splices: Splice[] = [];
  const notes: string[] = [];
  for (const [index, block] of blocks.entries()) {
    const part = blocks.length === 1 ? 'SEARCH part' : `SEARCH part ${index + 1}`;
    const placed = placeChange(lines, { ...block, part });
    if (!placed.ok)
      return blocks.length === 1 ? placed : { ...placed, reason: `${placed.reason} None of the blocks was applied.` };
    splices.push(...placed.splices);
    notes.push(...placed.notes);
  }
  return inOrder(splices, notes);
}

interface Block {
  readonly sought: readonly string[];
  readonly replacement: readonly string[];
}

function readBlocks(answer: string): readonly Block[] | string {
  const blocks: Block[] = [];
  let part: 'outside' | 'sought' | 'replacement' = 'outside';
  let sought: string[] = [];
  let replacement: string[] = [];
  for (const line of answer.split('\n')) {
    if (opening.test(line)) {
      if (part !== 'outside') return 'A block begins before the last one ended: >>>>>>> REPLACE is missing.';
      part = 'sought';
      sought = [];
      replacement = [];
    } else if (part === 'sought' && divider.test(line)) part = 'replacement';
    else if (part === 'replacement' && divider.test(line))
      return 'A block has two dividers (=======). Write one, between the lines as they are and the lines as they should be.';
    else if (part !== 'outside' && closing.test(line)) {
      if (part === 'sought') return 'A block has no divider (=======) between its two parts.';
      blocks.push({ sought: unfenced(sought), replacement: unfenced(replacement) });
      part = 'outside';
    } else if (part === 'sought') sought.push(line);
    else if (part === 'replacement') replacement.push(line);
  }
  return part === 'outside' ? blocks : 'The last block does not end with >>>>>>> REPLACE.';
}

/** The lines of a part without a fence that was put around them. */
function unfenced(lines: readonly string[]): readonly string[] {
  const isFenced =
    lines.length >= 2 && fence.test(lines[0] ?? '') && /^\s*(?:`{3,}|~{3,})\s*$/u.test(lines.at(-1) ?? '');
  return isFenced ? lines.slice(1, -1) : lines;
}
