import type { ImportInfo, Reference, SymbolInfo, SyntaxFault } from '@nootropic/contracts';
import { byPlace, type Captured, type Declaration, type Span } from './captured.ts';
import { docOfComment, docOfString } from './doc-comment.ts';
import { importsOf } from './imports.ts';
import { createLineTable, type LineTable } from './line-table.ts';
import { referencesOf, type Placed } from './references.ts';

/** Longest signature, in UTF-16 units. */
const signatureLimit = 300;

/** Longest name, in UTF-16 units. */
const nameLimit = 1_000;

/** Declarations nested deeper than this are left out: their qualified names would grow with the square of the depth. */
export const deepestSymbol = 16;

interface Surroundings {
  readonly text: string;
  readonly lines: LineTable;
  readonly comments: readonly Span[];
  readonly commentsByEnd: ReadonlyMap<number, Span>;
  readonly decoratorsByEnd: ReadonlyMap<number, Span>;
  readonly decoratorsByStart: ReadonlyMap<number, Span>;
}

function isSpace(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit === 32 || (unit >= 9 && unit <= 13) || unit === 0xa0 || unit === 0xfeff;
}

function endOfText(text: string, span: Span): number {
  let end = Math.min(span.end, text.length);
  while (end > span.start && isSpace(text, end - 1)) end -= 1;
  return end;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text, at)) at += 1;
  return at;
}

/** Where the text before `start` ends, and how many lines lie between. */
function before(around: Surroundings, start: number): { end: number; lines: number } {
  let end = start;
  while (end > 0 && isSpace(around.text, end - 1)) end -= 1;
  if (end === 0) return { end, lines: 0 };
  return { end, lines: around.lines.lineOf(start) - around.lines.lineOf(end - 1) };
}

function startsItsLine(around: Surroundings, index: number): boolean {
  return skipSpace(around.text, around.lines.startOf(around.lines.lineOf(index))) >= index;
}

/** The decorators and comments that stand directly above `start`: where they begin, and the comments' text. */
function above(around: Surroundings, start: number): { decorated: number; commented: number; comment: string } {
  const comments: string[] = [];
  let decorated = start;
  let at = start;
  for (;;) {
    const gap = before(around, at);
    if (gap.lines > 1) break;
    const decorator = around.decoratorsByEnd.get(gap.end);
    if (decorator) {
      at = decorator.start;
      decorated = at;
      continue;
    }
    const comment = around.commentsByEnd.get(gap.end);
    if (!comment || gap.lines === 0 || !startsItsLine(around, comment.start)) break;
    comments.push(around.text.slice(comment.start, gap.end));
    at = comment.start;
  }
  return { decorated, commented: at, comment: nearestBlock(comments.reverse()) };
}

/** Of a licence block followed by a doc block, only the nearest is the doc; line comments belong together. */
function nearestBlock(comments: readonly string[]): string {
  const last = comments.at(-1);
  if (last === undefined) return '';
  return last.startsWith('/*')
    ? last
    : comments.slice(comments.findLastIndex((comment) => comment.startsWith('/*')) + 1).join('\n');
}

function signatureOf(around: Surroundings, declaration: Declaration, outer: Span): string {
  let start = outer.start;
  for (
    let decorator = around.decoratorsByStart.get(start);
    decorator;
    decorator = around.decoratorsByStart.get(start)
  ) {
    start = skipSpace(around.text, decorator.end);
  }
  let end = declaration.body ?? outer.end;
  const { value } = declaration;
  if (value && around.text.slice(value.start, value.end).includes('\n')) end = value.start;
  // Whitespace and comments fold away, so more is taken than is kept.
  const folded = withoutComments(around, {
    start: Math.min(start, end),
    end: Math.min(end, start + signatureLimit * 10),
  })
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/\s*(?:=>|[{:=;])$/u, '')
    .trim();
  return folded.length <= signatureLimit ? folded : `${cutBetweenCharacters(folded, signatureLimit - 1)}…`;
}

function withoutComments(around: Surroundings, span: Span): string {
  let kept = '';
  let at = span.start;
  for (const comment of around.comments.slice(
    firstFrom(around.comments, span.start),
    firstFrom(around.comments, span.end),
  )) {
    kept += `${around.text.slice(at, comment.start)} `;
    at = Math.max(at, comment.end);
  }
  return at < span.end ? kept + around.text.slice(at, span.end) : kept;
}

