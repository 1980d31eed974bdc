import type { SearchIndex, SymbolInfo } from '@nootropic/contracts';
import { lastPart } from './gather-neighbours.ts';
import { pathRole } from './path-role.ts';

/** Names that are looked up at most, those of imports first. */
const mostNames = 40;
/** A name with more definitions than this may mean any of them. */
const mostNamesakes = 3;
/** Of an imported type, so many of what it holds are told. */
const mostMembers = 6;
const mostDefinitions = 24;
/** A longer signature is an object written out, not something to know by heart. */
const longestSignature = 240;

const typeKinds = new Set<SymbolInfo['kind']>(['class', 'interface', 'type', 'enum', 'table']);
const noDefinition = new Set<SymbolInfo['kind']>(['section', 'key', 'cell', 'rule', 'module']);

const word = /[\p{L}_$][\p{L}\p{N}_$]*/gu;
const importLine = /^\s*(?:import\b|export\b.*\bfrom\b|from\b.*\bimport\b|(?:pub\s+)?use\b|using\b|.*\brequire\s*\()/u;
/** Words of languages, and names so common that they say nothing. */
const common = new Set(
  (
    'import export from as default type typeof require const let var use using pub crate self super mod static function func fn def class ' +
    'interface enum struct trait impl return if else elif for while do switch case break continue new delete this true false null nil None ' +
    'True False undefined void async await yield try catch except finally throw raise with in of is not and or extends implements public ' +
    'private protected readonly abstract string number boolean any unknown never object int float bool str list dict set map len print ' +
    'String Number Boolean Object Array Promise Map Set Error Math JSON console log push get set has add length name value key data self args'
  ).split(' '),
);

/** The names that the text before a cursor uses: those it imports, and those of its last lines; each once, in the order of the text. */
export interface NamesInUse {
  readonly imported: readonly string[];
  readonly near: readonly string[];
}

/** So many lines are looked through for imports. */
const importLines = 200;
/** Names are taken from so many lines before the last line that is a multiple of the other number, so that they change seldom: they are read first. */
const nearLines = 48;
const nearStep = 32;

/** @param before The text before the anchor, so that what is found stays the same while the lines after it are typed. */
export function namesInUse(before: string): NamesInUse {
  const lines = before.split('\n');
  const settled = Math.floor(lines.length / nearStep) * nearStep;
  const imported = new Set<string>();
  let open = false;
  for (const line of lines.slice(0, importLines)) {
    const begins = importLine.test(line);
    if (!begins && !open) continue;
    for (const [name] of withoutStrings(line).matchAll(word)) if (isTelling(name)) imported.add(name);
    // The names of one import may be spread over lines.
    open = (begins || open) && /[{(][^})]*$/u.test(line) ? true : open && !/[})]/u.test(line);
  }
  const near = new Set<string>();
  for (const line of lines.slice(Math.max(0, settled - nearLines), settled).toReversed())
    for (const [name] of withoutStrings(line).matchAll(word))
      if (isTelling(name) && !imported.has(name)) near.add(name);
  return { imported: [...imported], near: [...near] };
}

function withoutStrings(line: string): string {
  return line.replace(/\/\/.*$/u, '').replace(/'[^']*'|"[^"]*"|`[^`]*`/gu, ' ');
}

function isTelling(name: string): boolean {
  return name.length > 2 && !common.has(name);
}

/**
 * Definitions of these names in other files, without tests: of what is imported, with what a type holds, then of the rest. In the order of their
 * places, so that the same names give the same text. What the index does not know is left out.
 *
 * @param breathe Awaited between two questions to the index, which may be a store that answers without letting others run.
 */
