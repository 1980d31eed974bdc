import {
  NootropicError,
  type ContextEntry,
  type ContextStore,
  type SearchHit,
  type Source,
  type SourceEvent,
  type SourceInput,
  type SourceKind,
  type Sources,
} from '@nootropic/contracts';
import { readQuery } from './query.ts';
import { snippetOf } from './snippet.ts';
import { entryNames, nameOf, parseSourcePath, sourcePath } from './source-names.ts';
import {
  folderItems,
  historyItems,
  isWebAddress,
  pageItem,
  type SourceItem,
  type SourceOriginals,
} from './source-readers.ts';

export interface SourcesOptions extends SourceOriginals {
  /** Holds what was read, for this workspace alone. It stays the caller's. */
  readonly store: ContextStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What is kept about a source beside its texts. */
interface Card {
  readonly kind: SourceKind;
  readonly place: string;
  readonly addedAt: number;
  /** 0 until a refresh came to its end. */
  readonly refreshedAt: number;
  /** Of history: the commit that was checked out. */
  readonly head?: string;
  /** Of a folder: what was looked at and holds no text, by its path, with the sign of the file as it was. */
  readonly without?: Readonly<Record<string, string>>;
  readonly state: 'fresh' | 'stale' | 'gone';
  readonly detail: string;
}

/** A page from the network is taken for old after this. */
const pageAgeMs = 30 * 86_400_000;
const dayMs = 86_400_000;
/** Passages of one text in a list of results at most. */
const passagesPerText = 2;
const progressEvery = 20;
/** Lines of a passage that is cited, and how many of them stand before what was found. */
const mostLines = 16;
const linesBefore = 4;

/** The named sources of one workspace, with their texts in a context store. */
export function createSources(options: SourcesOptions): Sources {
  const { store, now } = options;

  const readText = async (id: string): Promise<string> => {
    let text = '';
    for await (const piece of store.read(id)) text += piece.text;
    return text;
  };
  const cardOf = async (name: string): Promise<Card | undefined> => {
    const wanted = entryNames.source(name);
    const entry = (await store.list({ named: wanted })).find((each) => each.name === wanted);
    return entry === undefined ? undefined : (JSON.parse(await readText(entry.id)) as Card);
  };
  const saveCard = async (name: string, card: Card): Promise<void> => {
    const what = { title: name, kind: 'source', from: card.place, name: entryNames.source(name) } as const;
    await store.put(what, [JSON.stringify(card)]);
  };
  const knownCard = async (name: string): Promise<Card> => {
    const card = await cardOf(name);
    if (card !== undefined) return card;
    throw new NootropicError('NOT_FOUND', `There is no source "${name}".`, { hint: 'Run `nootropic sources list`.' });
  };
  const namesOfAll = async (): Promise<string[]> =>
    (await store.list({ named: entryNames.sources }))
      .map((entry) => (entry.name ?? '').slice(entryNames.sources.length))
      .sort();
  const contentsOf = async (name: string): Promise<Map<string, ContextEntry>> => {
    const start = entryNames.content(name);
    const entries = await store.list({ named: start });
    return new Map(entries.map((entry) => [(entry.name ?? '').slice(start.length), entry]));
  };
  const sourceOf = async (name: string, card: Card, contents?: ReadonlyMap<string, ContextEntry>): Promise<Source> => {
    const entries = [...(contents ?? (await contentsOf(name))).values()];
    const sum = (of: (entry: ContextEntry) => number): number => entries.reduce((total, entry) => total + of(entry), 0);
    const { kind, place, addedAt, refreshedAt, state, detail } = card;
    return {
      ...{ name, kind, place, entries: entries.length, bytes: sum(({ bytes }) => bytes) },
      ...{ tokens: sum(({ tokens }) => tokens), addedAt, refreshedAt, state, detail },
    };
  };
  const putItem = async (name: string, { path, kind }: SourceItem, read: ReadText): Promise<void> => {
    const { title, text, mark, from } = read;
    await store.put({ title, kind, from, mark, name: entryNames.content(name, path) }, [text]);
  };

  async function* itemsOf(
    card: Card,
    known: ReadonlyMap<string, ContextEntry>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Awaited<ItemOrSkipped>> {
    if (card.kind === 'folder') yield* folderItems(options, card.place, signal);
    else if (card.kind === 'page') yield await pageItem(options, card.place, signal);
    else if (card.kind === 'history') yield* historyItems(options, (path) => known.has(path), signal);
  }

  /** Reads again what changed, and removes what is gone. Notes have no original. */
  async function* refreshOne(
    name: string,
    card: Card,
    { signal, notes = 0 }: { readonly signal?: AbortSignal | undefined; readonly notes?: number },
  ): AsyncGenerator<SourceEvent> {
    const counts = { added: notes, changed: 0, removed: 0 };
    const without: Record<string, string> = {};
    const skipped: { path: string; reason: string }[] = [];
    const known = await contentsOf(name);
    const gone = new Map(known);
    const head = card.kind === 'history' ? await options.history.head() : undefined;
    let done = 0;
    if (card.kind !== 'notes') {
      for await (const item of itemsOf(card, known, signal)) {
        if (signal?.aborted) throw new NootropicError('ABORTED');
        if ('skipped' in item) {
          skipped.push(item.skipped);
          continue;
        }
        const before = known.get(item.path);
        const read = await item.read(before?.mark);
        if (read.state === 'skipped') {
          skipped.push({ path: item.path, reason: read.reason });
          without[item.path] = item.mark;
          continue;
        }
        gone.delete(item.path);
        if (read.state === 'read') {
          await putItem(name, item, read);
          if (before === undefined) counts.added += 1;
          else if (firstWord(before.mark) !== firstWord(read.mark)) counts.changed += 1;
        }
        done += 1;
        if (done % progressEvery === 0) yield { type: 'progress', source: name, done, total: known.size };
      }
      counts.removed = gone.size;
      if (gone.size > 0) await store.remove([...gone.values()].map(({ id }) => id));
    }
    const next: Card = {
      ...{ kind: card.kind, place: card.place, addedAt: card.addedAt, refreshedAt: now() },
      ...(head !== undefined && { head }),
      ...(card.kind === 'folder' && { without }),
      ...{ state: 'fresh', detail: '' },
    };
    await saveCard(name, next);
    yield { type: 'refreshed', source: await sourceOf(name, next), ...counts, skipped };
  }

  /** The same for a source that is there: one that cannot be read keeps what was read, and says so. */
  async function* refreshKept(name: string, card: Card, signal?: AbortSignal): AsyncGenerator<SourceEvent> {
    try {
      yield* refreshOne(name, card, { signal });
    } catch (error) {
      const { code, message } = NootropicError.from(error);
      const state = code === 'PATH_NOT_FOUND' || code === 'NOT_FOUND' ? 'gone' : 'stale';
      if (!['PATH_NOT_FOUND', 'NOT_FOUND', 'SOURCE_UNREACHABLE', 'DENIED', 'COMMAND_FAILED'].includes(code))
        throw error;
      const marked: Card = { ...card, state, detail: message };
      await saveCard(name, marked);
      yield { type: 'refreshed', source: await sourceOf(name, marked), added: 0, changed: 0, removed: 0, skipped: [] };
    }
  }

  async function addNote(name: string, text: string): Promise<void> {
    const numbers = [...(await contentsOf(name)).keys()].map((path) =>
      Number(/^note-(\d+)\.md$/u.exec(path)?.[1] ?? 0),
    );
    const path = `note-${String(Math.max(0, ...numbers) + 1)}.md`;
    const [title = path] = text.trim().split('\n');
    const what = {
      title: title.slice(0, 100),
      kind: 'note',
      from: 'note',
      name: entryNames.content(name, path),
    } as const;
    await store.put(what, [text.endsWith('\n') ? text : `${text}\n`]);
  }

  async function* add(input: SourceInput, signal?: AbortSignal): AsyncGenerator<SourceEvent> {
    const { kind, place = '' } = input;
    const name = nameOf(input);
    const before = await cardOf(name);
    const needsPlace = kind === 'folder' || kind === 'page';
    if (needsPlace && place === '') throw new NootropicError('INPUT_INVALID', `A ${kind} needs a place.`);
    if (before !== undefined && (before.kind !== kind || (needsPlace && before.place !== place)))
      throw new NootropicError('INPUT_INVALID', `There is a source "${name}" already: ${describe(before)}.`, {
        hint: 'Give it another name with --name, or remove that one with `nootropic sources remove`.',
      });
    const time = now();
    const card: Card = before ?? {
      ...{ kind, place: needsPlace ? place : '', addedAt: time, refreshedAt: 0 },
      ...{ state: 'stale', detail: 'was not read to its end' },
    };
    if (kind === 'notes') {
      if (input.text === undefined || input.text.trim() === '')
        throw new NootropicError('INPUT_INVALID', 'A note needs a text.');
      if (before === undefined) await saveCard(name, card);
      await addNote(name, input.text);
      yield* refreshOne(name, card, { signal, notes: 1 });
      return;
    }
    if (kind === 'history' && (await options.history.head()) === undefined) {
      throw new NootropicError('INPUT_INVALID', 'This folder has no version control, or nothing was committed yet.');
    } else if (before === undefined) {
      // Whether a folder or a file is there shows now; what follows is kept also when it is stopped.
      if (kind === 'folder') await options.folder(place);
      else if (kind === 'page' && !isWebAddress(place)) await pageItem(options, place);
      if (kind !== 'page') await saveCard(name, card);
    }
    try {
      yield* refreshOne(name, card, { signal });
    } catch (error) {
      if (before === undefined && (await contentsOf(name)).size === 0) await removeEntries(name).catch(() => undefined);
      throw error;
    }
  }

  async function removeEntries(name: string): Promise<void> {
    const wanted = entryNames.source(name);
    const entries = [
      ...(await store.list({ named: wanted })).filter((entry) => entry.name === wanted),
      ...(await contentsOf(name)).values(),
    ];
    if (entries.length > 0) await store.remove(entries.map(({ id }) => id));
  }

  /** Whether an original changed, without reading it or asking the network. */
  async function checked(card: Card, contents: ReadonlyMap<string, ContextEntry>): Promise<Card> {
    const stale = (detail: string): Card => ({ ...card, state: 'stale', detail });
    if (card.refreshedAt === 0) return stale('was not read to its end');
    try {
      if (card.kind === 'folder') {
        let changed = 0;
        let present = 0;
        for await (const item of folderItems(options, card.place)) {
          if ('skipped' in item || card.without?.[item.path] === item.mark) continue;
          const mark = contents.get(item.path)?.mark;
          if (mark === undefined) changed += 1;
          else {
            present += 1;
            if (mark.split(' ')[1] !== item.mark) changed += 1;
          }
        }
        changed += contents.size - present;
        return changed === 0 ? fresh(card) : stale(`${String(changed)} ${changed === 1 ? 'file' : 'files'} changed`);
      }
      if (card.kind === 'page' && !isWebAddress(card.place)) {
        const item = await pageItem(options, card.place);
        const isSame = [...contents.values()].some(({ mark }) => mark.split(' ')[1] === item.mark);
        return isSame ? fresh(card) : stale('the file changed');
      }
      if (card.kind === 'page') {
        const age = now() - card.refreshedAt;
        return age > pageAgeMs ? stale(`fetched ${String(Math.floor(age / dayMs))} days ago`) : card;
      }
      if (card.kind === 'history') {
        const head = await options.history.head();
        return head === card.head ? fresh(card) : stale('there are other commits now');
      }
      return card;
    } catch (error) {
      const { code, message } = NootropicError.from(error);
      return code === 'PATH_NOT_FOUND' ? { ...card, state: 'gone', detail: message } : stale(message);
    }
  }

  return {
    add,
    async *refresh(names, signal) {
      for (const name of names ?? (await namesOfAll())) {
        if (signal?.aborted) throw new NootropicError('ABORTED');
        yield* refreshKept(name, await knownCard(name), signal);
      }
    },
    async list() {
      const sources: Source[] = [];
      for (const name of await namesOfAll()) {
        const card = await cardOf(name);
        if (card === undefined) continue;
        const contents = await contentsOf(name);
        sources.push(await sourceOf(name, await checked(card, contents), contents));
      }
      return sources;
    },
    async remove(name) {
      const source = await sourceOf(name, await knownCard(name));
      await removeEntries(name);
      return source;
    },
    async search(query, { sources, limit = 10, signal } = {}) {
      for (const name of sources ?? []) await knownCard(name);
      const starts = sources === undefined ? [entryNames.contents] : sources.map((name) => entryNames.content(name));
      const { stems } = readQuery(query);
      const found = await Promise.all(
        starts.map((named) => store.search(query, { named, limit: limit * 3, ...(signal && { signal }) })),
      );
      const perText = new Map<string, number>();
      const hits: SearchHit[] = [];
      for (const { entry, startLine, endLine, text, score } of found.flat().sort((a, b) => b.score - a.score)) {
        const count = (perText.get(entry.id) ?? 0) + 1;
        perText.set(entry.id, count);
        if (count > passagesPerText) continue;
        const [name = '', ...path] = (entry.name ?? '').slice(entryNames.contents.length).split('/');
        const shown = passageAround({ startLine, endLine, text }, stems);
        hits.push({ path: sourcePath(name, path.join('/')), symbol: '', score, ...shown });
        if (hits.length === limit) break;
      }
      return hits;
    },
    async read(path, range) {
      const parsed = parseSourcePath(path);
      const wanted = parsed === undefined ? '' : entryNames.content(parsed.name, parsed.path);
      const entry = (await store.list({ named: wanted })).find((each) => each.name === wanted);
      if (entry === undefined || wanted === '') throw new NootropicError('NOT_FOUND', `There is no ${path}.`);
      const totalLines = entry.lines;
      const startLine = Math.max(1, Math.floor(range?.startLine ?? 1));
      const endLine = Math.min(totalLines, Math.floor(range?.endLine ?? totalLines));
      if (totalLines > 0 && !(startLine <= endLine))
        throw new NootropicError('INPUT_INVALID', `${path} has ${String(totalLines)} lines.`);
      let text = '';
      const lines = Math.max(0, endLine - startLine + 1);
      for await (const piece of store.read(entry.id, { line: startLine, lines })) text += piece.text;
      return { text: text.replace(/\n$/u, ''), startLine: Math.min(startLine, totalLines), endLine, totalLines };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

type ReadText = Extract<Awaited<ReturnType<SourceItem['read']>>, { state: 'read' }>;
type ItemOrSkipped = SourceItem | { readonly skipped: { readonly path: string; readonly reason: string } };

/** Of a long passage, the lines around those that hold the question's words. */
function passageAround(
  { startLine, endLine, text }: { readonly startLine: number; readonly endLine: number; readonly text: string },
  stems: readonly string[],
): Pick<SearchHit, 'startLine' | 'endLine' | 'snippet'> {
  const snippet = snippetOf(text, stems);
  const lines = text.split('\n');
  const found = snippet === '' ? -1 : `${text}\n`.indexOf(`${snippet}\n`);
  if (lines.length <= mostLines || found < 0) return { startLine, endLine, snippet };
  const at = text.slice(0, found).split('\n').length - 1;
  const first = Math.max(0, Math.min(at - linesBefore, lines.length - mostLines));
  return { startLine: startLine + first, endLine: Math.min(endLine, startLine + first + mostLines - 1), snippet };
}

function fresh(card: Card): Card {
  return { ...card, state: 'fresh', detail: '' };
}

function firstWord(mark: string): string {
  return mark.split(' ')[0] ?? '';
}

function describe({ kind, place }: Card): string {
  return place === '' ? kind : `the ${kind} ${place}`;
}
