import type { ShellCommand } from '@nootropic/contracts';
import type { Node } from 'web-tree-sitter';
import { unwrap, type GivenInput, type Inner } from './shell-runners.ts';
import { valueOfWord, type Word } from './shell-word.ts';

/** A text for the shell that was found inside the line. */
export interface InnerScript {
  readonly script: string;
  readonly wrappers: readonly string[];
}

/** What the walk through one tree has found. A script stands where its commands belong. */
export interface Found {
  readonly parts: (ShellCommand | InnerScript)[];
  readonly unclear: string[];
}

type Redirect = ShellCommand['redirects'][number];

interface Given {
  readonly redirects: readonly Redirect[];
  readonly input: GivenInput | undefined;
}

const nothingGiven: Given = { redirects: [], input: undefined };

/** Nodes that only hold others, with the signs and words that may stand in them. */
const containers: Readonly<Record<string, readonly string[]>> = {
  program: [';', '&', '\n', ';;'],
  list: ['&&', '||'],
  pipeline: ['|', '|&'],
  subshell: ['(', ')', ';', '&', '\n'],
  compound_statement: ['{', '}', ';', '&', '\n'],
  negated_command: ['!'],
  if_statement: ['if', 'then', 'fi', ';', '&', '\n'],
  elif_clause: ['elif', 'then', ';', '&', '\n'],
  else_clause: ['else', ';', '&', '\n'],
  while_statement: ['while', 'until', ';', '&', '\n'],
  do_group: ['do', 'done', ';', '&', '\n'],
  command_substitution: ['$(', '`', ')', ';', '&', '\n'],
  process_substitution: ['<(', '>(', ')', ';', '&', '\n'],
  variable_assignments: [],
};

const argumentTypes: ReadonlySet<string> = new Set([
  ...['word', 'number', 'raw_string', 'string', 'concatenation', 'simple_expansion', 'expansion'],
  ...['command_substitution', 'arithmetic_expansion', 'process_substitution', 'brace_expression'],
  ...['ansi_c_string', 'translated_string', 'variable_name'],
]);

/**
 * Walks the tree of tree-sitter-bash, and knows what every node may hold: what it does not know is unclear, and so is text that no node accounts
 * for. The grammar is more tolerant than a shell is, so nothing is taken for granted that it merely did not complain about.
 */
export function walkShell(root: Node, line: string, wrappers: readonly string[]): Found {
  const found: Found = { parts: [], unclear: [] };
  new Walk(line, wrappers, found).statement(root, nothingGiven);
  return found;
}

class Walk {
  readonly #line: string;
  readonly #wrappers: readonly string[];
  readonly #found: Found;

  constructor(line: string, wrappers: readonly string[], found: Found) {
    this.#line = line;
    this.#wrappers = wrappers;
    this.#found = found;
  }

  statement(node: Node, given: Given): void {
    this.#refuseGaps(node);
    const signs = Object.hasOwn(containers, node.type) ? containers[node.type] : undefined;
    if (signs !== undefined) {
      this.#loose(given);
      for (const child of node.children) {
        if (child.isNamed) this.statement(child, nothingGiven);
        else if (!signs.includes(child.text.trim()) && child.text.trim() !== '') this.#unclear(child);
      }
      return;
    }
    switch (node.type) {
      case 'command':
        this.#command(node, given);
        return;
      case 'redirected_statement':
        this.#redirected(node, given);
        return;
      case 'comment':
        this.#comment(node);
        return;
      case 'variable_assignment': {
        const name = this.#assignment(node);
        this.#put({ words: [], assigns: [name], redirects: given.redirects }, given.input);
        return;
      }
      case 'declaration_command':
      case 'unset_command':
        this.#declaration(node, given);
        return;
      case 'test_command':
        this.#loose(given);
        this.#test(node);
        return;
      case 'function_definition':
        this.#loose(given);
        this.#function(node);
        return;
      case 'for_statement':
        this.#loose(given);
        this.#for(node);
        return;
      case 'case_statement':
        this.#loose(given);
        this.#case(node);
        return;
      default:
        this.#loose(given);
        this.#unclear(node);
        for (const child of node.namedChildren) this.statement(child, nothingGiven);
    }
  }

