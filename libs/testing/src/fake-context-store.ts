import {
  NootropicError,
  type ContextDescription,
  type ContextEntry,
  type ContextFilter,
  type ContextHit,
  type ContextPiece,
  type ContextRange,
  type ContextStore,
} from '@nootropic/contracts';

export interface MemoryContextStoreOptions {
  /** Bytes of text that are kept at most. Default no limit. */
  readonly maxBytes?: number;
  /** Milliseconds since 1970. Default a clock that counts calls. */
  readonly now?: () => number;
}

interface Kept {
  readonly entry: ContextEntry;
  readonly text: string;
  used: number;
}

/** A context store in memory, every text whole. A search counts the words of the question in stretches of ten lines. For tests. */
export function createMemoryContextStore(options: MemoryContextStoreOptions = {}): ContextStore {
  const { maxBytes = Infinity } = options;
  let clock = 0;
  const tick = () => (clock += 1);
  const now = options.now ?? tick;
  const kept = new Map<string, Kept>();

  const find = (id: string): Kept => {
    const found = kept.get(id);
    if (found === undefined) throw new NootropicError('NOT_FOUND', `There is no entry ${id} in the context store.`);
    return found;
  };
  const matching = ({ ids, named }: ContextFilter): Kept[] => {
    const chosen = ids === undefined ? [...kept.values()] : [...new Set(ids)].map(find);
    return chosen.filter(({ entry }) => named === undefined || entry.name?.startsWith(named) === true);
  };
  const makeRoom = (needed: number): void => {
    const taken = () => [...kept.values()].reduce((sum, { entry }) => sum + entry.storedBytes, 0);
    while (taken() + needed > maxBytes) {
      const [oldest] = [...kept.values()]
        .filter(({ entry }) => entry.name === undefined)
        .sort((one, other) => one.used - other.used);
      if (oldest === undefined) throw new NootropicError('DISK_FULL', 'The context store may take no more.');
      kept.delete(oldest.entry.id);
    }
  };
  const keep = (what: ContextDescription, text: string, parts: number): ContextEntry => {
    const { title, kind, from, name, mark = '' } = what;
    const bytes = new TextEncoder().encode(text).length;
    const storedBytes = parts > 1 ? 0 : bytes;
    makeRoom(storedBytes);
    for (const { entry } of [...kept.values()]) if (name !== undefined && entry.name === name) kept.delete(entry.id);
    const entry: ContextEntry = {
      ...{ id: `ctx_${String(tick()).padStart(16, '0')}`, title, kind, from },
      ...(name !== undefined && { name }),
      ...{ mark, bytes, characters: text.length, lines: linesOf(text).length, tokens: Math.ceil(weightOf(text)) },
      ...{ storedBytes, createdAt: now(), parts },
    };
    kept.set(entry.id, { entry, text, used: tick() });
    return entry;
  };

  return {
    async put(what, input, { signal, onProgress } = {}) {
      const decoder = new TextDecoder();
      let text = '';
      for await (const piece of input) {
        if (signal?.aborted) throw new NootropicError('ABORTED');
        text += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true });
        onProgress?.(new TextEncoder().encode(text).length);
      }
      text = (text + decoder.decode()).toWellFormed();
      if (signal?.aborted) throw new NootropicError('ABORTED');
      if (text.includes('\0')) throw new NootropicError('INPUT_INVALID', 'This is no text: it holds a NUL.');
      return keep(what, text, 1);
    },
    async merge(ids, what) {
      await undefined;
      const parts = ids.map(find);
      if (parts.length === 0) throw new NootropicError('INPUT_INVALID', 'A view is made of at least one entry.');
      let text = '';
      for (const part of parts)
        text += (text !== '' && part.text !== '' && !text.endsWith('\n') ? '\n' : '') + part.text;
      const count = parts.reduce((sum, { entry }) => sum + entry.parts, 0);
      return keep({ ...what, kind: 'view' }, text, count);
    },
    list: async (filter = {}) =>
      matching(filter)
        .map(({ entry }) => entry)
        .sort((one, other) => (one.id < other.id ? 1 : -1)),
    async *read(id, range = {}, signal): AsyncGenerator<ContextPiece> {
      await undefined;
      const found = find(id);
      found.used = tick();
      const { start, end } = pageOf(found.text, range);
      const most = 1000;
      for (let at = start; at < end;) {
        if (signal?.aborted) throw new NootropicError('ABORTED');
        const stop = whole(found.text, Math.min(end, at + most));
        yield { text: found.text.slice(at, stop), offset: at, line: breaksIn(found.text.slice(0, at)) + 1 };
        at = stop;
      }
    },
    async search(query, { limit = 10, ...filter } = {}) {
      await undefined;
      const wanted = [...new Set(wordsOf(query))];
      const hits = matching(filter).flatMap(({ entry, text }) => passagesOf(entry, text, wanted));
      return hits.sort((one, other) => other.score - one.score).slice(0, limit);
    },
    async remove(ids) {
      await undefined;
      for (const id of ids) find(id);
      for (const id of ids) kept.delete(id);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

function passagesOf(entry: ContextEntry, text: string, wanted: readonly string[]): ContextHit[] {
  const size = 10;
  const lines = linesOf(text);
  const hits: ContextHit[] = [];
  for (let at = 0; at < lines.length; at += size) {
    const passage = lines.slice(at, at + size).join('\n');
    const words = wordsOf(`${entry.title} ${passage}`);
    const score = wanted.filter((word) => words.includes(word)).length;
    if (score === 0) continue;
    hits.push({ entry, startLine: at + 1, endLine: Math.min(lines.length, at + size), text: passage, score });
  }
  return hits;
}

function wordsOf(text: string): string[] {
  const whole = text.match(/[\p{L}\p{N}_]+/gu) ?? [];
  const parts = whole.flatMap((word) => word.match(/\p{Lu}?\p{Ll}+|\p{N}+|\p{Lu}+|\p{Lo}/gu) ?? []);
  return [...whole, ...parts].map((word) => word.toLowerCase());
}

function linesOf(text: string): string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function breaksIn(text: string): number {
  return text.split('\n').length - 1;
}

function weightOf(text: string): number {
  let weight = 0;
  for (const character of text) weight += character <= '\u007f' ? 1 / 3.5 : 1.5;
  return weight;
}

function whole(text: string, at: number): number {
  const isLow = /[\udc00-\udfff]/u.test(text.charAt(at));
  const isHigh = /[\ud800-\udbff]/u.test(text.charAt(at - 1));
  return isLow && isHigh ? at - 1 : at;
}

function pageOf(text: string, range: ContextRange): { start: number; end: number } {
  const { line = 1, offset = 0, lines = Infinity, characters = Infinity, tokens = Infinity } = range;
  let start = Math.min(offset, text.length);
  if (whole(text, start) !== start) start += 1;
  for (let at = 1; at < line; at += 1) {
    const found = text.indexOf('\n', start);
    if (found < 0) return { start: text.length, end: text.length };
    start = found + 1;
  }
  let end = start;
  let weight = 0;
  let breaks = 0;
  let lineEnd = start;
  while (end < text.length && breaks < lines) {
    const character = String.fromCodePoint(text.codePointAt(end) ?? 0);
    weight += weightOf(character);
    const isFirst = end === start && lines > 0 && characters > 0 && tokens > 0;
    if (!isFirst && end + character.length - start > characters) break;
    if (!isFirst && weight > tokens) {
      end = lineEnd > start ? lineEnd : end;
      break;
    }
    end += character.length;
    if (character === '\n') {
      breaks += 1;
      lineEnd = end;
    }
  }
  return { start, end };
}
