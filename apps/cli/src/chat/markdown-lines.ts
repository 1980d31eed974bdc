import { lexer, type Token, type Tokens } from 'marked';
import { textWidth } from '../text-width.ts';
import { cutLine, plainLine, span, wrapLine, type Line, type Look, type Span } from './styled-line.ts';

/** Markdown as lines of at most `width` columns. The text must be safe for a terminal already. */
export function markdownLines(source: string, width: number): Line[] {
  return blocksOf(lexer(source.replaceAll(editMarker, String.raw`\$&`)), width);
}

/** The marks of a change written as search and replace, which Markdown would take for quotes and headings. */
const editMarker = /^(?:<{5,} SEARCH|={5,}|>{5,} REPLACE)$/gmu;

/** Lines of code, indented, and broken only at the edge. */
export function codeLines(code: string, width: number): Line[] {
  return code.split('\n').flatMap((text) => cutLine([span(`  ${text}`)], width, [span('  ')]));
}

/** The name of a language above its code; nothing where there is none. */
export function languageLine(language: string): Line[] {
  return language === '' ? [] : [[span(`  ${language}`, 'dim')]];
}

function blocksOf(tokens: readonly Token[], width: number): Line[] {
  const lines: Line[] = [];
  for (const token of tokens) {
    const block = blockOf(token, width);
    if (block.length === 0) continue;
    if (lines.length > 0) lines.push([]);
    lines.push(...block);
  }
  return lines;
}

function blockOf(token: Token, width: number): Line[] {
  switch (token.type) {
    case 'space':
    case 'def':
      return [];
    case 'heading':
      return flow(withLook(inline(token.tokens ?? []), 'bold'), width);
    case 'code':
      return [
        ...languageLine((token as Tokens.Code).lang ?? ''),
        ...codeLines(String((token as Tokens.Code).text), width),
      ];
    case 'list':
      return listOf(token as Tokens.List, width);
    case 'blockquote':
      return blocksOf(token.tokens ?? [], width - 2).map((line) => [span('│ ', 'dim'), ...line]);
    case 'hr':
      return [[span('─'.repeat(Math.min(width, 40)), 'dim')]];
    case 'table':
      return tableOf(token as Tokens.Table, width);
    case 'html':
      return flow([span(token.raw.trimEnd())], width);
    default:
      return flow(
        token.type === 'paragraph' || token.type === 'text' ? inline(token.tokens ?? [token]) : [span(token.raw)],
        width,
      );
  }
}

function listOf(list: Tokens.List, width: number): Line[] {
  const first = typeof list.start === 'number' ? list.start : 1;
  return list.items.flatMap((item, index) => {
    const marker = `${list.ordered ? `${first + index}.` : '•'} ${item.task ? (item.checked === true ? '[x] ' : '[ ] ') : ''}`;
    const indent = textWidth(marker);
    const body = item.tokens.flatMap((token) => blockOf(token, width - indent));
    const lines = body.length === 0 ? [[]] : body;
    return lines.map((line, at) => [span(at === 0 ? marker : ' '.repeat(indent)), ...line]);
  });
}

function tableOf(table: Tokens.Table, width: number): Line[] {
  const cell = (tokens: readonly Token[]): Line =>
    inline(tokens).map(({ text, looks }) => ({ text: text.replaceAll('\n', ' '), looks }));
  const rows = [
    table.header.map(({ tokens }) => withLook(cell(tokens), 'bold')),
    ...table.rows.map((row) => row.map(({ tokens }) => cell(tokens))),
  ];
  const widths = table.header.map((_, column) =>
    Math.max(...rows.map((row) => textWidth(plainLine(row[column] ?? [])))),
  );
  // Too wide for columns: each row as a paragraph.
  if (widths.reduce((sum, each) => sum + each + 2, 0) > width)
    return rows.flatMap((row) =>
      flow(
        row.flatMap((each, at) => (at === 0 ? each : [span(' · ', 'dim'), ...each])),
        width,
      ),
    );
  return rows.map((row) =>
    row.flatMap((each, column) => [...each, span(' '.repeat((widths[column] ?? 0) - textWidth(plainLine(each)) + 2))]),
  );
}

/** Spans with ends of lines in them, as lines. */
function flow(spans: readonly Span[], width: number): Line[] {
  const lines: Span[][] = [[]];
  for (const { text, looks } of spans)
    for (const [at, part] of text.split('\n').entries()) {
      if (at > 0) lines.push([]);
      if (part !== '') lines.at(-1)?.push({ text: part, looks });
    }
  return lines.flatMap((line) => wrapLine(line, width));
}

function inline(tokens: readonly Token[]): Span[] {
  return tokens.flatMap((token): Span[] => {
    switch (token.type) {
      case 'strong':
        return withLook(inline(token.tokens ?? []), 'bold');
      case 'em':
      case 'del':
        return inline(token.tokens ?? []);
      case 'codespan':
        return [span(String((token as Tokens.Codespan).text), 'cyan')];
      case 'br':
        return [span('\n')];
      case 'link': {
        const { href, text } = token as Tokens.Link;
        const shown = inline(token.tokens ?? []);
        return href === text || href === `mailto:${text}` ? shown : [...shown, span(` (${href})`, 'dim')];
      }
      case 'image':
        return [
          span(`[${(token as Tokens.Image).text || 'image'}]`),
          span(` (${(token as Tokens.Image).href})`, 'dim'),
        ];
      case 'text':
        return 'tokens' in token && token.tokens !== undefined
          ? inline(token.tokens)
          : [span(String((token as Tokens.Text).text))];
      case 'escape':
        return [span(String((token as Tokens.Escape).text))];
      default:
        return [span(token.raw)];
    }
  });
}

function withLook(spans: readonly Span[], look: Look): Span[] {
  return spans.map(({ text, looks = [] }) => ({ text, looks: [...looks, look] }));
}
