import {
  symbolKinds,
  type ChunkHit,
  type Parser,
  type SearchFilter,
  type SearchIndex,
  type SymbolKind,
} from '@nootropic/contracts';
import type { SearchText } from './search-operators.ts';
import { createPathTest, isPathPattern } from './search-path-pattern.ts';

/** Where a search may find something: what the index narrows by itself, and what has to be looked at after it. */
export interface SearchScope {
  readonly filter: SearchFilter;
  /** True when `allows` may refuse much of what the index gives, so that more should be asked of it. */
  readonly isNarrow: boolean;
  /** True when no file of the index lies inside. */
  readonly isEmpty: boolean;
  allowsPath(path: string): boolean;
  allows(hit: ChunkHit): boolean;
  /** What the searcher should know: a language that no file is written in, a kind that does not exist. One sentence each. */
  readonly notices: readonly string[];
}

type Operators = SearchText['operators'];

const none: Operators = {
  path: { wanted: [], unwanted: [] },
  lang: { wanted: [], unwanted: [] },
  symbol: { wanted: [], unwanted: [] },
  kind: { wanted: [], unwanted: [] },
};

/** Above so many paths a filter of the index names folders instead. */
const mostPaths = 64;

/** Other words for a kind. */
const kindNames: Readonly<Record<string, SymbolKind>> = {
  fn: 'function',
  func: 'function',
  def: 'function',
  const: 'constant',
  var: 'variable',
  let: 'variable',
  struct: 'class',
  trait: 'interface',
  protocol: 'interface',
  namespace: 'module',
  package: 'module',
  property: 'field',
  attribute: 'field',
  heading: 'section',
};

/** Languages whose common name is not an ending of their files. */
const languageNames: Readonly<Record<string, string>> = {
  golang: 'go',
  'c#': 'csharp',
  'f#': 'fsharp',
  node: 'javascript',
  bash: 'shell',
  docker: 'dockerfile',
  makefile: 'make',
};

/** Languages that are meant along with another. */
const dialects: Readonly<Record<string, readonly string[]>> = { typescript: ['tsx'] };

const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

function kindsOf(names: readonly string[], notices: string[]): SymbolKind[] {
  const known = new Set<string>(symbolKinds);
  const kinds = new Set<SymbolKind>();
  const unknown: string[] = [];
  for (const name of names) {
    const lower = name.toLowerCase();
    const single =
      known.has(lower) || Object.hasOwn(kindNames, lower) ? lower : lower.replace(/(?<=[sx]|ss)es$|s$/u, '');
    const kind = known.has(single)
      ? (single as SymbolKind)
      : Object.hasOwn(kindNames, single)
        ? kindNames[single]
        : undefined;
    if (kind === undefined) unknown.push(name);
    else kinds.add(kind);
  }
  if (unknown.length > 0)
    notices.push(
      `${quoted(unknown)} ${unknown.length === 1 ? 'is no kind' : 'are no kinds'} of symbol and narrowed nothing. Kinds are: ${symbolKinds.join(', ')}.`,
    );
  return [...kinds];
}

function createLanguageNames(parser: Parser, present: ReadonlySet<string>) {
  return (name: string): readonly string[] => {
    const lower = name.toLowerCase().replace(/^\*?\./u, '');
    const own = present.has(lower)
      ? lower
      : ((Object.hasOwn(languageNames, lower) ? languageNames[lower] : undefined) ??
        parser.language(`x.${lower}`) ??
        lower);
    return [own, ...(Object.hasOwn(dialects, own) ? (dialects[own] ?? []) : [])];
  };
}

