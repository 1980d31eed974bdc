import { readFile } from 'node:fs/promises';
import { NootropicError, type ShellCommand, type ShellLine, type ShellParser } from '@nootropic/contracts';
import type { Parser as Engine } from 'web-tree-sitter';
import { installedGrammar, type GrammarFile } from './grammar-files.ts';
import { walkShell } from './shell-walk.ts';
import { unseenIn } from './shell-word.ts';
import { startTreeSitter } from './tree-sitter-engine.ts';

export interface BashShellParserOptions {
  /** Where a WebAssembly file lies. Default: in the installed npm package that carries it. */
  readonly grammar?: (file: GrammarFile) => string | URL;
}

/** Longer lines are not looked at. */
const longestLine = 20_000;
/** Scripts inside of scripts. */
const deepest = 6;
const mostCommands = 500;

/**
 * A `ShellParser` over tree-sitter's grammar for bash. Nothing is loaded before the first line, and the grammar is kept from then on. What shells
 * read differently (brace expansion, `$'…'`, characters that are not seen) is never taken as known.
 *
 * @throws from `commands`: `INTERNAL` when the grammar's file is missing or does not fit the engine.
 */
export function createBashShellParser({ grammar = installedGrammar }: BashShellParserOptions = {}): ShellParser {
  let loading: Promise<Engine> | undefined;
  let isDamaged = false;

  const load = async (): Promise<Engine> => {
    const treeSitter = await startTreeSitter(grammar('web-tree-sitter.wasm'));
    try {
      const language = await treeSitter.Language.load(await readFile(grammar('tree-sitter-bash.wasm')));
      const engine = new treeSitter.Parser();
      engine.setLanguage(language);
      return engine;
    } catch (cause) {
      throw new NootropicError('INTERNAL', 'The grammar for shell lines cannot be loaded.', { cause });
    }
  };

  return {
    async commands(line) {
      if (isDamaged) return notUnderstood('every line: an earlier one broke the grammar');
      loading ??= load();
      // A file that was missing may be there the next time.
      loading.catch(() => (loading = undefined));
      const engine = await loading;
      try {
        return linesOf(engine, line, { wrappers: [], depth: 0 });
      } catch (cause) {
        if (cause instanceof Error && cause.name === 'RuntimeError') isDamaged = true;
        return notUnderstood('the line as a whole');
      }
    },
  };
}

function notUnderstood(what: string): ShellLine {
  return { complete: false, commands: [], unclear: [what] };
}

function linesOf(
  engine: Engine,
  line: string,
  place: { readonly wrappers: readonly string[]; readonly depth: number },
): ShellLine {
  if (line.length > longestLine) return notUnderstood('a line that is too long');
  if (place.depth > deepest) return notUnderstood('scripts in scripts, too deep');
  const hidden = unseenIn(line);
  if (hidden !== undefined) return notUnderstood(hidden);
  if (line.trim() === '') return { complete: true, commands: [], unclear: [] };

  const tree = engine.parse(line);
  if (tree === null) return notUnderstood('the line as a whole');
  try {
    const { parts, unclear } = walkShell(tree.rootNode, line, place.wrappers);
    if (tree.rootNode.hasError && unclear.length === 0) unclear.push('a part of the line');
    const { startIndex, endIndex } = tree.rootNode;
    if ((line.slice(0, startIndex) + line.slice(endIndex)).replace(/\\\n/gu, '').trim() !== '')
      unclear.push('what stands around the commands');
    const commands: ShellCommand[] = [];
    for (const part of parts) {
      if (!('script' in part)) commands.push(part);
      else {
        const inner = linesOf(engine, part.script, { wrappers: part.wrappers, depth: place.depth + 1 });
        commands.push(...inner.commands);
        unclear.push(...inner.unclear);
      }
    }
    // They are given all the same: a command that is denied must not hide behind many others.
    if (commands.length > mostCommands) unclear.push('a line of too many commands');
    return { complete: unclear.length === 0, commands, unclear: unclear.slice(0, 20) };
  } finally {
    tree.delete();
    engine.reset();
  }
}
