import type { ImportInfo, SymbolInfo } from '@nootropic/contracts';
import type * as htmlparser2 from 'htmlparser2';
import { sectionsOf, type Heading } from './heading-sections.ts';
import { createLineTable } from './line-table.ts';
import type { Structure } from './structure.ts';

export type HtmlReader = typeof htmlparser2;

/** Longest heading that is kept as a name, in UTF-16 units. */
const titleLimit = 200;

/** Elements before which a text may be split. */
const blocks = new Set(
  'address article aside blockquote body details dialog div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 head header hr li main nav ol p pre script section style table tbody template thead tr ul'.split(
    ' ',
  ),
);

/** An element that is open: where it starts, and how many headings came before it. */
interface Open {
  readonly id: string;
  readonly start: number;
  readonly headings: number;
}

/**
 * The sections of a page by its headings, as in Markdown, and below them the elements with an `id` that hold no heading, named
 * `#id`. Scripts and style sheets that it loads are its imports.
 */
export function htmlStructure(path: string, text: string, html: HtmlReader): Structure {
  const lines = createLineTable(text);
  const lineOf = (index: number): number => lines.lineOf(Math.min(Math.max(0, index), Math.max(0, text.length - 1)));
  const headings: Heading[] = [];
  const named: SymbolInfo[] = [];
  const imports: ImportInfo[] = [];
  const borders = new Set<number>();
  const open: Open[] = [];
  let heading: { readonly level: number; readonly line: number; title: string } | undefined;
  let started = 0;

  const parser = new html.Parser({
    onopentag(name, attributes) {
      const line = lineOf(parser.startIndex);
      if (blocks.has(name)) borders.add(line);
      if (/^h[1-6]$/u.test(name)) {
        heading = { level: Number(name.slice(1)), line, title: '' };
        started += 1;
      }
      open.push({ id: attributes['id']?.trim() ?? '', start: parser.startIndex, headings: started });
      const loads = name === 'script' ? attributes['src'] : name === 'link' ? attributes['href'] : undefined;
      const rel = attributes['rel'] ?? 'stylesheet';
      if (loads !== undefined && loads.trim() !== '' && /\b(?:stylesheet|modulepreload)\b/iu.test(rel))
        imports.push({ path, line, module: loads.trim().slice(0, titleLimit), names: [] });
    },
    ontext(part) {
      if (heading && heading.title.length < titleLimit) heading.title += part;
    },
    onclosetag(name) {
      const element = open.pop();
      if (heading && name === `h${String(heading.level)}`) {
        const title = heading.title.replace(/\s+/gu, ' ').trim().slice(0, titleLimit);
        if (title !== '') headings.push({ level: heading.level, title, line: heading.line });
        heading = undefined;
      }
      if (element === undefined || element.id === '' || element.headings !== started || /^h[1-6]$/u.test(name)) return;
      const startLine = lineOf(element.start);
      const endLine = Math.max(startLine, lineOf(parser.endIndex ?? element.start));
      named.push({
        path,
        name: `#${element.id.slice(0, titleLimit)}`,
        kind: 'section',
        startLine,
        endLine,
        signature: '',
        doc: '',
      });
    },
  });
  parser.end(text);
  return {
    symbols: [...sectionsOf(path, headings, lines.count), ...named].sort(
      (a, b) => a.startLine - b.startLine || b.endLine - a.endLine,
    ),
    references: [],
    imports,
    borders: [...borders].sort((a, b) => a - b),
  };
}
