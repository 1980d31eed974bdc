import type { Node } from 'web-tree-sitter';

/** A word whose value is known before the line runs, or `undefined`. */
export type Word = string | undefined;

/** Characters that bash and tree-sitter may take differently, that a person who reads the line does not see, or takes for a sign of the shell. */
const unseen =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\uff01-\uff5e\u037e]|(?! )\p{Zs}/u;

/** What of this line cannot be seen, or would be read differently by shells; `undefined` where there is nothing. */
export function unseenIn(line: string): string | undefined {
  const found = unseen.exec(line);
  if (found === null) return undefined;
  return `the character U+${found[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Inside double quotes a dollar sign or a backtick that the grammar took as text, though the shell would not. */
const live = /`|\$[A-Za-z0-9_{([@*#?$!-]/u;

/** Unquoted, these end a word or begin something else. */
const metacharacters = /[\s|&;<>()$`"']/u;

/**
 * The value of a word, with quotes taken away. What is only known to the shell is `undefined`; what should not stand in a word at all is
 * told to `unclear`.
 */
export function valueOfWord(node: Node, line: string, unclear: (node: Node) => void): Word {
  const bare: string[] = [];
  const value = piece(node, { line, unclear, bare });
  // Braces are expanded by bash and kept by sh, and by nobody when they hold neither a comma nor two dots.
  const unquoted = bare.join('');
  if (/\{.*(?:,|\.\.).*\}/su.test(unquoted)) return undefined;
  // What is partly quoted does not say which of its signs the shell would fill in.
  if (/[*?[]/u.test(unquoted.replace(/\\[^]/gu, '')) && (unquoted.includes('\\') || hasQuotes(node))) return undefined;
  return value;
}

function hasQuotes(node: Node): boolean {
  return node.type === 'raw_string' || node.type === 'string' || node.children.some(hasQuotes);
}

interface Reading {
  readonly line: string;
  readonly unclear: (node: Node) => void;
  /** What stands outside of quotes. */
  readonly bare: string[];
}

function piece(node: Node, reading: Reading): Word {
  const { line, unclear, bare } = reading;
  const text = line.slice(node.startIndex, node.endIndex);
  switch (node.type) {
    case 'command_name':
    case 'concatenation': {
      let at = node.startIndex;
      let value: Word = '';
      for (const child of node.children) {
        if (child.startIndex !== at) unclear(node);
        at = child.endIndex;
        const part = piece(child, reading);
        value = value === undefined || part === undefined ? undefined : value + part;
      }
      if (at !== node.endIndex) unclear(node);
      return value;
    }
    case 'word':
    case 'number':
    case 'variable_name':
    case 'special_variable_name':
    case '{':
    case '}':
    case '[':
    case ']': {
      bare.push(text);
      const plain = text.replace(/\\[^]/gu, '');
      if (metacharacters.test(plain) || plain.endsWith('\\') || node.childCount > 0) {
        unclear(node);
        return undefined;
      }
      return text.replace(/\\([^])/gu, (_, escaped: string) => (escaped === '\n' ? '' : escaped));
    }
    case 'raw_string':
      if (!/^'[^']*'$/u.test(text)) {
        unclear(node);
        return undefined;
      }
      return text.slice(1, -1);
    case 'string':
      return quoted(node, text, reading);
    case 'simple_expansion':
    case 'expansion':
    case 'command_substitution':
    case 'arithmetic_expansion':
    case 'process_substitution':
    case 'brace_expression':
    // bash reads `$'…'` and `$"…"` as one string, other shells do not.
    case 'ansi_c_string':
    case 'translated_string':
      return undefined;
    default:
      unclear(node);
      return undefined;
  }
}

function quoted(node: Node, text: string, { unclear }: Reading): Word {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) {
    unclear(node);
    return undefined;
  }
  let isKnown = true;
  let literal = '';
  let at = node.startIndex + 1;
  const end = node.endIndex - 1;
  const upTo = (index: number): void => {
    literal += text.slice(at - node.startIndex, Math.max(at, index) - node.startIndex);
    at = Math.max(at, index);
  };
  for (const child of node.children) {
    if (child.type === '"' || child.type === 'string_content' || child.type === '$') continue;
    if (!['simple_expansion', 'expansion', 'command_substitution', 'arithmetic_expansion'].includes(child.type))
      unclear(child);
    isKnown = false;
    upTo(child.startIndex);
    at = child.endIndex;
  }
  upTo(end);
  const withoutEscapes = literal.replace(/\\[^]/gu, '');
  if (live.test(withoutEscapes) || withoutEscapes.includes('"') || withoutEscapes.endsWith('\\')) {
    unclear(node);
    return undefined;
  }
  if (!isKnown) return undefined;
  return literal.replace(/\\([$`"\\\n])/gu, (_, escaped: string) => (escaped === '\n' ? '' : escaped));
}
