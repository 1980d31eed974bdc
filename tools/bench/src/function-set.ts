import type { Parser, SymbolInfo } from '@nootropic/contracts';
import { createSeededRandom } from '@nootropic/testing';
import { docLines, withoutLines } from './strip-doc.ts';

export interface SourceText {
  /** Relative to the root of the set, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** What the comment of a function says, and the function it stood at. */
export interface FunctionQuestion {
  readonly question: string;
  readonly path: string;
  readonly name: string;
  readonly startLine: number;
  readonly endLine: number;
}

export interface FunctionSet {
  /** All files, without the comments that became questions. */
  readonly files: readonly SourceText[];
  readonly questions: readonly FunctionQuestion[];
  /** Functions with a usable comment, of which the questions were drawn. */
  readonly documented: number;
}

const words = { least: 4, mostChars: 300 };
const boilerplate = /^(see|deprecated|inherit|todo|fixme|note|alias|@|\{@|copyright|internal|same as|like)\b/iu;
const testPath = /(^|[/_.])(tests?|spec|testing|testdata|fixtures?)([/_.]|$)/iu;

/**
 * Makes questions of doc comments: for a function or method with a comment that says something, the first paragraph of the comment becomes a
 * question, and the comment is taken out of the text. A function counts only when the parser then finds no comment at it any more, and no
 * other place says the same. `most` questions are drawn by the seed; the comments of all functions are taken out.
 */
export async function buildFunctionSet(
  sources: readonly SourceText[],
  parser: Parser,
  { most, seed = 1 }: { readonly most: number; readonly seed?: number },
): Promise<FunctionSet> {
  const files: SourceText[] = [];
  const found: Candidate[] = [];
  for (const source of sources) {
    const stripped = await stripFile(source, parser);
    files.push({ path: source.path, text: stripped.text });
    if (!testPath.test(source.path)) found.push(...stripped.questions);
  }
  const count = Map.groupBy(found, ({ question }) => question);
  const single = found.filter(({ question }) => count.get(question)?.length === 1);
  // A comment that stands somewhere else, too, asks for two places.
  const rest = wordsOf(files.map(({ text }) => text).join('\n'));
  const fits = ({ said }: Candidate): boolean => !rest.includes(said);
  const questions = drawn(single, { most, seed, fits }).map(({ said: _, ...question }) => question);
  return { files, questions, documented: single.length };
}

/** A question with the beginning of its comment, in words alone. */
interface Candidate extends FunctionQuestion {
  readonly said: string;
}

function wordsOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, ' ');
}

async function stripFile(
  { path, text }: SourceText,
  parser: Parser,
): Promise<{ text: string; questions: Candidate[] }> {
  const lines = text.split('\n');
  const documented = (await parser.parse(path, text)).symbols.filter(
    (symbol) => (symbol.kind === 'function' || symbol.kind === 'method') && symbol.doc !== '',
  );
  if (documented.length === 0) return { text, questions: [] };
  const stripped = withoutLines(
    text,
    documented.flatMap((symbol) => docLines(lines, symbol)),
  );
  const left = (await parser.parse(path, stripped)).symbols;
  const questions = documented.flatMap((symbol): Candidate[] => {
    const question = questionOf(symbol);
    // A comment may have been part of what the parser calls the definition, so its first line may come later now.
    const now = left.find(({ name, endLine }) => name === symbol.name && endLine === symbol.endLine);
    if (question === undefined || now === undefined || now.doc !== '') return [];
    const said = wordsOf(symbol.doc).trim().slice(0, 60);
    return [{ question, said, path, name: symbol.name, startLine: now.startLine, endLine: now.endLine }];
  });
  return { text: stripped, questions };
}

/** What a comment asks for, without the function's own name, which would give it away; `undefined` where it says too little. */
export function questionOf({ name, doc }: Pick<SymbolInfo, 'name' | 'doc'>): string | undefined {
  const own = /[^.:#]+$/u.exec(name)?.[0] ?? name;
  const plain = doc
    .replaceAll(/\{@\w+\s+([^}]*)\}/gu, '$1')
    .replaceAll(/<[^<>]{1,40}>/gu, ' ')
    .replaceAll(/[`*]/gu, '')
    .replaceAll(/\s+/gu, ' ')
    .trim();
  if (boilerplate.test(plain)) return undefined;
  const question = plain
    .split(/(?<![\w$])([\w$]+)(?![\w$])/u)
    .filter((part) => part !== own)
    .join('')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .slice(0, words.mostChars);
  return (question.match(/\p{L}{2,}/gu) ?? []).length >= words.least ? question : undefined;
}

/** Some of these, the same each time, in their order. */
export function drawn<Item>(
  items: readonly Item[],
  { most, seed, fits = () => true }: { most: number; seed: number; fits?: (item: Item) => boolean },
): Item[] {
  const random = createSeededRandom(seed);
  const mixed = items.map((item, at) => ({ item, at, draw: random() })).sort((a, b) => a.draw - b.draw);
  const taken: typeof mixed = [];
  for (const each of mixed) {
    if (taken.length >= most) break;
    if (fits(each.item)) taken.push(each);
  }
  return taken.sort((a, b) => a.at - b.at).map(({ item }) => item);
}
