import type { createLowlight } from 'lowlight';
import { linesOf, plainLines, type CodeLine, type CodeNode } from './code-lines.ts';

/** The lines of a text with the meanings that a grammar finds; plain where there is no such grammar, or where it fails on this text. */
export function highlightLines(
  lowlight: Pick<ReturnType<typeof createLowlight>, 'highlight' | 'registered'>,
  { text, language }: { readonly text: string; readonly language: string | undefined },
): readonly CodeLine[] {
  if (language === undefined || !lowlight.registered(language)) return plainLines(text);
  try {
    return linesOf(lowlight.highlight(language, text).children as readonly CodeNode[]);
  } catch {
    return plainLines(text);
  }
}
