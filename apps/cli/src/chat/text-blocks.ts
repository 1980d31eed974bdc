/** A fence that was opened and not closed yet. */
export interface OpenFence {
  readonly marker: string;
  readonly language: string;
  /** Whether lines of it were given away already. */
  readonly begun: boolean;
}

/** A part of an answer that will not change any more. */
export type TextBlock =
  | { readonly kind: 'markdown'; readonly text: string }
  /** Lines of a fenced block. A long one comes in several parts; only the first begins it. */
  | { readonly kind: 'code'; readonly language: string; readonly text: string; readonly first: boolean };

/** Text that is still written: complete blocks have been taken from its beginning. */
export interface OpenText {
  readonly text: string;
  readonly fence?: OpenFence | undefined;
}

/** Lines of an open fence that wait before they are given away, so that short code is shown in one piece. */
const patience = 12;

/**
 * Takes the finished blocks from the beginning of a text that is being written: paragraphs, lists and headings up to an
 * empty line that something unindented follows, fenced code up to its end, or in parts of a dozen lines. What is taken
 * never changes, so a screen can print it once and forget it; markers and their meaning are those of CommonMark
 * (https://spec.commonmark.org/0.31.2/#fenced-code-blocks).
 */
export function takeBlocks(open: OpenText): { readonly blocks: TextBlock[]; readonly open: OpenText } {
  const blocks: TextBlock[] = [];
  let { text, fence } = open;
  for (;;) {
    const taken: Taken | undefined = fence === undefined ? takeMarkdown(text) : takeCode(text, fence);
    if (taken === undefined) return { blocks, open: { text, fence } };
    if (taken.block !== undefined) blocks.push(taken.block);
    ({ text, fence } = taken.open);
  }
}

/** What is left when nothing more comes. */
export function lastBlocks(open: OpenText): TextBlock[] {
  const { blocks, open: rest } = takeBlocks(open);
  if (rest.fence !== undefined) {
    const lines = rest.text.split('\n');
    if (closes(lines.at(-1) ?? '', rest.fence)) lines.pop();
    const text = lines.join('\n');
    return text === '' && rest.fence.begun ? blocks : [...blocks, codeBlock(rest.fence, text)];
  }
  return rest.text.trim() === '' ? blocks : [...blocks, { kind: 'markdown', text: rest.text }];
}

interface Taken {
  readonly block?: TextBlock;
  readonly open: OpenText;
}

function takeMarkdown(text: string): Taken | undefined {
  let at = 0;
  let blank = -1;
  while (at < text.length) {
    const end = text.indexOf('\n', at);
    const line = end < 0 ? text.slice(at) : text.slice(at, end);
    const opening = end < 0 ? undefined : fenceOf(line);
    if (opening !== undefined) {
      const before = text.slice(0, at);
      const open = { text: text.slice(end + 1), fence: opening };
      return before.trim() === '' ? { open } : { block: { kind: 'markdown', text: before }, open };
    }
    // A line that is still written could become an indented one, or a fence: its first character tells the first, its length the second.
    if (blank >= 0 && /^\S/u.test(line) && (end >= 0 || !/^[`~]/u.test(line)))
      return { block: { kind: 'markdown', text: text.slice(0, blank) }, open: { text: text.slice(at) } };
    if (line.trim() === '' && end >= 0 && text.slice(0, at).trim() !== '') blank = at;
    else if (line.trim() !== '') blank = -1;
    if (end < 0) return undefined;
    at = end + 1;
  }
  return undefined;
}

function takeCode(text: string, fence: OpenFence): Taken | undefined {
  let at = 0;
  let lines = 0;
  for (;;) {
    const end = text.indexOf('\n', at);
    if (end < 0) break;
    if (closes(text.slice(at, end), fence)) {
      const code = text.slice(0, Math.max(0, at - 1));
      const open = { text: text.slice(end + 1) };
      return at === 0 && fence.begun ? { open } : { block: codeBlock(fence, code), open };
    }
    at = end + 1;
    lines += 1;
    if (lines === patience)
      return {
        block: codeBlock(fence, text.slice(0, at - 1)),
        open: { text: text.slice(at), fence: { ...fence, begun: true } },
      };
  }
  return undefined;
}

function codeBlock({ language, begun }: OpenFence, text: string): TextBlock {
  return { kind: 'code', language, text, first: !begun };
}

function fenceOf(line: string): OpenFence | undefined {
  const [, marker, info = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/u.exec(line) ?? [];
  if (marker === undefined || (marker.startsWith('`') && info.includes('`'))) return undefined;
  return { marker, language: info.trim().split(/\s/u)[0] ?? '', begun: false };
}

function closes(line: string, { marker }: OpenFence): boolean {
  const [, found] = /^ {0,3}(`{3,}|~{3,})\s*$/u.exec(line) ?? [];
  return found !== undefined && found[0] === marker[0] && found.length >= marker.length;
}
