import { readFile } from 'node:fs/promises';
import { NootropicError, type ParsedSource, type Parser, type SyntaxFault } from '@nootropic/contracts';
import type { Parser as Engine, Query, Tree } from 'web-tree-sitter';
import { blankLineBorders } from './blank-line-borders.ts';
import { collectCaptures } from './captured.ts';
import { installedGrammar, type GrammarFile } from './grammar-files.ts';
import type { LanguageSpec } from './language-spec.ts';
import { htmlStructure } from './html-sections.ts';
import { jsonStructure } from './json-keys.ts';
import { withinLimits } from './key-limits.ts';
import { languageOfPath } from './language-of-path.ts';
import { languageSpecs } from './languages/index.ts';
import { markdownStructure, type Markdown } from './markdown-sections.ts';
import { notebookStructure } from './notebook-cells.ts';
import { sqlStructure } from './sql-outline.ts';
import { deepestSymbol, structureOf, type Structure } from './structure.ts';
import { faultsOfJson, faultsOfTree } from './syntax-faults.ts';
import { refuseAborted, refuseLongText } from './text-limit.ts';
import { startTreeSitter, type TreeSitter } from './tree-sitter-engine.ts';

export interface TreeSitterParserOptions {
  /** Where a WebAssembly file lies. Default: in the installed npm package that carries it. */
  readonly grammar?: (file: GrammarFile) => string | URL;
  /** Time for one text, in milliseconds; beyond it the text is taken as plain. Default 5 000. */
  readonly budgetMs?: number;
  /** Asked now and then while a text is read: true gives the text up, and `parse` rejects with `INPUT_INVALID`. Default: never. */
  readonly exhausted?: () => boolean;
  /** Called when a text broke a grammar: every later text that needs one rejects with `INTERNAL`. Default: nothing. */
  readonly onDamage?: () => void;
  /** A clock in milliseconds. Default `performance.now`. */
  readonly now?: () => number;
}

interface ReadTree {
  readonly captured: ReturnType<typeof collectCaptures>;
  readonly errors: readonly SyntaxFault[];
}

interface Loaded {
  readonly engine: Engine;
  readonly query: Query;
}

function withDots(written: string): string {
  return written.replace(/::/gu, '.');
}

function plain(text: string): Structure {
  return { symbols: [], references: [], imports: [], borders: blankLineBorders(text) };
}

/**
 * A `Parser` over tree-sitter's WebAssembly build, with markdown-it for Markdown. Nothing is loaded before the first
 * text; each grammar is loaded with the first text of its language and kept until the parser is disposed.
 *
 * @throws from `parse`: `INTERNAL` when a grammar's file is missing or does not fit the engine, and for
 * every text after one that broke a grammar, which itself rejects with `INPUT_INVALID`; a `createParserPool` gets over that.
 */
