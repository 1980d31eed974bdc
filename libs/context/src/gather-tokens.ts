import type { ContextBlock, GatherBudget } from '@nootropic/contracts';
import { estimateTokens } from './token-estimate.ts';

/** A block that does not fit is cut to what does, but not below this many lines. */
const fewestLines = 6;

/** What fits into a budget, counted by the tokenizer that was given. */
export interface TokenCounter {
  /** Tokens of a block as a prompt shows it: its citation, then its text between fences. */
  of(block: Pick<ContextBlock, 'citation' | 'text'>): Promise<number>;
  /** The first lines of a block that fit, all of them where they do; `undefined` where too few would be left. */
  fit<Block extends Pick<ContextBlock, 'citation' | 'text'>>(block: Block, tokens: number): Promise<Block | undefined>;
}

export function createTokenCounter(countTokens: GatherBudget['countTokens'] = estimateTokens): TokenCounter {
  const of: TokenCounter['of'] = async (block) => Math.ceil(await countTokens(rendered(block)));
  return {
    of,
    async fit(block, tokens) {
      // A token is at most some characters long, so what is far too long need not be counted.
      if (tokens <= 0) return undefined;
      const whole = await of(block);
      if (whole <= tokens) return block;
      const lines = block.text.split('\n');
      let low = 0;
      let high = Math.min(lines.length - 1, Math.ceil((lines.length * tokens * 2) / whole));
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if ((await of(cut(block, lines, middle))) <= tokens) low = middle;
        else high = middle - 1;
      }
      while (low > 0 && (lines[low - 1] ?? '').trim() === '') low -= 1;
      if (low < fewestLines) return undefined;
      const made = cut(block, lines, low);
      // Fewer lines seldom take more tokens; where they do, nothing is shown rather than too much.
      return (await of(made)) <= tokens ? made : undefined;
    },
  };
}

function rendered({ citation, text }: Pick<ContextBlock, 'citation' | 'text'>): string {
  const { path, startLine, endLine, symbol = '' } = citation;
  return `${path}:${String(startLine)}-${String(endLine)} ${symbol} (signature only)\n\`\`\`\n${text}\n\`\`\`\n\n`;
}

function cut<Block extends Pick<ContextBlock, 'citation' | 'text'>>(
  block: Block,
  lines: readonly string[],
  count: number,
): Block {
  const endLine = block.citation.startLine + Math.max(1, count) - 1;
  return { ...block, text: lines.slice(0, count).join('\n'), citation: { ...block.citation, endLine } };
}
