import type { FileFacts, Reference, ReferenceKind, SymbolInfo, SymbolKind } from '@nootropic/contracts';
import { createCodeGraph, type CodeGraphPorts } from './graph.ts';

/** A file in short: symbols as `kind name first-last`, references as `from > name @line kind`, imports as `module: name, name as other`. */
export interface FileSketch {
  readonly language?: string;
  readonly symbols?: readonly string[];
  readonly references?: readonly string[];
  readonly imports?: readonly string[];
}

export function factsOf(path: string, sketch: FileSketch): FileFacts {
  const language = sketch.language ?? 'typescript';
  const symbols = (sketch.symbols ?? []).map((text): SymbolInfo => {
    const [, kind = '', name = '', first = '1', last = first] = /^(\w+) (\S+)(?: (\d+)(?:-(\d+))?)?$/u.exec(text) ?? [];
    return {
      path,
      name,
      kind: kind as SymbolKind,
      startLine: Number(first),
      endLine: Number(last),
      signature: `${kind} ${name}`,
      doc: '',
    };
  });
  const references = (sketch.references ?? []).map((text): Reference => {
    const [, from = '', name = '', line = '1', kind] = /^(\S*) ?> (\S+)(?: @(\d+))?(?: (\w+))?$/u.exec(text) ?? [];
    return { path, line: Number(line), name, from, ...(kind !== undefined && { kind: kind as ReferenceKind }) };
  });
  const imports = (sketch.imports ?? []).map((text, at) => {
    const [module = '', names = ''] = text.split(/: (?=\S)/u);
    return {
      path,
      line: at + 1,
      module,
      names: names
        .split(', ')
        .filter((each) => each !== '')
        .map((each) => {
          const [name = '', as = name] = each.split(' as ');
          return { name, as };
        }),
    };
  });
  return { path, language, symbols, references, imports };
}

/** A graph over files that are written down here. `settings` are what `files` would read. */
export async function graphOf(
  sketches: Readonly<Record<string, FileSketch>>,
  options: { readonly settings?: Readonly<Record<string, string>>; readonly history?: CodeGraphPorts['history'] } = {},
) {
  const known = new Map<string, FileFacts>();
  const index: CodeGraphPorts['index'] = {
    files: async () =>
      [...known.values()]
        .sort((one, other) => (one.path < other.path ? -1 : 1))
        .map((facts) => ({
          path: facts.path,
          hash: JSON.stringify(facts),
          bytes: 1,
          mtimeMs: 1,
          language: facts.language,
        })),
    async *facts(paths = [...known.keys()]) {
      await Promise.resolve();
      for (const path of [...paths].sort()) {
        const found = known.get(path);
        if (found !== undefined) yield structuredClone(found);
      }
    },
  };
  const put = async (changed: Readonly<Record<string, FileSketch>>, remove: readonly string[] = []): Promise<void> => {
    await Promise.resolve();
    for (const path of remove) known.delete(path);
    for (const [path, sketch] of Object.entries(changed)) known.set(path, factsOf(path, sketch));
  };
  const settings = options.settings ?? {};
  await put({ ...Object.fromEntries(Object.keys(settings).map((path) => [path, { language: 'json' }])), ...sketches });
  const files = {
    read: async (path: string) => {
      await Promise.resolve();
      const text = settings[path];
      if (text === undefined) throw new Error(`no ${path}`);
      return new TextEncoder().encode(text);
    },
  };
  const graph = createCodeGraph({ index, files, history: options.history });
  /** What was found, in short: `relation name path:line`, with `~` before what is known by name only. */
  const ask = async (
    question: 'callers' | 'callees' | 'impact' | 'tests' | 'path',
    symbol: string,
    more: { readonly to?: string; readonly depth?: number; readonly limit?: number } = {},
  ) =>
    (await graph.ask({ ask: question, symbol, ...more })).nodes.map(
      ({ symbol: { name, path }, relation, strength }) =>
        `${strength === 'name' ? '~' : ''}${relation} ${name === '' ? path : `${path}:${name}`}`,
    );
  return { graph, index, put, ask };
}