export async function findDefinitions(
  index: Pick<SearchIndex, 'symbols' | 'facts'>,
  asked: { readonly path: string; readonly names: NamesInUse },
  breathe: () => Promise<void> = async () => undefined,
): Promise<SymbolInfo[]> {
  const { path, names } = asked;
  const found = new Map<string, SymbolInfo>();
  const take = (symbol: SymbolInfo): void => {
    if (found.size >= mostDefinitions || symbol.signature === '' || symbol.signature.length > longestSignature) return;
    found.set(`${symbol.path}:${String(symbol.startLine)}:${symbol.name}`, symbol);
  };
  const imported = new Set(names.imported);
  for (const name of [...names.imported, ...names.near].slice(0, mostNames)) {
    if (found.size >= mostDefinitions) break;
    await breathe();
    const all = (await index.symbols(name)).filter(({ kind }) => !noDefinition.has(kind));
    // What the file defines itself is in the text already.
    if (all.some((symbol) => symbol.path === path)) continue;
    const outer = all.filter((symbol) => pathRole(symbol.path) !== 'tests' && lastPart(symbol.name) === name);
    if (outer.length === 0 || outer.length > mostNamesakes) continue;
    const [closest] = outer.toSorted(
      (one, other) => sharedFolders(other.path, path) - sharedFolders(one.path, path) || byPlace(one, other),
    );
    if (closest === undefined) continue;
    take(closest);
    if (!imported.has(name) || !typeKinds.has(closest.kind)) continue;
    for (const member of await membersOf(index, closest)) take(member);
  }
  return [...found.values()].sort(byPlace);
}

async function membersOf(index: Pick<SearchIndex, 'facts'>, type: SymbolInfo): Promise<SymbolInfo[]> {
  for await (const facts of index.facts([type.path]))
    return facts.symbols
      .filter(
        ({ name, startLine, endLine }) =>
          name.startsWith(type.name) &&
          name.length > type.name.length &&
          startLine >= type.startLine &&
          endLine <= type.endLine,
      )
      .slice(0, mostMembers);
  return [];
}

function byPlace(one: SymbolInfo, other: SymbolInfo): number {
  if (one.path !== other.path) return one.path < other.path ? -1 : 1;
  return one.startLine - other.startLine;
}

function sharedFolders(one: string, other: string): number {
  const [a, b] = [one.split('/'), other.split('/')];
  let count = 0;
  while (count < a.length && a[count] === b[count]) count += 1;
  return count;
}

/** A part of another file that a model reads before the cursor's own. */
export interface CompletionExtra {
  readonly name: string;
  readonly text: string;
  readonly role: 'definition' | 'edit';
  readonly startLine: number;
  readonly endLine: number;
}

/**
 * What is read of other files in at most `room` characters: definitions, one part for each file, then what was written lately, the newest last, next
 * to the cursor's own file. Where not all fit, edits take at most half of the room from definitions.
 */
export function completionExtras(
  definitions: readonly SymbolInfo[],
  edits: readonly { readonly path: string; readonly text: string }[],
  room: number,
): CompletionExtra[] {
  const written: CompletionExtra[] = [];
  let left = Math.floor(room * (definitions.length > 0 ? 0.5 : 1));
  for (const { path, text } of edits) {
    const cut = text.trimEnd();
    if (cut.trim() === '' || cut.length + path.length > left) continue;
    left -= cut.length + path.length;
    written.unshift({ name: path, text: cut, role: 'edit', startLine: 1, endLine: cut.split('\n').length });
  }
  const used = written.reduce((sum, { name, text }) => sum + name.length + text.length, 0);
  return [...definitionParts(definitions, room - used), ...written];
}

function definitionParts(definitions: readonly SymbolInfo[], room: number): CompletionExtra[] {
  let left = room;
  const parts = new Map<string, { lines: string[]; startLine: number; endLine: number }>();
  for (const { path, signature, startLine, endLine } of definitions) {
    const part = parts.get(path) ?? { lines: [], startLine, endLine };
    left -= signature.length + 1 + (part.lines.length === 0 ? path.length + 1 : 0);
    if (left < 0) break;
    part.lines.push(signature);
    part.endLine = Math.max(part.endLine, endLine);
    parts.set(path, part);
  }
  return [...parts].map(([name, { lines, startLine, endLine }]) => ({
    ...{ name, startLine, endLine },
    text: lines.join('\n'),
    role: 'definition',
  }));
}