/** True when the parts of a name hold the wanted parts one after the other: `Session.append` holds `append`, `session` and `Session.append`. */
function createSymbolTest(wanted: string): (symbol: string) => boolean {
  const dotted = (name: string): string => name.toLowerCase().replace(/::|#|->/gu, '.');
  const parts = dotted(wanted);
  if (!isPathPattern(parts)) return (symbol) => `.${dotted(symbol)}.`.includes(`.${parts}.`);
  const test = createPathTest(parts.replaceAll('.', '/'));
  return (symbol) => symbol !== '' && test(dotted(symbol).replaceAll('.', '/'));
}

/** Paths of which each wanted path starts with one, at most 64; `undefined` where only all would do. */
function coverOf(paths: readonly string[]): readonly string[] | undefined {
  let cover = new Set(paths);
  while (cover.size > mostPaths) {
    const higher = new Set([...cover].map((path) => path.slice(0, path.replace(/\/$/u, '').lastIndexOf('/') + 1)));
    if (higher.has('')) return undefined;
    cover = higher;
  }
  return [...cover];
}

/** Reads a filter and the operators of a search against what is there. Reads the list of files only where something depends on it. */
export async function scopeOf(
  ports: { readonly index: SearchIndex; readonly parser: Parser },
  filter: SearchFilter = {},
  operators: Operators = none,
): Promise<SearchScope> {
  const notices: string[] = [];
  const given = (filter.paths ?? [])
    .map((path) => path.replace(/^(?:\.\/)+/u, ''))
    .filter((path) => path !== '' && path !== '.');
  const starts = given.filter((path) => !isPathPattern(path));
  const patterns = given.filter(isPathPattern).map(createPathTest);
  const wantedPaths = operators.path.wanted.map(createPathTest);
  const unwantedPaths = operators.path.unwanted.map(createPathTest);
  const meetsPaths = (path: string): boolean =>
    (given.length === 0 || starts.some((start) => path.startsWith(start)) || patterns.some((test) => test(path))) &&
    (wantedPaths.length === 0 || wantedPaths.some((test) => test(path))) &&
    !unwantedPaths.some((test) => test(path));

  const wantedLanguages = [...(filter.languages ?? []), ...operators.lang.wanted];
  const byFiles = patterns.length + wantedPaths.length + unwantedPaths.length > 0;
  const byLanguage = wantedLanguages.length + operators.lang.unwanted.length > 0;
  const files = byFiles || byLanguage ? await ports.index.files() : [];
  const present = new Set(files.map((file) => file.language));
  const namesOf = createLanguageNames(ports.parser, present);
  const unwantedLanguages = new Set(operators.lang.unwanted.flatMap(namesOf));
  const languages = byLanguage
    ? [...new Set(wantedLanguages.length > 0 ? wantedLanguages.flatMap(namesOf) : present)].filter(
        (language) => !unwantedLanguages.has(language),
      )
    : [];
  const absent = [...wantedLanguages, ...operators.lang.unwanted].filter(
    (name) => !namesOf(name).some((language) => present.has(language)),
  );
  if (absent.length > 0 && files.length > 0)
    notices.push(
      `No file here is written in ${quoted([...new Set(absent)])}. Languages here: ${[...present].sort().join(', ') || 'none'}.`,
    );

  const inside = byFiles ? files.filter((file) => meetsPaths(file.path)).map((file) => file.path) : [];
  if (inside.length === 0 && files.length > 0 && byFiles) {
    const asked = [...given, ...operators.path.wanted];
    notices.push(
      asked.length === 0 ? 'Every file here is excluded.' : `No file here has a path like ${quoted(asked)}.`,
    );
  }
  const languageSet = new Set(languages);
  const kinds = kindsOf([...(filter.kinds ?? []), ...operators.kind.wanted], notices);
  const unwantedKinds = new Set<string>(kindsOf(operators.kind.unwanted, notices));
  const symbols = operators.symbol.wanted.map(createSymbolTest);
  const unwantedSymbols = operators.symbol.unwanted.map(createSymbolTest);
  const cover = byFiles ? coverOf(inside) : starts.length > 0 ? starts : undefined;
  return {
    filter: {
      ...(cover !== undefined && cover.length > 0 && { paths: cover }),
      ...(languages.length > 0 && { languages }),
      ...(kinds.length > 0 && { kinds }),
    },
    isNarrow: byFiles || symbols.length + unwantedSymbols.length + unwantedKinds.size > 0,
    isEmpty: (byFiles && inside.length === 0) || (byLanguage && !languages.some((language) => present.has(language))),
    allowsPath: (path) => meetsPaths(path) && (!byLanguage || languageSet.has(ports.parser.language(path) ?? 'text')),
    allows: ({ path, chunk }) =>
      meetsPaths(path) &&
      (symbols.length === 0 || symbols.some((test) => test(chunk.symbol))) &&
      !unwantedSymbols.some((test) => test(chunk.symbol)) &&
      (chunk.kind === undefined || !unwantedKinds.has(chunk.kind)),
    notices,
  };
}
