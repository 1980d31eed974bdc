import type {
  ContextBlock,
  Files,
  GatherBudget,
  Gathered,
  LeftOut,
  Reference,
  SearchIndex,
  SymbolInfo,
} from '@nootropic/contracts';
import { callersOf } from './callers.ts';
import type { NeighbourPorts } from './gather-neighbours.ts';
import { createLineReader, joinAdjacent, type Passage } from './gather-passages.ts';
import { findTarget, relatedTo, type RelatedBlock } from './gather-target.ts';
import { createTokenCounter, type TokenCounter } from './gather-tokens.ts';
import { limitPerFile, type RankedChunk } from './rank.ts';
import { retrieve, type RetrievePorts } from './retrieve.ts';

export interface GatherPorts extends RetrievePorts, NeighbourPorts {
  readonly files: Files;
}

const defaultBlocks = 12;
const callersShown = 5;
/** Of the budget, what is kept for what belongs to the target. */
const relatedShare = 0.4;
const mostLeftOut = 50;

/** The blocks so far, and what they leave of the budget. */
interface Pack {
  readonly blocks: ContextBlock[];
  readonly leftOut: LeftOut[];
  tokens: number;
}

/**
 * What a model should see for a question, read anew from the files and packed into the budget: the target whole, what belongs to it, then the
 * passages that a search finds, best first. What finds no room is named.
 */
export async function gather(
  ports: GatherPorts,
  { query: text, budget }: { readonly query: string; readonly budget: GatherBudget },
  signal?: AbortSignal,
): Promise<Gathered> {
  const { query, ranked } = await retrieve(ports, text, { signal });
  const linesOf = createLineReader(ports.files);
  const counter = createTokenCounter(budget.countTokens);
  const pack: Pack = { blocks: [], leftOut: [], tokens: 0 };
  const target = await findTarget({ index: ports.index, linesOf }, query, ranked);
  if (target !== undefined && budget.blocks !== 0) {
    const { index, graph } = ports;
    const related = await relatedTo({ index, graph, linesOf }, target, signal);
    await packTarget(ports, { pack, counter, budget, related }, target.passage);
  }
  const passages = budget.blocks ?? defaultBlocks + Math.max(0, pack.blocks.length - 1);
  const chosen = limitPerFile(ranked, passages * 2);
  await packPassages(ports, { pack, counter, budget, most: passages }, await joinAdjacent(chosen, linesOf));
  nameTheRest(pack, ranked, new Set(chosen));
  return { blocks: scored(pack.blocks), tokens: pack.tokens, leftOut: pack.leftOut.slice(0, mostLeftOut) };
}

/** The target, cut where it is too long, and then what belongs to it. */
async function packTarget(
  ports: GatherPorts,
  work: {
    readonly pack: Pack;
    readonly counter: TokenCounter;
    readonly budget: GatherBudget;
    readonly related: readonly RelatedBlock[];
  },
  passage: Passage,
): Promise<void> {
  const { pack, counter, budget, related } = work;
  const sizes = await Promise.all(related.map((block) => counter.of(block)));
  const wanted = sizes.reduce((sum, size) => sum + size, 0);
  const room = budget.tokens - Math.min(wanted, Math.floor(budget.tokens * relatedShare));
  const whole: ContextBlock = { ...(await blockOf(ports.index, passage)), role: 'target' };
  const fitted = await counter.fit(whole, room);
  if (fitted === undefined) return;
  await add(pack, counter, fitted);
  leaveOutRest(pack, whole, fitted);
  const most = budget.blocks ?? Infinity;
  for (const [at, block] of related.entries()) {
    const size = sizes[at] ?? 0;
    if (isCovered(pack, block.citation)) continue;
    if (pack.tokens + size > budget.tokens || pack.blocks.length >= most) {
      leaveOut(pack, { ...block.citation, tokens: size, why: `${roleNames[block.role]}: no room` });
      continue;
    }
    pack.blocks.push({ ...block, score: 0, callers: [] });
    pack.tokens += size;
  }
}

const roleNames = { type: 'a type of its signature', signature: 'calls it or is called by it', test: 'tests it' };

