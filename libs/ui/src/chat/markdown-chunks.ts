/** A part of a markdown text that is drawn by itself. */
export interface MarkdownChunk {
  readonly text: string;
  /** It is a fence that was not closed yet: its language and what it holds so far. */
  readonly openCode: { readonly language: string; readonly text: string } | undefined;
}

/**
 * Splits markdown where its top-level blocks end, so that while it is written only the last part is drawn anew. A part ends at an empty line before something
 * that is not indented, outside of a fence (https://spec.commonmark.org/0.31.2/#fenced-code-blocks); items of one list stay together. A text that
 * defines links for later use is not split, since its parts would not find them.
 */
export function markdownChunks(text: string): readonly MarkdownChunk[] {
  if (/^ {0,3}\[[^\]\n]+\]:/mu.test(text)) return [{ text, openCode: undefined }];
  const chunks: MarkdownChunk[] = [];
  let begin = 0;
  let blank = false;
  let fence:
    { readonly marker: string; readonly own: boolean; readonly language: string; readonly body: number } | undefined;
  let kind = '';
  const cut = (end: number): void => {
    const part = text.slice(begin, end);
    if (part.trim() !== '') chunks.push({ text: part, openCode: undefined });
    begin = end;
  };
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(at, end);
    const next = newline < 0 ? text.length : newline + 1;
    if (fence) {
      if (closes(line, fence.marker)) {
        if (fence.own) {
          cut(next);
          kind = '';
        }
        fence = undefined;
      }
    } else {
      const [, indent, marker, info = ''] = /^( {0,3})(`{3,}|~{3,})([^`]*)$/u.exec(line) ?? [];
      if (marker !== undefined) {
        const own = indent === '';
        if (own) cut(at);
        fence = { marker, own, language: info.trim().split(/\s/u)[0] ?? '', body: next };
      } else if (line.trim() === '') blank = true;
      else {
        const lineKind = kindOf(line);
        if (blank && /^\S/u.test(line) && !(lineKind !== '' && lineKind === kind)) cut(at);
        if (begin === at || /^\S/u.test(line)) kind = lineKind;
        blank = false;
      }
    }
    at = next;
  }
  if (fence?.own === true && begin < text.length)
    chunks.push({ text: text.slice(begin), openCode: { language: fence.language, text: text.slice(fence.body) } });
  else cut(text.length);
  return chunks;
}

/** Which list a line begins an item of; empty for none. */
function kindOf(line: string): string {
  const [, bullet, end] = /^(?:([-*+])|\d{1,9}([.)])) /u.exec(line) ?? [];
  return bullet ?? end ?? '';
}

function closes(line: string, marker: string): boolean {
  const [, found] = /^ {0,3}(`{3,}|~{3,})\s*$/u.exec(line) ?? [];
  return found !== undefined && found[0] === marker[0] && found.length >= marker.length;
}
