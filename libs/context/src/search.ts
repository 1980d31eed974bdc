import { NootropicError, type Knowledge, type Parser, type SearchHit } from '@nootropic/contracts';
import { limitPerFile } from './rank.ts';
import { retrieve, type RetrievePorts } from './retrieve.ts';
import { readSearchText } from './search-operators.ts';
import { scopeOf } from './search-scope.ts';
import { searchTree, type TreeSearchPorts } from './search-tree.ts';
import { snippetOf } from './snippet.ts';

export interface SearchPorts extends RetrievePorts, TreeSearchPorts {
  readonly parser: Parser;
}

export type SearchOptions = NonNullable<Parameters<Knowledge['search']>[1]>;

/** `Knowledge.search`. */
export async function search(ports: SearchPorts, text: string, options: SearchOptions = {}): Promise<SearchHit[]> {
  const { mode = 'plain', explain = false, limit = 10, onNotice, signal } = options;
  if (signal?.aborted) throw new NootropicError('ABORTED');
  const found =
    mode === 'plain' ? await byWords(ports, text, options) : await inTree(ports, text, { ...options, mode, limit });
  for (const notice of new Set(found.notices)) onNotice?.(notice);
  return found.hits.map(({ signals, ...hit }) => (explain && signals !== undefined ? { ...hit, signals } : hit));
}

interface SearchFound {
  readonly hits: readonly SearchHit[];
  readonly notices: readonly string[];
}

async function byWords(ports: SearchPorts, text: string, options: SearchOptions): Promise<SearchFound> {
  const { operators, text: rest } = readSearchText(text);
  const scope = await scopeOf(ports, options.filter, operators);
  const names = operators.symbol.wanted.map((name) => name.replace(/[*?]+/gu, ' ').trim());
  // With operators alone, what they name is looked for.
  const question = [rest, ...names].filter((part) => part !== '').join(' ') || operators.path.wanted.join(' ');
  if (question === '') {
    const notice = 'There is nothing to look for beside what narrows the search: add a word, or `symbol:`.';
    return { hits: [], notices: [...scope.notices, notice] };
  }
  if (scope.isEmpty) return { hits: [], notices: scope.notices };
  const { query, ranked, notices } = await retrieve(ports, question, {
    scope,
    workClass: options.workClass,
    signal: options.signal,
  });
  const hits = limitPerFile(ranked, options.limit ?? 10).map(({ hit, score, signals }): SearchHit => {
    const { startLine, endLine, symbol } = hit.chunk;
    return {
      path: hit.path,
      startLine,
      endLine,
      symbol,
      score,
      snippet: snippetOf(hit.chunk.text, query.stems),
      signals,
    };
  });
  return { hits, notices: [...scope.notices, ...notices] };
}

async function inTree(
  ports: SearchPorts,
  text: string,
  options: SearchOptions & { readonly mode: 'exact' | 'regex'; readonly limit: number },
): Promise<SearchFound> {
  const { mode, limit, filter, signal } = options;
  const scope = await scopeOf(ports, filter);
  return searchTree(ports, text, { mode, limit, scope, kinds: scope.filter.kinds ?? [], signal });
}