async function packPassages(
  ports: GatherPorts,
  work: { readonly pack: Pack; readonly counter: TokenCounter; readonly budget: GatherBudget; readonly most: number },
  passages: readonly Passage[],
): Promise<void> {
  const { pack, counter, budget, most } = work;
  for (const passage of passages) {
    if (isCovered(pack, passage)) continue;
    const whole = await blockOf(ports.index, passage);
    const isFull = pack.blocks.length >= most;
    const fitted = isFull ? undefined : await counter.fit(whole, budget.tokens - pack.tokens);
    if (fitted === undefined) {
      const why = isFull ? 'more passages than are wanted' : 'no room';
      leaveOut(pack, { ...whole.citation, tokens: await counter.of(whole), why });
      continue;
    }
    // A signature that the passage shows as a part of more is not needed any more; its place goes to the passage.
    for (const [at, block] of pack.blocks.entries()) {
      if (block.role !== 'signature' || !isInside(block.citation, fitted.citation)) continue;
      pack.tokens -= await counter.of(block);
      pack.blocks.splice(at, 1);
      break;
    }
    await add(pack, counter, fitted);
    leaveOutRest(pack, whole, fitted);
  }
}

async function add(pack: Pack, counter: TokenCounter, block: ContextBlock): Promise<void> {
  pack.blocks.push(block);
  pack.tokens += await counter.of(block);
}

function leaveOut(pack: Pack, { path, startLine, endLine, why, tokens }: LeftOut): void {
  pack.leftOut.push({ path, startLine, endLine, why, tokens });
}

function leaveOutRest(pack: Pack, whole: ContextBlock, fitted: ContextBlock): void {
  const { path, endLine } = whole.citation;
  const shown = fitted.citation.endLine;
  if (shown >= endLine) return;
  const share = (endLine - shown) / (endLine - whole.citation.startLine + 1);
  const tokens = Math.ceil((whole.text.length / 3.5) * share);
  leaveOut(pack, { path, startLine: shown + 1, endLine, why: 'the rest of a passage that was cut', tokens });
}

interface Lines {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
}

function isInside(inner: Lines, outer: Lines): boolean {
  return inner.path === outer.path && inner.startLine >= outer.startLine && inner.endLine <= outer.endLine;
}

function isCovered(pack: Pack, lines: Lines): boolean {
  return pack.blocks.some(({ citation }) => isInside(lines, citation));
}

/** What the search found beyond what was looked at for packing. */
function nameTheRest(pack: Pack, ranked: readonly RankedChunk[], chosen: ReadonlySet<RankedChunk>): void {
  for (const each of ranked) {
    if (pack.leftOut.length >= mostLeftOut) return;
    const { path, chunk } = each.hit;
    if (chosen.has(each) || isCovered(pack, { path, ...chunk })) continue;
    const { startLine, endLine, text } = chunk;
    const more = pack.blocks.some(({ citation }) => citation.path === path);
    const why = more ? 'more of a file that is there' : 'less likely than what is there';
    leaveOut(pack, { path, startLine, endLine, why, tokens: Math.ceil(text.length / 3.5) });
  }
}

/** Blocks that belong to the target get scores between its own and that of the first passage, so that the order is that of the scores. */
function scored(blocks: readonly ContextBlock[]): ContextBlock[] {
  const isRelated = ({ role }: ContextBlock): boolean => role !== undefined && role !== 'target';
  const top = blocks[0]?.role === 'target' ? blocks[0].score : 0;
  const next = blocks.find(({ role }) => role === undefined)?.score ?? top / 2;
  const count = blocks.filter(isRelated).length;
  const high = Math.max(top, next);
  let at = 0;
  return blocks.map((block) => {
    if (block.role === 'target') return { ...block, score: high };
    if (!isRelated(block)) return block;
    at += 1;
    return { ...block, score: high - ((high - next) * at) / (count + 1) };
  });
}

async function blockOf(index: SearchIndex, passage: Passage): Promise<ContextBlock> {
  const { path, startLine, endLine, symbol, score, text } = passage;
  const citation = symbol === '' ? { path, startLine, endLine } : { path, startLine, endLine, symbol };
  return { citation, text, score, ...(await describe(index, passage)) };
}

type Described = Pick<ContextBlock, 'kind' | 'signature' | 'doc' | 'callers'>;

async function describe(index: SearchIndex, passage: Passage): Promise<Described> {
  const definition = await definitionIn(index, passage);
  if (definition === undefined) return { signature: '', doc: '', callers: [] };
  const { kind, signature, doc } = definition;
  const callers: Reference[] = await callersOf(index, definition, callersShown);
  return { kind, signature, doc, callers };
}

async function definitionIn(index: SearchIndex, passage: Passage): Promise<SymbolInfo | undefined> {
  if (passage.symbol === '') return undefined;
  const namesakes = (await index.symbols(passage.symbol)).filter((symbol) => symbol.path === passage.path);
  return (
    namesakes.find((symbol) => symbol.startLine <= passage.endLine && symbol.endLine >= passage.startLine) ??
    namesakes[0]
  );
}
