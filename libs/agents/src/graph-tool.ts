import { z } from 'zod';
import { defineTool } from './tool.ts';

export const graphTool = defineTool({
  name: 'graph',
  description: 'Callers of a symbol, what its change touches, its tests.',
  parameters: z.object({ ask: z.enum(['callers', 'impact', 'tests']), symbol: z.string().min(1) }),
  async run({ ask, symbol }, { knowledge, signal }) {
    const answer = await knowledge.graph({ ask, symbol, limit: 40 }, signal);
    if (answer.unclear !== undefined || answer.symbols.length === 0) {
      const meant = answer.symbols.map(({ path, name }) => `${path}:${name}`);
      const near = meant.length > 0 ? meant : (answer.near ?? []);
      return near.length === 0
        ? `No symbol is named ${symbol}. Search for it instead.`
        : `${symbol} is not one symbol. Ask with one of: ${near.slice(0, 10).join(', ')}`;
    }
    const lines = answer.nodes.map(({ symbol: { path, name, startLine }, relation, at }) =>
      `${relation} ${path}:${at?.path === path ? at.line : startLine} ${name}`.trim(),
    );
    const rest = answer.truncated ? ['[there are more]'] : [];
    return lines.length === 0 ? `Nothing is known for ${ask} of ${symbol}.` : [...lines, ...rest].join('\n');
  },
});
