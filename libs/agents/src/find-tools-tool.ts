import { z } from 'zod';
import { defineTool, type Tool } from './tool.ts';

const foundAtMost = 3;

/** Looks for tools that the prompt does not name. What it finds is announced in its result, so that nothing earlier in the prompt changes. */
export const findToolsTool = defineTool({
  name: 'find-tools',
  description: 'Find further tools by words.',
  parameters: z.object({ words: z.string().min(1) }),
  async run({ words }, { further }) {
    const asked = wordsOf(words);
    const ranked = (further?.list ?? [])
      .map((tool) => ({ tool, score: score(tool, asked) }))
      .filter((each) => each.score > 0)
      .toSorted((a, b) => b.score - a.score || (a.tool.spec.name < b.tool.spec.name ? -1 : 1))
      .slice(0, foundAtMost);
    await Promise.resolve();
    if (ranked.length === 0) return 'No further tool does that. Use the tools that you have.';
    for (const { tool } of ranked) further?.reveal(tool);
    return `New tools, to be called like the others:\n${ranked.map(({ tool }) => JSON.stringify(tool.spec)).join('\n')}`;
  },
});

/** Names of the tools that a result of `find-tools` announces. */
export function announcedIn(content: string): string[] {
  return content.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    try {
      const spec = JSON.parse(line) as { name?: unknown };
      return typeof spec.name === 'string' ? [spec.name] : [];
    } catch {
      // The line was cut.
      return [];
    }
  });
}

function score({ spec }: Tool, asked: readonly string[]): number {
  const [name, description] = [wordsOf(spec.name), wordsOf(spec.description)];
  return asked.reduce((sum, word) => sum + (name.includes(word) ? 3 : 0) + (description.includes(word) ? 1 : 0), 0);
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1)
    .map((word) => (word.length > 3 ? word.replace(/s$/u, '') : word));
}
