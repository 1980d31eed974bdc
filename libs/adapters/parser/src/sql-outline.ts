import type { PostgreSQL } from '@codemirror/lang-sql';
import type { Reference, SymbolInfo, SymbolKind } from '@nootropic/contracts';
import { docOfComment } from './doc-comment.ts';
import { createLineTable } from './line-table.ts';
import type { Structure } from './structure.ts';

/** The SQL reader: a tolerant one that knows tokens, brackets and the ends of statements of all common dialects. */
export type SqlReader = typeof PostgreSQL.language.parser;

/** One token, or one pair of brackets with all inside. */
interface Token {
  readonly type: string;
  readonly from: number;
  readonly to: number;
  /** In lower case. */
  readonly word: string;
}

interface Statement {
  readonly from: number;
  to: number;
  readonly tokens: Token[];
  /** Comments directly above. */
  readonly doc: string;
}

const signatureLimit = 300;
const nameLimit = 200;

/** What `create` makes, by the word that says so. What is not here is no symbol. */
const made: Readonly<Record<string, SymbolKind>> = {
  table: 'table',
  view: 'table',
  function: 'function',
  procedure: 'function',
  proc: 'function',
  trigger: 'function',
  type: 'type',
  domain: 'type',
};

/** Words before the name of a table. */
const beforeTable = new Set(['from', 'join', 'into', 'update', 'references', 'table']);

/** Words that may stand between one of those and the name. */
const fillers = new Set(['if', 'not', 'exists', 'only', 'lateral', 'or', 'replace', 'concurrently']);

const endsNoBlock = new Set(['if', 'loop', 'while', 'repeat', 'for']);

/**
 * Tables, views, functions, procedures, triggers and types that an SQL text creates, the tables each of its statements names and
 * the functions it calls. Statements are found by their ends, so that one that no dialect knows spoils no other; a routine
 * reaches from `create` to the `end` of its block. The body of a routine in dollar quotes is read for references too.
 *
 * @returns undefined when `overdue` says that the time for it is over.
 */
export function sqlStructure(
  path: string,
  text: string,
  { reader, overdue }: { readonly reader: SqlReader; readonly overdue: () => boolean },
): Structure | undefined {
  const statements = readStatements(text, reader, overdue);
  if (!statements) return undefined;
  const lines = createLineTable(text);
  const symbols: SymbolInfo[] = [];
  const references: Reference[] = [];
  const seen = new Set<string>();

  function refer(
    tokens: readonly Token[],
    source: { readonly text: string; readonly at: number; readonly from: string },
  ): void {
    const onTable = tokens.some(({ word }) => word === 'trigger' || word === 'index');
    for (const [index, token] of tokens.entries()) {
      if (token.type === 'String' && token.word.startsWith('$') && source.at === 0) {
        const inner = source.text.slice(token.from, token.to);
        const body = inner.replace(/^\$\w*\$|\$\w*\$$/gu, (sign) => ' '.repeat(sign.length));
        for (const statement of readStatements(body, reader, overdue) ?? [])
          refer(flat(statement.tokens), { text: body, at: token.from, from: source.from });
        continue;
      }
      if (!isName(token)) continue;
      let before = index - 1;
      while (fillers.has(tokens[before]?.word ?? '')) before -= 1;
      const word = tokens[before]?.word ?? '';
      const isTable = beforeTable.has(word) || (onTable && word === 'on');
      const isCall =
        !isTable && !(word in made) && tokens[index + 1]?.type === '(' && tokens[index + 1]?.from === token.to;
      if (!isTable && !isCall) continue;
      const name = plainName(source.text.slice(token.from, token.to)).split('.').at(-1) ?? '';
      const key = `${source.from}\n${name}`;
      if (name === '' || (isTable && seen.has(key)) || (word === 'table' && tokens[0]?.word === 'create')) continue;
      if (isTable) seen.add(key);
      const line = lines.lineOf(source.at + token.from);
      references.push(
        isTable ? { path, line, name, from: source.from, kind: 'use' } : { path, line, name, from: source.from },
      );
    }
  }

  for (const statement of joinedBlocks(statements)) {
    const created = createdBy(statement, text);
    if (created) {
      symbols.push({
        path,
        name: created.name,
        kind: created.kind,
        startLine: lines.lineOf(statement.from),
        endLine: lines.lineOf(Math.max(statement.from, statement.to - 1)),
        signature: text
          .slice(statement.from, Math.min(created.headTo, statement.from + signatureLimit))
          .replace(/\s+/gu, ' ')
          .trim(),
        doc: statement.doc,
      });
    }
    refer(flat(statement.tokens), { text, at: 0, from: created?.name ?? '' });
  }
  return {
    symbols,
    references: references.sort((a, b) => a.line - b.line),
    imports: [],
    borders: [...new Set(statements.map(({ from }) => lines.lineOf(from)))],
  };
}

