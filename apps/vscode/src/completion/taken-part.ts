import type { SuggestionPart } from '@nootropic/client';

/** Brackets and quotes that an editor closes by itself when one is typed. */
const closed: ReadonlySet<string> = new Set(['()', '[]', '{}', '""', "''", '``', '<>']);

/**
 * Which part of a shown suggestion a change of the document took, as the editor's `Accept Next Word` and `Accept Next Line` do it: the editor does not tell
 * an extension of them, but what they insert is the beginning of the suggestion, more than a key gives. `undefined`: it was typed, or is something else.
 */
export function takenPart(
  suggestion: string,
  change: { readonly inserted: string; readonly removed: number },
): SuggestionPart | undefined {
  const { inserted, removed } = change;
  if (removed > 0 || inserted.length < 2 || closed.has(inserted) || !suggestion.startsWith(inserted)) return undefined;
  if (inserted === suggestion) return 'all';
  const rest = suggestion.slice(inserted.length);
  return inserted.endsWith('\n') || rest.startsWith('\n') || rest.startsWith('\r\n') ? 'line' : 'word';
}