export function createTreeSitterParser(options: TreeSitterParserOptions = {}): Parser {
  const {
    grammar = installedGrammar,
    budgetMs = 5_000,
    exhausted = () => false,
    onDamage = () => undefined,
    now = () => performance.now(),
  } = options;
  const loaded = new Map<string, Promise<Loaded>>();
  let markdown: Promise<Markdown> | undefined;
  let disposed = false;
  let damagedBy: string | undefined;

  async function load(spec: LanguageSpec): Promise<Loaded> {
    const treeSitter: TreeSitter = await startTreeSitter(grammar('web-tree-sitter.wasm'));
    try {
      const language = await treeSitter.Language.load(await readFile(grammar(spec.grammar)));
      const engine = new treeSitter.Parser();
      engine.setLanguage(language);
      return { engine, query: new treeSitter.Query(language, spec.query) };
    } catch (cause) {
      throw new NootropicError('INTERNAL', `The grammar for ${spec.language} (${spec.grammar}) cannot be loaded.`, {
        cause,
      });
    }
  }

  function loadOnce(spec: LanguageSpec): Promise<Loaded> {
    const known = loaded.get(spec.language);
    if (known) return known;
    const loading = load(spec);
    loaded.set(spec.language, loading);
    // A file that was missing may be there the next time.
    loading.catch(() => loaded.delete(spec.language));
    return loading;
  }

  /** Undefined when the budget is spent. Runs in one go: nothing else touches the engine meanwhile. */
  function read({ engine, query }: Loaded, text: string, overdue: () => boolean): ReadTree | undefined {
    let tree: Tree | null = null;
    try {
      tree = engine.parse(text, null, { progressCallback: overdue });
      if (!tree || overdue()) return undefined;
      let cut = false;
      const matches = query.matches(tree.rootNode, { progressCallback: () => (cut = overdue()) });
      if (cut || overdue()) return undefined;
      return { captured: collectCaptures(matches), errors: tree.rootNode.hasError ? faultsOfTree(tree.rootNode) : [] };
    } finally {
      tree?.delete();
      engine.reset();
    }
  }

  /** Undefined when the time for it is over. */
  async function readSource(spec: LanguageSpec, path: string, text: string): Promise<Structure | undefined> {
    if (spec.breaking?.test(text)) return undefined;
    const ready = await loadOnce(spec);
    const deadline = now() + budgetMs;
    if (damagedBy !== undefined)
      throw new NootropicError(
        'INTERNAL',
        `tree-sitter was damaged by ${damagedBy}; only a new process can parse again.`,
      );
    let full = false;
    let tree: ReadTree | undefined;
    try {
      tree = read(ready, text, () => (full ||= exhausted()) || now() > deadline);
    } catch (cause) {
      // A grammar's own reader may write beyond its memory; what all grammars share is not to be trusted then.
      if (!(cause instanceof Error) || cause.name !== 'RuntimeError') throw cause;
      damagedBy = path;
      onDamage();
      throw new NootropicError('INPUT_INVALID', `${path} breaks the grammar for ${spec.language}.`, { cause });
    }
    if (full) throw new NootropicError('INPUT_INVALID', `${path} needs more memory to be parsed than there is.`);
    const { dotted = withDots, separator = '.', depth = deepestSymbol, most = Number.POSITIVE_INFINITY } = spec;
    if (tree === undefined) return undefined;
    const { captured, errors } = tree;
    const found = withinLimits({ depth, most }, (level) =>
      structureOf({ path, text, captured, dotted, separator, depth: level }),
    );
    return errors.length === 0 ? found : { ...found, errors };
  }

  async function structure(path: string, given: string, language: string): Promise<Structure> {
    // A byte order mark is no part of any language; as a space it leaves every line where it is.
    const text = given.startsWith('\uFEFF') ? ` ${given.slice(1)}` : given;
    if (language === 'markdown') {
      markdown ??= import('markdown-it').then((module) => new module.default('commonmark'));
      return markdownStructure(path, text, await markdown);
    }
    if (language === 'json') {
      const jsonc = await import('jsonc-parser');
      const found = jsonStructure(path, text, jsonc);
      // Other dialects allow more than this reader takes.
      const errors = /\.jsonc?$/iu.test(path) ? faultsOfJson(text, jsonc) : [];
      return errors.length === 0 ? found : { ...found, errors };
    }
    if (language === 'html') return htmlStructure(path, text, await import('htmlparser2'));
    if (language === 'notebook') {
      return notebookStructure(path, text, {
        jsonc: await import('jsonc-parser'),
        readCode: async (name, code) => {
          const spec = languageSpecs.get(name);
          return spec && readSource(spec, path, code);
        },
      });
    }
    if (language === 'sql') {
      const deadline = now() + budgetMs;
      const { PostgreSQL } = await import('@codemirror/lang-sql');
      const reader = PostgreSQL.language.parser;
      return sqlStructure(path, text, { reader, overdue: () => now() > deadline }) ?? plain(text);
    }
    const spec = languageSpecs.get(language);
    return (spec && (await readSource(spec, path, text))) ?? plain(text);
  }

  return {
    language: languageOfPath,

    async parse(path, text, signal): Promise<ParsedSource> {
      refuseAborted(signal);
      if (disposed) throw new NootropicError('INTERNAL', 'The parser is closed.');
      refuseLongText(path, text);
      const language = languageOfPath(path) ?? 'text';
      const found = await structure(path, text, language);
      refuseAborted(signal);
      return { language, ...found };
    },

    async [Symbol.asyncDispose]() {
      if (disposed) return;
      disposed = true;
      if (damagedBy !== undefined) return;
      for (const { engine, query } of (await Promise.allSettled(loaded.values())).flatMap((result) =>
        result.status === 'fulfilled' ? [result.value] : [],
      )) {
        query.delete();
        engine.delete();
      }
      loaded.clear();
    },
  };
}