  /** Redirections of what is no simple command are a command of their own, without words. */
  #loose(given: Given): void {
    if (given.redirects.length > 0)
      this.#found.parts.push({ words: [], assigns: [], redirects: given.redirects, wrappers: this.#wrappers });
    if (given.input !== undefined) this.#found.unclear.push('input that is given to several commands');
  }

  #unclear(node: Node): void {
    if (this.#found.unclear.length < 20)
      this.#found.unclear.push(node.text.trim().slice(0, 80) || `missing ${node.type}`);
  }

  /** Between the parts of a statement only blanks may stand. A line that is only continued parts no words. */
  #refuseGaps(node: Node): void {
    if (node.isError || node.isMissing) this.#unclear(node);
    if (node.childCount === 0) return;
    let at = node.startIndex;
    for (const child of [...node.children, undefined]) {
      const next = child?.startIndex ?? node.endIndex;
      const gap = next > at ? this.#line.slice(at, next) : '';
      const blanks = gap.replace(/\\\n/gu, '');
      if (!/^[ \t\n]*$/u.test(blanks) || (gap !== '' && blanks === '')) this.#unclear(node);
      at = Math.max(at, child?.endIndex ?? at);
    }
  }

  /** A number sign begins a comment only where a word could begin. */
  #comment(node: Node): void {
    const before = this.#line.charAt(node.startIndex - 1);
    if (before !== '' && !/[\s;&|()]/u.test(before)) this.#unclear(node);
  }

  #word(node: Node): Word {
    this.#inside(node);
    return valueOfWord(node, this.#line, (unclear) => this.#unclear(unclear));
  }

  /** Commands in the substitutions of a word. */
  #inside(node: Node): void {
    if (node.isError || node.isMissing) this.#unclear(node);
    if (node.type === 'command_substitution' || node.type === 'process_substitution') {
      this.#substitution(node);
      return;
    }
    for (const child of node.children) this.#inside(child);
  }

  #substitution(node: Node): void {
    const text = node.text.trim();
    // Inside backticks one backslash is taken away before the shell reads the line.
    if (text.startsWith('`') && text.includes('\\')) this.#unclear(node);
    // `$(<file)` reads a file.
    const redirect = node.namedChildren.find((child) => child.type === 'file_redirect');
    if (redirect !== undefined) {
      const read = this.#redirect(redirect);
      if (read !== undefined) this.#put({ words: [], assigns: [], redirects: [read] }, undefined);
      if (node.namedChildCount !== 1) this.#unclear(node);
      return;
    }
    this.statement(node, nothingGiven);
  }

  #assignment(node: Node): string {
    const [name] = node.children;
    for (const child of node.children.slice(1))
      if (argumentTypes.has(child.type)) this.#word(child);
      else if (child.isNamed) this.#inside(child);
    return (name?.type === 'subscript' ? name.firstChild?.text : name?.text) ?? '';
  }

  #command(node: Node, given: Given): void {
    const words: Word[] = [];
    const assigns: string[] = [];
    const redirects: Redirect[] = [];
    let { input } = given;
    // What stands inside of a command follows it, as it is written.
    const before = this.#found.parts.length;
    for (const child of node.children) {
      if (child.type === 'variable_assignment') assigns.push(this.#assignment(child));
      else if (child.type === 'command_name' || argumentTypes.has(child.type)) words.push(this.#word(child));
      else if (child.type === 'file_redirect') {
        const redirect = this.#redirect(child);
        if (redirect !== undefined) redirects.push(redirect);
      } else if (child.type === 'herestring_redirect') {
        const [text] = child.namedChildren;
        input = { text: text === undefined ? undefined : this.#word(text) };
      } else if (['==', '=~', '=', '[', ']', '{', '}'].includes(child.text)) words.push(child.text);
      else this.#unclear(child);
    }
    const inside = this.#found.parts.splice(before);
    this.#put({ words, assigns, redirects: [...redirects, ...given.redirects] }, input);
    this.#found.parts.push(...inside);
  }

  /** Puts down a command, or what it runs. */
  #put(command: Omit<ShellCommand, 'wrappers'>, input: GivenInput | undefined, wrappers = this.#wrappers): void {
    const { words, assigns, redirects } = command;
    const unwrapped = wrappers.length > 12 ? { replaces: false, inner: [tooDeep] } : unwrap(words, input);
    // A program that is named by a path may be another one of that name.
    const { inner } = unwrapped;
    const replaces = unwrapped.replaces && words[0]?.includes('/') !== true;
    const isBare = inner.every(({ kind }) => kind === 'unknown');
    if (!replaces || isBare) this.#found.parts.push({ ...command, wrappers });
    else if (redirects.length > 0 || assigns.length > 0)
      // What a wrapper is given is given to what it runs; a script takes it apart first.
      for (const each of inner)
        if (each.kind === 'script') this.#found.parts.push({ words: [], assigns, redirects, wrappers });
    for (const each of inner) {
      if (each.kind === 'unknown') this.#found.unclear.push(each.what);
      else if (each.kind === 'words')
        this.#put(
          {
            words: each.words,
            assigns: [...assigns, ...each.assigns],
            redirects: replaces ? redirects : [],
          },
          input,
          [...wrappers, each.by],
        );
      else if (each.script === undefined) {
        this.#found.unclear.push(`what ${each.by} runs`);
        if (replaces) this.#found.parts.push({ words, assigns: [], redirects: [], wrappers });
      } else this.#found.parts.push({ script: each.script, wrappers: [...wrappers, each.by] });
    }
  }

  #declaration(node: Node, given: Given): void {
    const words: Word[] = [];
    const before = this.#found.parts.length;
    for (const child of node.children) {
      if (!child.isNamed) words.push(child.text);
      else if (child.type === 'variable_assignment') words.push(`${this.#assignment(child)}=`);
      else words.push(this.#word(child));
    }
    const inside = this.#found.parts.splice(before);
    this.#put({ words, assigns: [], redirects: given.redirects }, given.input);
    this.#found.parts.push(...inside);
  }

  #redirected(node: Node, given: Given): void {
    const [body, ...rest] = node.children;
    const redirects: Redirect[] = [];
    let { input } = given;
    const after: Node[] = [];
    for (const child of body !== undefined && !isRedirect(body) ? rest : node.children) {
      if (child.type === 'file_redirect') {
        const redirect = this.#redirect(child);
        if (redirect !== undefined) redirects.push(redirect);
      } else if (child.type === 'herestring_redirect') {
        const [text] = child.namedChildren;
        input = { text: text === undefined ? undefined : this.#word(text) };
      } else if (child.type === 'heredoc_redirect') {
        if (input !== undefined) this.#unclear(child);
        input = { text: this.#heredoc(child, redirects, after) };
      } else this.#unclear(child);
    }
    const all = { redirects: [...given.redirects, ...redirects], input };
    if (body === undefined || isRedirect(body)) this.#loose(all);
    // Of several commands only the last of a pipe or a list is given what follows it, and the first what it reads.
    else if (body.type === 'command') this.statement(body, all);
    else {
      this.#loose(all);
      this.statement(body, nothingGiven);
    }
    for (const child of after) this.statement(child, nothingGiven);
  }

  #redirect(node: Node): Redirect | undefined {
    this.#refuseGaps(node);
    const sign = node.children.find((child) => !child.isNamed)?.text;
    const targets = node.namedChildren.filter((child) => child.type !== 'file_descriptor');
    const [target] = targets;
    if (sign === undefined || target === undefined || targets.length !== 1 || target.isError) {
      this.#unclear(node);
      return undefined;
    }
    const value = this.#word(target);
    if ((sign === '>&' || sign === '<&') && value !== undefined && /^(?:\d+-?|-)$/u.test(value)) return undefined;
    if (sign === '<&-' || sign === '>&-') return undefined;
    if (sign === '<' || sign === '<&') return { mode: 'read', target: value };
    if (!['>', '>>', '>|', '&>', '&>>', '>&'].includes(sign)) this.#unclear(node);
    return { mode: 'write', target: value };
  }

  /** The text of a heredoc, where it is known. Its end is looked for anew, since everything after it depends on that. */
  #heredoc(node: Node, redirects: Redirect[], after: Node[]): Word {
    let body: Node | undefined;
    let start: Node | undefined;
    let end: Node | undefined;
    for (const child of node.children) {
      if (child.type === 'heredoc_start') start = child;
      else if (child.type === 'heredoc_body') body = child;
      else if (child.type === 'heredoc_end') end = child;
      else if (child.type === 'file_redirect') {
        const redirect = this.#redirect(child);
        if (redirect !== undefined) redirects.push(redirect);
      } else if (child.type === 'pipeline') after.push(child);
      else if (child.isNamed || !['<<', '<<-', '\n', ''].includes(child.text.trim() || child.text))
        this.#unclear(child);
    }
    const written = /^(?:'(\w+)'|"(\w+)"|(\w+))$/u.exec(start?.text ?? '');
    const delimiter = written?.[1] ?? written?.[2] ?? written?.[3];
    if (start === undefined || end === undefined || delimiter === undefined) {
      this.#unclear(node);
      return undefined;
    }
    const first = this.#line.indexOf('\n', start.endIndex) + 1;
    const lines = first === 0 ? [] : this.#line.slice(first).split('\n');
    const isTabbed = node.children.some((child) => child.text === '<<-');
    const last = lines.findIndex((each) => (isTabbed ? each.replace(/^\t+/u, '') : each) === delimiter);
    const text = lines.slice(0, last).join('\n');
    const endsAt = first + (last === 0 ? 0 : text.length + 1) + (lines[last]?.length ?? 0);
    if (last === -1 || end.endIndex !== endsAt || this.#line.slice(start.endIndex, first).includes('\\')) {
      this.#unclear(node);
      return undefined;
    }
    if (body !== undefined && body.endIndex > endsAt) this.#unclear(node);
    if (written?.[3] === undefined) return text;
    if (/[$`\\]/u.test(text)) {
      // The shell puts values into it; what it runs for them is found, as far as the grammar sees it.
      if (/`|\$\(|\$\{|\$\[/u.test(text)) this.#found.unclear.push('a heredoc that the shell fills in');
      if (body !== undefined) this.#inside(body);
      return undefined;
    }
    return text;
  }

  #test(node: Node): void {
    const words: Word[] = [];
    const [open] = node.children;
    const isDouble = open?.text === '[[';
    if (open?.text !== '[' && !isDouble) {
      this.#unclear(node);
      for (const child of node.children) this.#inside(child);
      return;
    }
    const before = this.#found.parts.length;
    const collect = (each: Node): void => {
      this.#refuseGaps(each);
      if (each.type === 'extglob_pattern' || each.type === 'regex') {
        words.push(each.text);
        if (/[$`\\'"<>;&|]/u.test(each.text)) this.#unclear(each);
      } else if (argumentTypes.has(each.type)) words.push(this.#word(each));
      else if (each.childCount > 0) each.children.forEach(collect);
      else {
        words.push(each.text);
        // Others end the command in `[`, or write a file; and where `sh` is no bash, in `[[` as well.
        const signs = /^(?:\[\[?|\]\]?|=|==|!=|!|-\w+)$/u;
        if (!signs.test(each.text)) this.#unclear(each);
      }
    };
    node.children.forEach(collect);
    const inside = this.#found.parts.splice(before);
    this.#put({ words, assigns: [], redirects: [] }, undefined);
    this.#found.parts.push(...inside);
  }

  #function(node: Node): void {
    const name = node.namedChildren.find((child) => child.type === 'word');
    this.#found.parts.push({ words: ['function', name?.text], assigns: [], redirects: [], wrappers: this.#wrappers });
    for (const child of node.children) {
      if (child === name || child.id === name?.id) continue;
      if (child.type === 'file_redirect') {
        const redirect = this.#redirect(child);
        if (redirect !== undefined) this.#put({ words: [], assigns: [], redirects: [redirect] }, undefined);
      } else if (child.isNamed) this.statement(child, nothingGiven);
      else if (!['function', '(', ')', '()'].includes(child.text)) this.#unclear(child);
    }
  }

  /** The variable of a loop is set as by an assignment. */
  #for(node: Node): void {
    for (const child of node.children) {
      if (child.type === 'variable_name')
        this.#found.parts.push({ words: [], assigns: [child.text], redirects: [], wrappers: this.#wrappers });
      else if (child.type === 'do_group' || child.type === 'compound_statement') this.statement(child, nothingGiven);
      else if (child.isNamed) this.#word(child);
      else if (!['for', 'select', 'in', ';', '\n', ''].includes(child.text.trim())) this.#unclear(child);
    }
  }

  #case(node: Node): void {
    for (const child of node.children) {
      if (child.type === 'case_item') {
        this.#refuseGaps(child);
        let isPattern = true;
        for (const part of child.children) {
          if (part.text === ')' && isPattern) isPattern = false;
          else if (isPattern && part.isNamed) this.#inside(part);
          else if (part.isNamed) this.statement(part, nothingGiven);
          else if (!['(', '|', ';', ';;', ';&', ';;&', '&', '\n', ''].includes(part.text.trim())) this.#unclear(part);
        }
      } else if (child.type === 'comment') this.#comment(child);
      else if (child.isNamed) this.#word(child);
      else if (!['case', 'in', 'esac', ';', '\n', ''].includes(child.text.trim())) this.#unclear(child);
    }
  }
}

const tooDeep: Inner = { kind: 'unknown', what: 'commands in commands, too deep' };

function isRedirect(node: Node): boolean {
  return node.type.endsWith('_redirect');
}
