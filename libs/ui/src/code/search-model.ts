import type { SearchHit } from '@nootropic/contracts';
import type { Range } from '../parts/code-lines.ts';

export type SearchMode = 'plain' | 'exact' | 'regex';
export const searchModes: readonly SearchMode[] = ['plain', 'exact', 'regex'];
export const filterNames = ['path', 'lang', 'kind', 'symbol'] as const;
export type FilterName = (typeof filterNames)[number];

/** What narrows a search, shown as a chip before the words. */
export interface SearchFilter {
  readonly name: FilterName;
  readonly value: string;
  /** Leaves out what meets it. */
  readonly isExcluding: boolean;
}

export interface SearchForm {
  readonly text: string;
  readonly mode: SearchMode;
  readonly filters: readonly SearchFilter[];
  readonly explain: boolean;
  readonly limit: number;
}

export const firstLimit = 30;
export const emptySearch: SearchForm = { text: '', mode: 'plain', filters: [], explain: false, limit: firstLimit };

/** As in the words of a search: a minus, a name, a colon, and a value that follows at once, in quotes where it holds spaces. */
const written = new RegExp(`(^|\\s)(-?)(${filterNames.join('|')}):(?!:)(?:"([^"]+)"|([^\\s"']\\S*))(?=\\s)`, 'giu');

/**
 * What was typed, with filters that are complete - a space follows - taken out as chips. Only words that are searched plainly hold filters:
 * an exact text or a pattern is what it is.
 */
export function typeSearch(form: SearchForm, text: string): SearchForm {
  if (form.mode !== 'plain') return { ...form, text };
  let { filters } = form;
  let rest = '';
  let end = 0;
  for (const match of text.matchAll(written)) {
    const [whole, before = '', minus, name = '', quoted, bare = ''] = match;
    filters = addFilter(filters, {
      name: name.toLowerCase() as FilterName,
      value: quoted ?? bare,
      isExcluding: minus === '-',
    });
    rest += text.slice(end, match.index) + before;
    end = match.index + whole.length;
  }
  return { ...form, filters, text: end === 0 ? text : (rest + text.slice(end)).trimStart() };
}

export function addFilter(filters: readonly SearchFilter[], filter: SearchFilter): readonly SearchFilter[] {
  return filters.some((each) => sameFilter(each, filter)) ? filters : [...filters, filter];
}

export function removeFilter(filters: readonly SearchFilter[], filter: SearchFilter): readonly SearchFilter[] {
  return filters.filter((each) => !sameFilter(each, filter));
}

function sameFilter(one: SearchFilter, other: SearchFilter): boolean {
  return one.name === other.name && one.value === other.value && one.isExcluding === other.isExcluding;
}

/** Which filters a mode cannot meet: an exact search knows neither symbols nor what to leave out. */
export function unmetFilters({ mode, filters }: SearchForm): readonly SearchFilter[] {
  return mode === 'plain'
    ? []
    : filters.filter(({ name, isExcluding }) => isExcluding || name === 'symbol' || name === 'kind');
}

export interface SearchQuestion {
  readonly query: string;
  readonly mode: SearchMode;
  readonly limit: number;
  readonly explain: boolean;
  readonly paths?: string[];
  readonly languages?: string[];
}

/** What the assistant is asked; `undefined` while there are no words. */
export function questionOf(form: SearchForm): SearchQuestion | undefined {
  const { mode, limit, explain } = form;
  const words = mode === 'plain' ? form.text.trim() : form.text;
  if (words.trim() === '') return undefined;
  const asked = { mode, limit, explain: explain && mode === 'plain' };
  if (mode === 'plain') return { ...asked, query: [words, ...form.filters.map(filterText)].join(' ') };
  const values = (name: FilterName): string[] =>
    form.filters.filter((filter) => filter.name === name && !filter.isExcluding).map(({ value }) => value);
  const [paths, languages] = [values('path'), values('lang')];
  return {
    ...asked,
    query: words,
    ...(paths.length > 0 && { paths }),
    ...(languages.length > 0 && { languages }),
  };
}

