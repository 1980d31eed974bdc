import type { FoundFunction, FunctionFinder } from './found-function.ts';
import { dedent, indentOf, lineCommentsAbove } from './source-lines.ts';

const pythonFunction = /^\s*(?:async\s+)?def\s+(\w+)\s*\(/u;
const pythonClass = /^\s*class\s+(\w+)/u;
const docstring = /^\s*[rRuUbB]{0,2}("""|''')/u;

interface Holder {
  readonly name: string;
  readonly indent: number;
}

export const pythonFunctions: FunctionFinder = (text) => {
  const lines = text.split('\n');
  const quoted = quotedLines(lines);
  const found: FoundFunction[] = [];
  const holders: Holder[] = [];
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '' || quoted[at] === true) continue;
    const indent = indentOf(line);
    while ((holders.at(-1)?.indent ?? -1) >= indent) holders.pop();
    const holder = pythonClass.exec(line)?.[1];
    if (holder !== undefined) holders.push({ name: holder, indent });
    const name = pythonFunction.exec(line)?.[1];
    if (name === undefined) continue;
    const body = headEnd(lines, at) + 1;
    let end = body;
    while (
      end < lines.length &&
      (quoted[end] === true || (lines[end] ?? '').trim() === '' || indentOf(lines[end] ?? '') > indent)
    )
      end += 1;
    const doc = readDocstring(lines, body, end);
    const code = [...lines.slice(at, body), ...lines.slice(doc.next, end)]
      .map((row) => row.replace(/(?:^|\s)#.*$/u, '').trimEnd())
      .filter((row) => row.trim() !== '');
    if (doc.next >= end && doc.text !== '') continue;
    found.push({ name, owner: holders.at(-1)?.name ?? '', comment: doc.text, code: dedent(code), line: at + 1 });
  }
  return found;
};

/** The line on which the head of a function ends: the first that closes its parentheses and ends in a colon. */
function headEnd(lines: readonly string[], start: number): number {
  let open = 0;
  for (let at = start; at < lines.length && at < start + 60; at += 1) {
    const line = (lines[at] ?? '').replace(/#.*$/u, '').trimEnd();
    for (const sign of line) open += '([{'.includes(sign) ? 1 : ')]}'.includes(sign) ? -1 : 0;
    if (open <= 0) return at;
  }
  return start;
}

function readDocstring(lines: readonly string[], from: number, to: number): { text: string; next: number } {
  let at = from;
  while (at < to && (lines[at] ?? '').trim() === '') at += 1;
  const quote = docstring.exec(lines[at] ?? '')?.[1];
  if (quote === undefined) {
    const short = /^\s*[rRuU]?(["'])((?:(?!\1).)+)\1\s*$/u.exec(lines[at] ?? '');
    return short === null ? { text: '', next: from } : { text: short[2] ?? '', next: at + 1 };
  }
  const first = (lines[at] ?? '').replace(docstring, '');
  if (first.includes(quote)) return { text: first.slice(0, first.indexOf(quote)), next: at + 1 };
  const rows = [first];
  for (at += 1; at < to; at += 1) {
    const row = lines[at] ?? '';
    if (row.includes(quote)) return { text: [...rows, row.slice(0, row.indexOf(quote))].join('\n'), next: at + 1 };
    rows.push(row);
  }
  return { text: rows.join('\n'), next: to };
}

/** True for the lines that begin inside a string of several lines. */
function quotedLines(lines: readonly string[]): boolean[] {
  let quote: string | undefined;
  return lines.map((line) => {
    const inside = quote !== undefined;
    for (const [sign] of line.matchAll(/"""|'''/gu)) {
      if (quote === undefined) quote = sign;
      else if (quote === sign) quote = undefined;
    }
    return inside;
  });
}

const rubyFunction = /^\s*def\s+(?:self\.)?([a-z_]\w*[?!]?)/u;
const rubyOwner = /^\s*(?:class|module)\s+(?:\w+::)*([A-Z]\w*)/u;

export const rubyFunctions: FunctionFinder = (text) => {
  const lines = text.split('\n');
  const found: FoundFunction[] = [];
  const holders: Holder[] = [];
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const indent = indentOf(line);
    if (/^\s*end\b/u.test(line)) while ((holders.at(-1)?.indent ?? -1) >= indent) holders.pop();
    const holder = rubyOwner.exec(line)?.[1];
    if (holder !== undefined) holders.push({ name: holder, indent });
    const name = rubyFunction.exec(line)?.[1];
    if (name === undefined || /;\s*end\s*$/u.test(line)) continue;
    let end = at + 1;
    while (
      end < lines.length &&
      end < at + 200 &&
      !(indentOf(lines[end] ?? '') === indent && /^\s*end\b/u.test(lines[end] ?? ''))
    )
      end += 1;
    if (end >= lines.length || end === at + 200) continue;
    const code = lines
      .slice(at, end + 1)
      .map((row) => row.replace(/(?:^|\s)#(?!\{).*$/u, '').trimEnd())
      .filter((row) => row.trim() !== '');
    const comment = lineCommentsAbove(lines, at, { sign: /^#/u, skip: /^#\s*(?:rubocop|:nodoc:|--|call-seq)/u });
    found.push({ name, owner: holders.at(-1)?.name ?? '', comment, code: dedent(code), line: at + 1 });
  }
  return found;
};