/** The position of the first span that starts at `start` or later, in spans sorted by their start. */
function firstFrom(spans: readonly Span[], start: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.start ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

function cutBetweenCharacters(text: string, length: number): string {
  const unit = text.charCodeAt(length - 1);
  return text.slice(0, unit >= 0xd800 && unit <= 0xdbff ? length - 1 : length);
}

function outermost(captured: Captured, declaration: Declaration): Span {
  let outer: Span & { readonly id: number } = declaration;
  for (let wrapper = captured.wrappers.get(outer.id); wrapper; wrapper = captured.wrappers.get(outer.id))
    outer = wrapper;
  return outer;
}

/** A name as written, cut where it is longer than any that a person writes. */
function nameOf(text: string, { start, end }: Span): string {
  return cutBetweenCharacters(text.slice(start, Math.min(end, start + nameLimit)), nameLimit).trim();
}

export interface Structure {
  readonly symbols: SymbolInfo[];
  readonly references: Reference[];
  readonly imports: ImportInfo[];
  readonly borders: number[];
  readonly errors?: readonly SyntaxFault[];
}

export interface StructureInput {
  readonly path: string;
  readonly text: string;
  readonly captured: Captured;
  readonly dotted: (written: string) => string;
  /** What joins the parts of a module path. */
  readonly separator: string;
  /** Symbols nested deeper than this are left out. */
  readonly depth: number;
}

/** Qualifies names, finds docs and signatures, and turns indexes into lines. */
export function structureOf({ path, text, captured, dotted, separator, depth }: StructureInput): Structure {
  const lines = createLineTable(text);
  const comments = [...captured.comments].sort(byPlace);
  const around: Surroundings = {
    text,
    lines,
    comments,
    commentsByEnd: new Map(captured.comments.map((span) => [endOfText(text, span), span])),
    decoratorsByEnd: new Map(captured.decorators.map((span) => [endOfText(text, span), span])),
    decoratorsByStart: new Map(captured.decorators.map((span) => [span.start, span])),
  };

  const symbols: SymbolInfo[] = [];
  const placed: Placed[] = [];
  const open: Placed[] = [];
  const sealed = [...captured.sealed].sort(byPlace);
  let nextSealed = 0;
  let sealedTo = 0;
  for (const declaration of [...captured.declarations].sort(byPlace)) {
    for (let span = sealed[nextSealed]; span && span.start <= declaration.start; span = sealed[nextSealed]) {
      sealedTo = Math.max(sealedTo, span.end);
      nextSealed += 1;
    }
    if (declaration.start < sealedTo) continue;
    while (open.length > 0 && (open.at(-1)?.end ?? 0) <= declaration.start) open.pop();
    const name = dotted(nameOf(text, declaration.name));
    if (name === '' || open.length >= depth) continue;
    const owner = declaration.owner ? dotted(nameOf(text, declaration.owner)) : '';
    const enclosing = open.at(-1)?.qualified ?? '';
    const qualified = [enclosing, owner, name].filter((part) => part !== '').join('.');
    const outer = outermost(captured, declaration);
    const place = { start: declaration.start, end: declaration.end, kind: declaration.kind, qualified };
    open.push(place);
    placed.push(place);
    if (declaration.kind === 'scope') continue;
    const top = above(around, outer.start);
    const docstring = captured.docstrings.get(declaration.id);
    symbols.push({
      path,
      name: qualified,
      kind: declaration.kind,
      startLine: lines.lineOf(top.decorated),
      endLine: lines.lineOf(Math.max(outer.start, endOfText(text, outer) - 1)),
      signature: signatureOf(around, declaration, outer),
      doc: (docstring ? docOfString(text.slice(docstring.start, docstring.end)) : '') || docOfComment(top.comment),
    });
  }
  return {
    symbols: symbols.sort((a, b) => a.startLine - b.startLine || b.endLine - a.endLine),
    references: referencesOf(path, text, { captured, placed, lines }),
    imports: importsOf(path, text, { captured, lines, separator }),
    borders: [...new Set(captured.borders.map((start) => lines.lineOf(above(around, start).commented)))].sort(
      (a, b) => a - b,
    ),
  };
}
