import {
  NootropicError,
  type ContextBlock,
  type GatherBudget,
  type Gathered,
  type Knowledge,
  type LeftOut,
  type SearchHit,
  type Sources,
} from '@nootropic/contracts';
import { createTokenCounter, type TokenCounter } from './gather-tokens.ts';
import { readQuery } from './query.ts';
import { parseSourcePath } from './source-names.ts';
import { isSameFamily, splitWords, stem } from './words.ts';

/** Passages of sources that a question gets at most, and their share of the budget. */
const most = 3;
const share = 0.25;
/** A passage of a source is worth its room when it holds this share of the question's words. */
const leastCovered = 0.5;

/**
 * The knowledge of a workspace with what its user added to it: `gather` ends with the best passages of the sources, `read` reads them by their
 * paths. Everything else is of the workspace alone. The sources stay the caller's; where they cannot be read, `gather` does without them and
 * `onProblem` is told.
 */
export function joinSources(knowledge: Knowledge, sources: Sources, onProblem: (message: string) => void): Knowledge {
  return {
    ...knowledge,
    async gather(query, budget, signal) {
      const blocks = await sourceBlocks(sources, query, signal).catch((error: unknown) => {
        const { code, message } = NootropicError.from(error);
        if (code === 'ABORTED') throw error;
        onProblem(`The sources of the workspace cannot be searched: ${message}`);
        return [];
      });
      if (blocks.length === 0) return knowledge.gather(query, budget, signal);
      const counter = createTokenCounter(budget.countTokens);
      const sizes = await Promise.all(blocks.map((block) => counter.of(block)));
      const wanted = sizes.reduce((sum, size) => sum + size, 0);
      const kept = Math.min(wanted, Math.floor(budget.tokens * share));
      const own = await knowledge.gather(query, withTokens(budget, budget.tokens - kept), signal);
      return pack(own, { blocks, counter, budget });
    },
    read: (path, range) =>
      parseSourcePath(path) === undefined ? knowledge.read(path, range) : sources.read(path, range),
  };
}

async function sourceBlocks(sources: Sources, query: string, signal: AbortSignal | undefined): Promise<ContextBlock[]> {
  const { stems } = readQuery(query);
  if (stems.length === 0) return [];
  const found = await sources.search(query.slice(0, 10_000), { limit: most * 2, ...(signal && { signal }) });
  const blocks = await Promise.all(found.map((hit) => blockOf(sources, hit)));
  const covers = ({ citation, text }: ContextBlock): boolean => {
    const words = splitWords(`${citation.path} ${text}`).map(stem);
    const held = stems.filter((wanted) => words.some((word) => isSameFamily(word, wanted)));
    return held.length >= stems.length * leastCovered;
  };
  return blocks.filter(covers).slice(0, most);
}

async function blockOf(sources: Sources, hit: SearchHit): Promise<ContextBlock> {
  const { path } = hit;
  const { text, startLine, endLine } = await sources.read(path, hit);
  return {
    ...{ citation: { path, startLine, endLine }, text, score: 0, signature: '', doc: '', callers: [] },
    role: 'source',
  };
}

function withTokens(budget: GatherBudget, tokens: number): GatherBudget {
  return { ...budget, tokens };
}

async function pack(
  own: Gathered,
  added: {
    readonly blocks: readonly ContextBlock[];
    readonly counter: TokenCounter;
    readonly budget: GatherBudget;
  },
): Promise<Gathered> {
  const { budget, counter } = added;
  const blocks = [...own.blocks];
  const leftOut: LeftOut[] = [];
  let { tokens } = own;
  const last = own.blocks.at(-1)?.score ?? 1;
  for (const [at, block] of added.blocks.entries()) {
    const isFull = blocks.length >= (budget.blocks ?? Infinity);
    const fitted = isFull ? undefined : await counter.fit(block, budget.tokens - tokens);
    if (fitted === undefined) {
      const { path, startLine, endLine } = block.citation;
      leftOut.push({ path, startLine, endLine, why: 'a source: no room', tokens: await counter.of(block) });
      continue;
    }
    blocks.push({ ...fitted, score: last / (at + 2) });
    tokens += await counter.of(fitted);
  }
  return { blocks, tokens, leftOut: [...leftOut, ...own.leftOut].slice(0, 50) };
}
