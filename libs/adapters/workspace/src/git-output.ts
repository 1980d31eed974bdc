import type { Change } from '@nootropic/contracts';

const recordStart = '\u001e';
/** Of one message, and of the paths of one commit together: a commit that imports a whole tree names a million files. */
const mostBytes = 1024 * 1024;

interface Record {
  readonly fields: string[];
  readonly paths: string[];
  pathBytes: number;
}

/**
 * Reads what `git log -z --name-only` prints where the format is a record sign with the hash, the author, the time and the message, each ended by
 * a NUL; the paths follow, each ended by a NUL. No message can pose as a record: it holds no NUL. Memory is bounded by the largest field.
 */
export async function* readChanges(chunks: AsyncIterable<Buffer>): AsyncGenerator<Change> {
  let record: Record | undefined;
  for await (const field of fieldsOf(chunks)) {
    if (record !== undefined && record.fields.length < 4) {
      record.fields.push(field);
      continue;
    }
    // Line ends that git puts between a message and the paths, and between commits.
    const plain = field.replace(/^\n+/u, '');
    if (startsRecord(plain)) {
      if (record !== undefined) yield changeOf(record);
      record = { fields: [plain.slice(1)], paths: [], pathBytes: 0 };
    } else if (record !== undefined && plain !== '' && record.pathBytes < mostBytes) {
      record.paths.push(plain);
      record.pathBytes += plain.length;
    }
  }
  if (record !== undefined) yield changeOf(record);
}

function startsRecord(field: string): boolean {
  return field.startsWith(recordStart) && /^[0-9a-f]{40,64}$/u.test(field.slice(1));
}

function changeOf({ fields, paths }: Record): Change {
  const [commit = '', author = '', at = '', message = ''] = fields;
  return { commit, author, at, message: message.trimEnd(), paths };
}

/** The parts between NULs, each cut at `mostBytes`. */
async function* fieldsOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let bytes = 0;
  const keep = (part: Buffer): void => {
    if (bytes < mostBytes) parts.push(part.subarray(0, mostBytes - bytes));
    bytes += part.length;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(0); at >= 0; at = chunk.indexOf(0, from)) {
      keep(chunk.subarray(from, at));
      yield Buffer.concat(parts).toString('utf8');
      parts = [];
      bytes = 0;
      from = at + 1;
    }
    keep(chunk.subarray(from));
  }
  if (bytes > 0) yield Buffer.concat(parts).toString('utf8');
}

/**
 * Where lines of a text lie in another version of it, or `undefined` where they are new. What the two have in common at the beginning and at the
 * end is the same; a line in between stands for all that is in between.
 */
export function linesBefore(
  now: string,
  before: string,
  { startLine, endLine }: { readonly startLine: number; readonly endLine: number },
): { readonly startLine: number; readonly endLine: number } | undefined {
  if (now === before) return { startLine, endLine };
  const [lines, old] = [now.split(/\r?\n/u), before.split(/\r?\n/u)];
  let head = 0;
  while (head < Math.min(lines.length, old.length) && lines[head] === old[head]) head += 1;
  let tail = 0;
  const room = Math.min(lines.length, old.length) - head;
  while (tail < room && lines[lines.length - 1 - tail] === old[old.length - 1 - tail]) tail += 1;
  const place = (line: number, end: 'first' | 'last'): number => {
    if (line <= head) return line;
    if (line > lines.length - tail) return line - lines.length + old.length;
    return end === 'first' ? head + 1 : old.length - tail;
  };
  const [first, last] = [place(startLine, 'first'), place(endLine, 'last')];
  return first > last ? undefined : { startLine: first, endLine: last };
}

export function parseHead(text: string): string | undefined {
  return /^[0-9a-f]{40,64}$/mu.exec(text)?.[0];
}
