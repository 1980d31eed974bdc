import { findCitations } from '@nootropic/agents';
import type { Citation, ContextBlock, Knowledge } from '@nootropic/contracts';

export interface CheckedCitations {
  readonly citations: Citation[];
  /** Those that the answer names and that do not exist. */
  readonly missing: Citation[];
}

/**
 * Keeps the citations that exist. An answer that names none at all rests on the passages that it was given; one that names only
 * lines that do not exist rests on nothing that could be checked, and gets none.
 */
export async function checkCitations(
  knowledge: Knowledge,
  text: string,
  blocks: readonly ContextBlock[],
): Promise<CheckedCitations> {
  const citations: Citation[] = [];
  const missing: Citation[] = [];
  for (const citation of findCitations(text)) {
    const range = await knowledge.read(citation.path, citation).catch(() => undefined);
    if (range && citation.endLine <= range.totalLines) citations.push(citation);
    else missing.push(citation);
  }
  const namesNone = citations.length === 0 && missing.length === 0;
  return { citations: namesNone ? blocks.map((block) => block.citation) : citations, missing };
}
