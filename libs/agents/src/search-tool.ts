import { z } from 'zod';
import { defineTool } from './tool.ts';

export const searchTool = defineTool({
  name: 'search',
  description: 'Search the workspace by words or names, best first.',
  parameters: z.object({ query: z.string().min(1) }),
  async run({ query }, { knowledge, signal }) {
    const hits = await knowledge.search(query, { limit: 8, ...(signal && { signal }) });
    if (hits.length === 0) return 'Nothing found. Try other words, or list a folder.';
    return hits.map((hit) => `${hit.path}:${hit.startLine}-${hit.endLine} ${hit.symbol}\n${hit.snippet}`).join('\n\n');
  },
});
