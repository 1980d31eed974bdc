import type { ContextBlock, Reference, SearchIndex, SymbolInfo } from '@nootropic/contracts';
import { holderOf, lastPart, neighboursOf, type NeighbourPorts } from './gather-neighbours.ts';
import { locate, type LinesOf, type Passage } from './gather-passages.ts';
import { pathRole } from './path-role.ts';
import type { Query } from './query.ts';
import type { RankedChunk } from './rank.ts';

/** The best hit is what the question is about when its score is this many times that of the next symbol. */
const clearLead = 1.6;
/** A type of at most this many lines is shown whole. */
const typeLines = 25;
const testLines = 15;
const mostRelated = { types: 3, callees: 4, callers: 4, tests: 2 };
const signatureLines = 10;

/** What a question is about, whole, and what belongs to it. */
export interface Target {
  readonly passage: Passage;
  readonly definition?: SymbolInfo;
}

/** A block that belongs to the target; the text is that of its lines. */
export type RelatedBlock = Pick<ContextBlock, 'citation' | 'text' | 'kind' | 'signature' | 'doc'> & {
  readonly role: 'type' | 'signature' | 'test';
};

interface TargetPorts {
  readonly index: SearchIndex;
  readonly linesOf: LinesOf;
}

/** The file or the symbol that a question is about: one that it names, or the best hit where no other comes near. */
export async function findTarget(
  ports: TargetPorts,
  query: Query,
  ranked: readonly RankedChunk[],
): Promise<Target | undefined> {
  const file = await namedFile(ports, query, ranked);
  if (file !== undefined) return file;
  const [best] = ranked;
  const { path = '', chunk } = best?.hit ?? {};
  const isNamed =
    chunk !== undefined && query.identifiers.some((name) => name === chunk.symbol || name === lastPart(chunk.symbol));
  if (!isNamed) {
    const named = await namedSymbol(ports, query, ranked);
    if (named !== undefined) return named;
  }
  if (best === undefined || chunk === undefined || chunk.symbol === '') return undefined;
  const next = ranked.find(({ hit }) => hit.path !== path || hit.chunk.symbol !== chunk.symbol);
  if (!isNamed && next !== undefined && best.score < clearLead * next.score) return undefined;
  const definition = (await ports.index.symbols(chunk.symbol)).find(
    (symbol) => symbol.path === path && symbol.startLine <= chunk.endLine && symbol.endLine >= chunk.startLine,
  );
  const lines = await ports.linesOf(path);
  if (definition === undefined || definition.kind === 'section' || lines === undefined) return undefined;
  const found = locate(chunk, lines);
  if (found === undefined) return undefined;
  const shift = found - chunk.startLine;
  const own = ranked.filter(({ hit }) => hit.path === path && hit.chunk.symbol === chunk.symbol);
  const firstOf = Math.min(definition.startLine, ...own.map(({ hit }) => hit.chunk.startLine));
  const startLine = Math.max(1, firstOf + shift);
  let endLine = Math.min(lines.length, Math.max(definition.endLine, chunk.endLine) + shift);
  while (endLine > startLine && (lines[endLine - 1] ?? '').trim() === '') endLine -= 1;
  const text = lines.slice(startLine - 1, endLine).join('\n');
  return { passage: { path, startLine, endLine, symbol: chunk.symbol, score: best.score, text }, definition };
}

const fileToken = /(?:[\w@.-]+\/)*[\w@-][\w@.-]*\.[A-Za-z]\w{0,7}/gu;

/** A symbol that the question names and that is defined once, where the search ranks no chunk of it first: one line among others, for example. */
async function namedSymbol(
  { index, linesOf }: TargetPorts,
  query: Query,
  ranked: readonly RankedChunk[],
): Promise<Target | undefined> {
  for (const name of query.identifiers) {
    const all = (await index.symbols(name)).filter(({ kind }) => kind !== 'section' && kind !== 'key');
    const [definition, ...others] = all.filter(({ path }) => pathRole(path) === 'source');
    if (definition === undefined || others.length > 0) continue;
    const { path, startLine } = definition;
    const lines = await linesOf(path);
    if (lines === undefined || !isStillThere(lines, definition)) continue;
    const endLine = Math.min(lines.length, definition.endLine);
    const score = Math.max(1, ...ranked.map((chunk) => chunk.score));
    const text = lines.slice(startLine - 1, endLine).join('\n');
    return { passage: { path, startLine, endLine, symbol: definition.name, score, text }, definition };
  }
  return undefined;
}

