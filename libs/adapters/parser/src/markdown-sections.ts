import type markdownIt from 'markdown-it';
import { sectionsOf, type Heading } from './heading-sections.ts';
import type { Structure } from './structure.ts';

/** The Markdown reader, as markdown-it makes it. */
export type Markdown = ReturnType<typeof markdownIt>;

/** Heading text as a person reads it: without emphasis, links, code marks and images. */
function titleOf(inline: {
  readonly children: readonly { readonly type: string; readonly content: string }[] | null;
}): string {
  return (inline.children ?? [])
    .filter((child) => child.type === 'text' || child.type === 'code_inline' || child.type === 'softbreak')
    .map((child) => (child.type === 'softbreak' ? ' ' : child.content))
    .join('')
    .replace(/\s+/gu, ' ')
    .trim();
}

/**
 * The sections of a Markdown text by its headings: each reaches to the next heading of the same or a higher rank.
 * Names are qualified by the enclosing headings (`Install` below `Guide` is `Guide.Install`). A `#` in a code fence is no
 * heading, and a front matter between `---` lines is no section.
 */
export function markdownStructure(path: string, text: string, markdown: Markdown): Structure {
  // Blanked, not cut: the line numbers stay.
  // A carriage return alone ends a line for the reader, but not for an editor.
  const source = text
    .replace(/\r(?!\n)/gu, ' ')
    .replace(/^---\r?\n[\s\S]*?\n---(?=\r?\n|$)/u, (matter) => matter.replace(/[^\n]/gu, ''));
  const tokens = markdown.parse(source, {});
  const total = text.split('\n').length;
  const headings: Heading[] = [];
  const borders = new Set<number>();
  for (const [index, token] of tokens.entries()) {
    if (token.map && token.level === 0) borders.add(token.map[0] + 1);
    const inline = tokens[index + 1];
    if (token.type !== 'heading_open' || token.level !== 0 || !token.map || !inline) continue;
    const title = titleOf(inline);
    if (title !== '') headings.push({ level: Number(token.tag.slice(1)), title, line: token.map[0] + 1 });
  }

  const symbols = sectionsOf(path, headings, total);
  return { symbols, references: [], imports: [], borders: [...borders].sort((a, b) => a - b) };
}
