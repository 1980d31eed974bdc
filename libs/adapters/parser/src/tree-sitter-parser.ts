import { readFile } from 'node:fs/promises';
import { NootropicError, type ParsedSource, type Parser } from '@nootropic/contracts';
import type { Parser as Engine, Query, Tree } from 'web-tree-sitter';
import { blankLineBorders } from './blank-line-borders.ts';
import { collectCaptures } from './captured.ts';
import { installedGrammar, type GrammarFile } from './grammar-files.ts';
import type { LanguageSpec } from './language-spec.ts';
import { languageOfPath } from './language-of-path.ts';
import { languageSpecs } from './languages/index.ts';
import { markdownStructure, type Markdown } from './markdown-sections.ts';
import { structureOf, type Structure } from './structure.ts';
import { startTreeSitter, type TreeSitter } from './tree-sitter-engine.ts';

export interface TreeSitterParserOptions {
  /** Where a WebAssembly file lies. Default: in the installed npm package that carries it. */
  readonly grammar?: (file: GrammarFile) => string | URL;
  /** Time for one text, in milliseconds; beyond it the text is taken as plain. Default 5 000. */
  readonly budgetMs?: number;
  /** A clock in milliseconds. Default `performance.now`. */
  readonly now?: () => number;
}

/** Longest text that is parsed, in bytes of UTF-8. */
export const maxTextBytes = 5 * 1024 * 1024;

interface Loaded {
  readonly engine: Engine;
  readonly query: Query;
}

function plain(text: string): Structure {
  return { symbols: [], references: [], borders: blankLineBorders(text) };
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new NootropicError('ABORTED', 'Parsing was cancelled.', { cause: signal.reason });
}

/**
 * A `Parser` over tree-sitter's WebAssembly build, with markdown-it for Markdown. Nothing is loaded before the first
 * text; each grammar is loaded with the first text of its language and kept until the parser is disposed.
 *
 * @throws from `parse`: `INTERNAL` when a grammar's file is missing or does not fit the engine.
 */
export function createTreeSitterParser(options: TreeSitterParserOptions = {}): Parser {
  const { grammar = installedGrammar, budgetMs = 5_000, now = () => performance.now() } = options;
  const loaded = new Map<string, Promise<Loaded>>();
  let markdown: Promise<Markdown> | undefined;
  let disposed = false;

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
  function read(
    { engine, query }: Loaded,
    text: string,
    overdue: () => boolean,
  ): ReturnType<typeof collectCaptures> | undefined {
    let tree: Tree | null = null;
    try {
      tree = engine.parse(text, null, { progressCallback: overdue });
      if (!tree || overdue()) return undefined;
      let cut = false;
      const matches = query.matches(tree.rootNode, { progressCallback: () => (cut = overdue()) });
      return cut || overdue() ? undefined : collectCaptures(matches);
    } finally {
      tree?.delete();
      engine.reset();
    }
  }

  async function structure(path: string, text: string, language: string): Promise<Structure> {
    if (language === 'markdown') {
      markdown ??= import('markdown-it').then((module) => new module.default('commonmark'));
      return markdownStructure(path, text, await markdown);
    }
    const spec = languageSpecs.get(language);
    if (!spec) return plain(text);
    const ready = await loadOnce(spec);
    const deadline = now() + budgetMs;
    // A byte order mark is no part of any grammar; as a space it leaves every line where it is.
    const source = text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
    const captured = read(ready, source, () => now() > deadline);
    if (!captured) return plain(text);
    return structureOf({
      path,
      text: source,
      captured,
      dotted: spec.dotted ?? ((written) => written.replace(/::/gu, '.')),
    });
  }

  return {
    language: languageOfPath,

    async parse(path, text, signal): Promise<ParsedSource> {
      throwIfAborted(signal);
      if (disposed) throw new NootropicError('INTERNAL', 'The parser is closed.');
      if (text.length > maxTextBytes || (text.length * 3 > maxTextBytes && Buffer.byteLength(text) > maxTextBytes)) {
        throw new NootropicError('INPUT_INVALID', `${path} is over 5 MB, the most that is parsed.`);
      }
      const language = languageOfPath(path) ?? 'text';
      const found = await structure(path, text, language);
      throwIfAborted(signal);
      return { language, ...found };
    },

    async [Symbol.asyncDispose]() {
      if (disposed) return;
      disposed = true;
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
