import type { SyntaxFault } from '@nootropic/contracts';
import type * as jsoncParser from 'jsonc-parser';
import type { Node } from 'web-tree-sitter';
import { createLineTable } from './line-table.ts';

const most = 20;
const longest = 80;

function onOneLine(text: string): string {
  const line = (/\S[^\n]*/u.exec(text.slice(0, 2_000))?.[0] ?? '').replace(/\s+/gu, ' ').trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}

/** The nodes that tree-sitter could not fit in, outermost first, and what it put in to go on. */
export function faultsOfTree(root: Node): SyntaxFault[] {
  const found: SyntaxFault[] = [];
  const open: Node[] = [root];
  for (let node = open.pop(); node && found.length < most; node = open.pop()) {
    if (node.isMissing) found.push({ line: node.startPosition.row + 1, text: `missing ${node.type}` });
    else if (node.isError && node.parent !== null)
      found.push({ line: node.startPosition.row + 1, text: onOneLine(node.text) });
    else if (node.hasError) {
      const inner = node.children.filter((child) => child !== null);
      const faulty = inner.filter((child) => child.hasError || child.isError || child.isMissing);
      // A text of which nothing was understood is one error: what it begins with stands for it.
      if (node.isError && faulty.length === 0)
        found.push({ line: node.startPosition.row + 1, text: onOneLine(node.text) });
      open.push(...faulty.reverse());
    }
  }
  return found.sort((one, other) => one.line - other.line);
}

/** Comments and trailing commas are no faults: which readers take them is not the parser's to know. */
export function faultsOfJson(text: string, jsonc: typeof jsoncParser): SyntaxFault[] {
  const errors: jsoncParser.ParseError[] = [];
  try {
    jsonc.parseTree(text, errors, { allowTrailingComma: true });
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
  const lines = createLineTable(text);
  return errors.slice(0, most).map(({ error, offset, length }) => {
    const what = jsonc
      .printParseErrorCode(error)
      .replace(/(?<=[a-z])(?=[A-Z])/gu, ' ')
      .toLowerCase();
    const there = onOneLine(text.slice(offset, offset + Math.max(1, length)));
    return {
      line: lines.lineOf(Math.min(offset, Math.max(0, text.length - 1))),
      text: there === '' ? what : `${what}: ${there}`,
    };
  });
}
