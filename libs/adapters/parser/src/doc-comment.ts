const toolDirective =
  /^(?:eslint|prettier-ignore|biome-ignore|istanbul|c8 |v8 |tslint|noqa|pylint|type: ?ignore|nolint|go:|clang-format|rubocop|NOLINT|jshint|jslint|global |globals |#(?:end)?region|<reference|-\*-)/u;

function withoutSigns(line: string): string {
  return line
    .replace(/^\s*(?:\/\*+!?|\/\/[/!]*|#!.*|#+|--+|\*+(?!\/)|;+)/u, '')
    .replace(/\*+\/\s*$/u, '')
    .trim();
}

function firstParagraph(lines: readonly string[]): string {
  const kept: string[] = [];
  for (const line of lines) {
    if (/^[@\\][\p{L}]/u.test(line)) break;
    if (toolDirective.test(line) || /^[-=*#_~/\s]+$/u.test(line)) continue;
    if (line === '') {
      if (kept.length > 0) break;
      continue;
    }
    kept.push(line);
  }
  return kept.join(' ').replace(/\s+/gu, ' ').trim();
}

/** The first paragraph of a comment (or of several line comments joined by line breaks), without comment signs and tags. */
export function docOfComment(comment: string): string {
  const paragraph = firstParagraph(comment.split('\n').map(withoutSigns));
  return paragraph
    .replace(/<\/?(?:summary|remarks|para|p|b|i|code)\s*\/?>/gu, '')
    .replace(/\{@(?:link|linkcode|linkplain|code|literal)\s+([^}]*)\}/gu, '$1')
    .trim();
}

/** The first paragraph of a Python string literal that stands as documentation. */
export function docOfString(literal: string): string {
  const inner = literal.replace(/^[a-z]*("""|'''|"|')/iu, '').replace(/("""|'''|"|')$/u, '');
  return firstParagraph(inner.split('\n').map((line) => line.trim()));
}
