import type { createLowlight } from 'lowlight';
import { useLayoutEffect } from 'react';
import type { CodeLine } from './code-lines.ts';
import { highlightLines } from './highlight-lines.ts';

/** Lines of a text, as the grammar of a language reads them. */
export interface Coloured {
  readonly language: string;
  readonly lines: readonly CodeLine[];
}

export interface ColourProps {
  readonly text: string;
  readonly language: string;
  readonly onLines: (coloured: Coloured) => void;
}

/** Reads the text and gives its lines before the page is painted, so that code whose grammar is here is never seen plain. */
export function useColours(
  lowlight: Pick<ReturnType<typeof createLowlight>, 'highlight' | 'registered'>,
  { text, language, onLines }: ColourProps,
): void {
  useLayoutEffect(
    () => onLines({ language, lines: highlightLines(lowlight, { text, language }) }),
    [lowlight, text, language, onLines],
  );
}
