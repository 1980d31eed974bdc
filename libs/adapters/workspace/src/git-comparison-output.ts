import type { FileDifference } from '@nootropic/contracts';

interface Entry {
  readonly path: string;
  readonly from?: string;
  readonly status: string;
}

/** Bytes of a list of files that are read; a repository that changes more of them is not looked at whole. */
const mostListBytes = 16 * 1024 * 1024;

/**
 * What `git diff --raw -z --patch` writes: a list of files, each field ended by a NUL, an empty field, then their patches in the same order.
 * Names come from the list only, where nothing is quoted. Holds one patch at a time, and of it no more than fits.
 */
export async function* readComparison(
  output: AsyncIterable<Uint8Array>,
  maxCharacters: number,
): AsyncGenerator<FileDifference, void> {
  const { list, rest } = await splitList(output);
  const entries = entriesOf(list);
  let at = 0;
  for await (const patch of patchesOf(rest, maxCharacters)) {
    const entry = entries[at];
    if (entry === undefined) return;
    at += 1;
    yield differenceOf(entry, patch);
  }
  // Only the list tells of what has no patch: conflicts that are not resolved.
  for (const entry of entries.slice(at)) yield differenceOf(entry, { text: '', added: 0, removed: 0, isCut: false });
}

interface Patch {
  readonly text: string;
  readonly added: number;
  readonly removed: number;
  readonly isCut: boolean;
}

function differenceOf({ path, from, status }: Entry, { text, added, removed, isCut }: Patch): FileDifference {
  return {
    ...{ path, added, removed, text },
    change: changes[status[0] ?? ''] ?? 'modified',
    binary: /^Binary files .* differ$/mu.test(text) && added + removed === 0,
    ...(from !== undefined && { from }),
    ...(isCut && { cut: true as const }),
  };
}

const changes: Readonly<Record<string, FileDifference['change']>> = {
  A: 'created',
  D: 'deleted',
  R: 'renamed',
  C: 'created',
};

/** The list, and the bytes behind it. */
async function splitList(
  output: AsyncIterable<Uint8Array>,
): Promise<{ list: string; rest: AsyncIterable<Uint8Array> }> {
  const chunks = output[Symbol.asyncIterator]();
  let held = new Uint8Array();
  for (;;) {
    const end = endOfList(held);
    if (end !== undefined || held.length > mostListBytes) {
      const list = new TextDecoder().decode(held.subarray(0, end ?? 0));
      const left = held.subarray((end ?? 0) + 1);
      return { list, rest: behind(left, chunks) };
    }
    const next = await chunks.next();
    if (next.done === true) return { list: new TextDecoder().decode(held), rest: behind(new Uint8Array(), chunks) };
    held = Buffer.concat([held, next.value]);
  }
}

/** Where the empty field is: two NULs in a row stand nowhere else, since no name is empty. */
function endOfList(bytes: Uint8Array): number | undefined {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf('\0\0');
  return at < 0 ? undefined : at + 1;
}

async function* behind(first: Uint8Array, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
}

/** Fields are `:mode mode hash hash status`, a name, and of renames and copies another. */
function entriesOf(list: string): Entry[] {
  const fields = list.split('\0');
  const entries: Entry[] = [];
  for (let at = 0; at + 1 < fields.length;) {
    const status = /^:\d+ \d+ \S+ \S+ ([A-Z]\d*)$/u.exec(fields[at] ?? '')?.[1];
    const first = fields[at + 1];
    if (status === undefined || first === undefined) break;
    const second = /^[RC]/u.test(status) ? fields[at + 2] : undefined;
    at += second === undefined ? 2 : 3;
    if (status.startsWith('U')) continue;
    const entry = { status, path: second ?? first, ...(second !== undefined && { from: first }) };
    entries.push(entry);
    // A file that became a link is written as two patches.
    if (status === 'T') entries.push(entry);
  }
  return entries;
}

/** The patches, each from its own `diff --git`: all lines within one begin with another sign. */
async function* patchesOf(output: AsyncIterable<Uint8Array>, maxCharacters: number): AsyncGenerator<Patch> {
  let open: { text: string; added: number; removed: number; isCut: boolean; inHunk: boolean } | undefined;
  for await (const line of linesOf(output, maxCharacters)) {
    if (line.startsWith('diff --git ')) {
      if (open) yield open;
      open = { text: '', added: 0, removed: 0, isCut: false, inHunk: false };
    }
    if (!open) continue;
    if (line.startsWith('@@')) open.inHunk = true;
    else if (open.inHunk && line.startsWith('+')) open.added += 1;
    else if (open.inHunk && line.startsWith('-')) open.removed += 1;
    if (open.isCut) continue;
    open.isCut = open.text.length + line.length + 1 > maxCharacters;
    if (!open.isCut) open.text += `${line}\n`;
  }
  if (open) yield open;
}

/** Lines without their ends; of a line longer than what is kept, the beginning. */
async function* linesOf(output: AsyncIterable<Uint8Array>, longest: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let line = '';
  for await (const chunk of output) {
    const pieces = decoder.decode(chunk, { stream: true }).split('\n');
    for (const [at, piece] of pieces.entries()) {
      if (line.length <= longest) line += piece;
      if (at === pieces.length - 1) break;
      yield line;
      line = '';
    }
  }
  if (line !== '') yield line;
}
