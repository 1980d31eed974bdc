import type { CodePlace } from './code-place.ts';

/** A fault that a language tool reported. Lines count from 1. */
export interface Problem {
  readonly line: number;
  readonly severity: string;
  readonly message: string;
  /** The tool, and its code for it. */
  readonly source?: string;
  /** The line of code that it is about. */
  readonly code: string;
}

/** Problems of one request: more confuse a small model, and most follow from the first. */
const mostProblems = 10;

function nameOf({ path, startLine, endLine, symbol }: CodePlace): string {
  const place = `${path}:${startLine}-${endLine}`;
  return symbol === undefined ? `the code in ${place}` : `\`${symbol}\` (${place})`;
}

export function explainWords(place: CodePlace): string {
  return `Explain ${nameOf(place)}.`;
}

export function testWords(place: CodePlace): string {
  return `Write a test for ${nameOf(place)}, in the place and style of the tests that are there.`;
}

export function documentWords(place: CodePlace): string {
  return [
    `Write the doc comment of ${nameOf(place)}, in the style that the language and this repository use.`,
    'Say what it means to a caller: what it gives, units, defaults and failures; not how it works. Change nothing but comments.',
  ].join(' ');
}

export function explainProblemWords(place: CodePlace, problems: readonly Problem[]): string {
  return `What does this say about ${nameOf(place)}, and why?\n\n${problemLines(problems)}`;
}

export function fixWords({ path }: CodePlace, problems: readonly Problem[]): string {
  return [
    `Mend ${problems.length === 1 ? 'this problem' : 'these problems'} in ${path}, with the smallest change that is right. Change nothing else.`,
    problemLines(problems),
  ].join('\n\n');
}

function problemLines(problems: readonly Problem[]): string {
  return problems
    .slice(0, mostProblems)
    .map(({ line, severity, message, source, code }) => {
      const from = source === undefined ? '' : ` (${source})`;
      return `line ${line}: ${severity}: ${message}${from}\n    ${code.trim()}`;
    })
    .join('\n');
}