async function namedFile(
  { index, linesOf }: TargetPorts,
  query: Query,
  ranked: readonly RankedChunk[],
): Promise<Target | undefined> {
  const names = query.text.slice(0, 2000).match(fileToken) ?? [];
  if (names.length === 0) return undefined;
  const paths = (await index.files()).map(({ path }) => path);
  for (const name of names) {
    const found = paths.filter((path) => path === name || path.endsWith(`/${name}`));
    const [path] = found;
    if (path === undefined || found.length > 1) continue;
    const lines = await linesOf(path);
    if (lines === undefined || lines.length === 0) continue;
    const score = Math.max(1, ...ranked.map((chunk) => chunk.score));
    return { passage: { path, startLine: 1, endLine: lines.length, symbol: '', score, text: lines.join('\n') } };
  }
  return undefined;
}

/** The types in the target's signature, the signatures of what it calls and what calls it, and its tests, in this order. */
export async function relatedTo(
  ports: NeighbourPorts & TargetPorts,
  target: Target,
  signal?: AbortSignal,
): Promise<RelatedBlock[]> {
  const { definition } = target;
  if (definition === undefined) return [];
  const { types, callees, callers, tests } = await neighboursOf(ports, definition, signal);

  const seen = new Set<string>([`${definition.path}:${String(definition.startLine)}`]);
  const isNew = ({ path, startLine }: SymbolInfo): boolean => {
    const key = `${path}:${String(startLine)}`;
    return !seen.has(key) && Boolean(seen.add(key));
  };
  const made: (RelatedBlock | undefined)[] = [];
  for (const type of types.filter(isNew).slice(0, mostRelated.types)) made.push(await typeBlock(ports, type));
  for (const callee of callees.filter(isNew).slice(0, mostRelated.callees))
    made.push(await signatureBlock(ports, callee));
  for (const caller of callers.filter(isNew).slice(0, mostRelated.callers))
    made.push(await signatureBlock(ports, caller));
  for (const place of onePerFile(tests).slice(0, mostRelated.tests)) made.push(await testBlock(ports, place));
  return made.filter((block) => block !== undefined);
}

async function typeBlock(ports: TargetPorts, symbol: SymbolInfo): Promise<RelatedBlock | undefined> {
  if (symbol.endLine - symbol.startLine + 1 > typeLines) return signatureBlock(ports, symbol);
  const lines = await ports.linesOf(symbol.path);
  if (lines === undefined || !isStillThere(lines, symbol)) return undefined;
  return { ...blockOf(symbol, lines, symbol.endLine), role: 'type' };
}

async function signatureBlock({ linesOf }: TargetPorts, symbol: SymbolInfo): Promise<RelatedBlock | undefined> {
  const lines = await linesOf(symbol.path);
  if (lines === undefined || !isStillThere(lines, symbol)) return undefined;
  const wanted = plain(symbol.signature);
  let endLine = symbol.startLine;
  const last = Math.min(symbol.endLine, symbol.startLine + signatureLines - 1, lines.length);
  while (endLine < last && !plain(lines.slice(symbol.startLine - 1, endLine).join('\n')).includes(wanted)) endLine += 1;
  if (!plain(lines.slice(symbol.startLine - 1, endLine).join('\n')).includes(wanted)) endLine = symbol.startLine;
  return { ...blockOf(symbol, lines, endLine), role: 'signature' };
}

async function testBlock({ index, linesOf }: TargetPorts, place: Reference): Promise<RelatedBlock | undefined> {
  const lines = await linesOf(place.path);
  const line = lines?.[place.line - 1];
  if (lines === undefined || line?.includes(lastPart(place.name)) !== true) return undefined;
  const holder = await holderOf(index, place);
  const from = holder === undefined ? place.line - 3 : Math.max(holder.startLine, place.line - testLines + 3);
  const startLine = Math.max(1, from);
  const endLine = Math.min(lines.length, holder?.endLine ?? place.line + 3, startLine + testLines - 1);
  const text = lines.slice(startLine - 1, endLine).join('\n');
  const citation = { path: place.path, startLine, endLine, ...(place.from !== '' && { symbol: place.from }) };
  return { citation, text, signature: '', doc: '', role: 'test' };
}

function blockOf(symbol: SymbolInfo, lines: readonly string[], endLine: number): Omit<RelatedBlock, 'role'> {
  const { path, startLine, name, kind, signature, doc } = symbol;
  const end = Math.min(endLine, lines.length);
  const text = lines.slice(startLine - 1, end).join('\n');
  return { citation: { path, startLine, endLine: end, symbol: name }, text, kind, signature, doc };
}

/** A file may have changed since it was indexed. */
function isStillThere(lines: readonly string[], symbol: SymbolInfo): boolean {
  const around = lines.slice(symbol.startLine - 1, symbol.startLine - 1 + signatureLines).join('\n');
  return symbol.startLine <= lines.length && around.includes(lastPart(symbol.name));
}

function onePerFile(places: readonly Reference[]): Reference[] {
  return places.filter(({ path }, at) => places.findIndex((other) => other.path === path) === at);
}

function plain(text: string): string {
  return text.replace(/\s+/gu, '');
}