/** Brackets are read as what they hold. */
function flat(tokens: readonly Token[]): readonly Token[] {
  return tokens.filter(({ type }) => type !== 'Parens');
}

function isName({ type }: Token): boolean {
  return type === 'Identifier' || type === 'QuotedIdentifier' || type === 'CompositeIdentifier';
}

/** `dbo.Order Details` of `[dbo].[Order Details]`. */
function plainName(written: string): string {
  return written
    .replace(/["`[\]]/gu, '')
    .replace(/\s+/gu, ' ')
    .slice(0, nameLimit)
    .trim();
}

function readStatements(text: string, reader: SqlReader, overdue: () => boolean): Statement[] | undefined {
  const reading = reader.startParse(text);
  let tree = reading.advance();
  for (; !tree; tree = reading.advance()) if (overdue()) return undefined;
  const statements: Statement[] = [];
  let comments: { readonly from: number; readonly to: number }[] = [];
  let open: Statement | undefined;
  let composite = 0;
  tree.iterate({
    enter({ name, from, to }) {
      if (name === 'LineComment' || name === 'BlockComment') {
        if (open && from < open.to) return;
        const last = comments.at(-1);
        if (last && /\n\s*\n/u.test(text.slice(last.to, from))) comments = [];
        comments.push({ from, to });
      } else if (name === 'Statement') {
        const last = comments.at(-1);
        const near = last !== undefined && !/\n\s*\n/u.test(text.slice(last.to, from));
        const doc = near ? docOfComment(comments.map((span) => text.slice(span.from, span.to)).join('\n')) : '';
        comments = [];
        open = { from, to, tokens: [], doc };
        statements.push(open);
      } else if (open && from < open.to && from >= composite) {
        if (name === 'CompositeIdentifier') composite = to;
        open.tokens.push({
          type: name,
          from,
          to,
          word: to - from > nameLimit ? text.slice(from, from + 1) : text.slice(from, to).toLowerCase(),
        });
      }
    },
  });
  return statements;
}

/** A routine whose block holds several statements is one: they are joined up to the `end` of its block. */
function joinedBlocks(statements: readonly Statement[]): Statement[] {
  const joined: Statement[] = [];
  let depth = 0;
  for (const statement of statements) {
    const last = joined.at(-1);
    if (depth > 0 && last) {
      last.tokens.push(...statement.tokens);
      last.to = statement.to;
    } else joined.push({ ...statement, tokens: [...statement.tokens] });
    const routine = joined.at(-1)?.tokens[0]?.word === 'create';
    for (const [index, { word }] of statement.tokens.entries()) {
      if (!routine) break;
      if (word === 'begin' || word === 'case') depth += 1;
      else if (word === 'end' && !endsNoBlock.has(statement.tokens[index + 1]?.word ?? ''))
        depth = Math.max(0, depth - 1);
    }
  }
  return joined;
}

function createdBy(
  { tokens }: Statement,
  text: string,
): { readonly name: string; readonly kind: SymbolKind; readonly headTo: number } | undefined {
  if (tokens[0]?.word !== 'create') return undefined;
  // The word comes after at most a few others: `create or replace temporary view`.
  const at = tokens.findIndex(({ word }, index) => index < 6 && Object.hasOwn(made, word));
  const kind = made[tokens[at]?.word ?? ''];
  if (kind === undefined) return undefined;
  let next = at + 1;
  while (fillers.has(tokens[next]?.word ?? '')) next += 1;
  const first = tokens[next];
  if (!first || first.type === 'Parens' || first.type === ';') return undefined;
  let end = first.to;
  // A quoted name may be several tokens that touch: `[dbo].[Orders]`.
  for (const { type, from, to } of tokens.slice(next + 1)) {
    if (from > end || type === 'Parens' || type === ';') break;
    end = Math.max(end, to);
  }
  const name = plainName(text.slice(first.from, end));
  const brackets = tokens.find(({ type, from }) => type === 'Parens' && from >= end);
  const headTo = kind === 'function' && brackets ? brackets.to : end;
  return name === '' ? undefined : { name, kind, headTo };
}
