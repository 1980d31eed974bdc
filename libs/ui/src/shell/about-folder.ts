import type { Assistant } from '@nootropic/contracts';
import { strings } from '../strings.ts';

export interface FolderFacts {
  /** The first paragraph of its README; empty where there is none. */
  readonly intro: string;
  readonly files: number;
  readonly symbols: number;
  /** The most important files, at most three. */
  readonly important: readonly string[];
  /** Questions that fit it; there is always one. */
  readonly questions: readonly string[];
}

const mapTokens = 512;
const readmeLines = 60;

/** What a folder is and what one might ask about it, from its README and the map of its symbols. What cannot be had is left out. */
export async function aboutFolder(
  { assistant, workspace }: { readonly assistant: Assistant; readonly workspace: string },
  signal: AbortSignal,
): Promise<FolderFacts> {
  const [readme, map, status] = await Promise.all([
    readReadme(assistant, workspace, signal),
    assistant.map({ workspace, tokens: mapTokens }, { signal }).catch(() => undefined),
    assistant.index.status({ workspace }, { signal }).catch(() => undefined),
  ]);
  const code = (map?.files ?? []).filter(({ symbols }) => symbols.some(({ kind }) => askable.has(kind)));
  const words = strings.shell.tour.questions;
  const [first] = code;
  const symbol = first?.symbols.find(({ kind }) => askable.has(kind));
  return {
    intro: firstParagraph(readme),
    files: status?.files ?? 0,
    symbols: status?.symbols ?? 0,
    important: (map?.files ?? []).slice(0, 3).map(({ path }) => path),
    questions: [
      ...(first && symbol ? [words.symbol(symbol.name, first.path)] : []),
      ...(code[1] ? [words.file(code[1].path)] : []),
      words.project,
    ],
  };
}

const askable: ReadonlySet<string> = new Set(['function', 'method', 'class', 'interface', 'type']);

async function readReadme(assistant: Assistant, workspace: string, signal: AbortSignal): Promise<string> {
  const found = await assistant.files.find({ workspace, query: 'readme', limit: 5 }, { signal }).catch(() => []);
  const path = found.map((file) => file.path).find((each) => /^readme(?:\.\w+)?$/iu.test(each));
  if (path === undefined) return '';
  return await assistant.files
    .read({ workspace, path, endLine: readmeLines }, { signal })
    .then(({ text }) => text)
    .catch(() => '');
}

const longestIntro = 300;

/** The first paragraph of words in a markdown text: no heading, no badge, no HTML, no code. */
export function firstParagraph(markdown: string): string {
  const paragraphs = markdown.replace(/^(`{3,}|~{3,})[\s\S]*?^\1/gmu, '').split(/\n\s*\n/u);
  const words = paragraphs
    .map((each) => each.trim())
    .find((each) => each !== '' && !/^(?:[#<!>|=]|[-*+]\s|-{3}|\*{3}|\[!|\[\S+\]:|\d+\.\s)/u.test(each));
  const plain = (words ?? '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/gu, '$1')
    .replace(/[*_`]/gu, '')
    .replace(/\s+/gu, ' ');
  return plain.length > longestIntro ? `${plain.slice(0, longestIntro - 1)}…` : plain;
}
