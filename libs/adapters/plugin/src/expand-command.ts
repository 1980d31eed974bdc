import type { SlashCommand } from '@nootropic/contracts';

/** Words as a shell splits them, with single and double quotes; a quote that is not closed reaches to the end. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/"([^"]*)(?:"|$)|'([^']*)(?:'|$)|([^\s"']+)/gu)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
}

/**
 * The prompt of a slash command with what was typed after it: all of it for `$ARGUMENTS`, its words for `$1` to `$9`, nothing for a word that is
 * not there. A prompt without any of these gets it as a paragraph of its own. What is put in is not expanded again.
 */
export function expandCommand({ prompt }: Pick<SlashCommand, 'prompt'>, args: string): string {
  const typed = args.trim();
  const words = wordsOf(typed);
  let used = false;
  const expanded = prompt.replace(/\$(?:ARGUMENTS\b|([1-9])(?!\d))/gu, (_whole, place: string | undefined) => {
    used = true;
    return place === undefined ? typed : (words[Number(place) - 1] ?? '');
  });
  return used || typed === '' ? expanded : `${expanded}\n\n${typed}`;
}