/** A filter as it is written in a query. */
export function filterText({ name, value, isExcluding }: SearchFilter): string {
  return `${isExcluding ? '-' : ''}${name}:${/\s/u.test(value) ? `"${value}"` : value}`;
}

/** Words too short or too common to be shown as found. */
const leastWord = 2;
const commonWords = new Set(
  'a an and are as at be by do does for from how in is it of on or that the this to what when where which why with'.split(
    ' ',
  ),
);
/** More marks than this on a line tell nothing. */
const mostMarks = 40;

/**
 * Where a line holds what was searched: each word of a plain search at the beginning of a word or of a part of one (`retry` in `withRetry`), the text
 * of an exact search, upper and lower case alike unless the text has upper case. A pattern is not tried here: it could hold the page up.
 */
export function matchesIn(line: string, { text, mode }: Pick<SearchForm, 'text' | 'mode'>): readonly Range[] {
  if (mode === 'regex') return [];
  const wanted = mode === 'exact' ? [text] : searchedWords(text).map(singular);
  const ranges: Range[] = [];
  for (const word of wanted) {
    const isCased = mode === 'exact' && word !== word.toLowerCase();
    const [hay, needle] = isCased ? [line, word] : [line.toLowerCase(), word.toLowerCase()];
    // Some letters change their length with their case; then places would be wrong.
    if (needle === '' || hay.length !== line.length) continue;
    for (
      let at = hay.indexOf(needle);
      at >= 0 && ranges.length < mostMarks;
      at = hay.indexOf(needle, at + needle.length)
    ) {
      if (mode === 'exact' || beginsPart(line, at)) ranges.push({ start: at, end: at + needle.length });
    }
  }
  return ranges;
}

/** `routes` finds `route` too; a word that ends in two of them is none of many. */
function singular(word: string): string {
  return /[^s]s$/u.test(word) && word.length > 3 ? word.slice(0, -1) : word;
}

export function searchedWords(text: string): string[] {
  const words = text.match(/[\p{L}\p{N}_$]+/gu) ?? [];
  return [...new Set(words)].filter((word) => word.length >= leastWord && !commonWords.has(word.toLowerCase()));
}

function beginsPart(line: string, at: number): boolean {
  const before = line[at - 1] ?? ' ';
  const here = line[at] ?? ' ';
  return !/[\p{L}\p{N}]/u.test(before) || (/\p{Lu}/u.test(here) && !/\p{Lu}/u.test(before));
}

/** Results of a search that looks at lines come many from one file: they are shown under its name. */
export interface HitGroup {
  readonly path: string;
  readonly hits: readonly { readonly hit: SearchHit; readonly index: number }[];
}

/** Results in their order, neighbours of one file together. */
export function groupHits(hits: readonly SearchHit[]): HitGroup[] {
  const groups: { path: string; hits: { hit: SearchHit; index: number }[] }[] = [];
  for (const [index, hit] of hits.entries()) {
    const last = groups.at(-1);
    if (last?.path === hit.path) last.hits.push({ hit, index });
    else groups.push({ path: hit.path, hits: [{ hit, index }] });
  }
  return groups;
}

/** Lines of a result that are shown with it. */
const previewLines = 5;

/** The lines of a result that say most: those around the first match, from the beginning where there is none. */
export function previewOf(
  hit: SearchHit,
  form: Pick<SearchForm, 'text' | 'mode'>,
): { readonly text: string; readonly startLine: number } {
  const lines = hit.snippet.split('\n');
  const first = lines.findIndex((line) => matchesIn(line, form).length > 0);
  const from = first < previewLines - 1 ? 0 : Math.min(first - 1, Math.max(0, lines.length - previewLines));
  return { text: lines.slice(from, from + previewLines).join('\n'), startLine: hit.startLine + from };
}
