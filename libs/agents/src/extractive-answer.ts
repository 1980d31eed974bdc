import type { ContextBlock } from '@nootropic/contracts';
import { formatCitation } from './citation.ts';

const passagesShown = 5;
const linesShown = 12;

/**
 * The answer where no language model is at hand: the best passages as they stand, with what is known of each.
 * It says what it is, and how to come to a model; it never pretends to be written by one.
 *
 * @param ways Ways to a model that exist on this machine, one line each.
 */
export function* extractiveAnswer(blocks: readonly ContextBlock[], ways: readonly string[]): Generator<string> {
  const shown = blocks.slice(0, passagesShown);
  yield 'No language model is installed, so this is not a written answer: these are the passages that match best.\n';
  if (shown.length === 0) yield '\nNothing in this workspace matches. Try other words, or the name of a symbol.\n';
  for (const [index, block] of shown.entries()) yield `\n${index + 1}. ${passage(block)}`;
  if (ways.length > 0) yield `\nFor a written answer, give it a model:\n${ways.map((way) => `  ${way}\n`).join('')}`;
}

/** The passages that `extractiveAnswer` shows, in its order. */
export function extractiveCitations(blocks: readonly ContextBlock[]): ContextBlock['citation'][] {
  return blocks.slice(0, passagesShown).map((block) => block.citation);
}

function passage(block: ContextBlock): string {
  const { symbol } = block.citation;
  const title = symbol ? `  ${block.kind ? `${block.kind} ` : ''}${symbol}` : '';
  const lines = [`${formatCitation(block.citation)}${title}`];
  if (block.doc && !alreadyThere(block.text, block.doc))
    lines.push(...block.doc.split('\n').map((line) => `   ${line}`));
  if (block.signature && !alreadyThere(block.text, block.signature)) lines.push(`   ${block.signature}`);
  lines.push(...excerpt(block));
  if (block.callers.length > 0) {
    const places = block.callers.map((caller) => `${caller.path}:${caller.line}${caller.from && ` (${caller.from})`}`);
    lines.push(`   called at ${places.join(', ')}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Whether the lines that are shown say this too; white space and comment signs aside. */
function alreadyThere(text: string, what: string): boolean {
  const plain = (value: string) => value.replace(/[\s/*#]+/gu, '');
  return plain(text.split('\n').slice(0, linesShown).join('\n')).includes(plain(what));
}

function excerpt({ text, citation }: ContextBlock): string[] {
  const all = text.replace(/\s+$/u, '').split('\n');
  const width = String(citation.startLine + all.length).length;
  const lines = all
    .slice(0, linesShown)
    .map((line, index) => `   ${String(citation.startLine + index).padStart(width)} │ ${line}`);
  if (all.length > linesShown) lines.push(`   ${' '.repeat(width)} ┆ ${all.length - linesShown} more lines`);
  return lines;
}
