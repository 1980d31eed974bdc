import { mostCompletionContext } from '@nootropic/contracts';
import { isInComment, isInWord } from './typing-text.ts';
import type { TypingPlace, TypingReason, TypingSettings } from './typing-types.ts';

export const usualSettings: TypingSettings = {
  enabled: true,
  languagesOff: [],
  inComments: true,
  lines: 'auto',
  debounceMs: { least: 20, most: 250 },
  ahead: true,
};

/** Each reason as a person is told it, where the host said nothing more exact. */
export const whyNone: Readonly<Record<TypingReason, string>> = {
  off: 'Suggestions are switched off.',
  'language-off': 'Suggestions are switched off for this language.',
  comment: 'Comments are not completed, by your settings.',
  selecting: 'Nothing is suggested while something is selected.',
  deleting: 'Nothing is suggested while you delete.',
  'middle-of-word': 'The cursor stands in a word.',
  'too-long': 'The line is too long.',
  stale: 'The text has changed since.',
  waiting: 'The model has not answered yet.',
  nothing: 'The model has nothing to add here.',
  'no-host': 'No host answers. Start one with `nootropic serve`.',
  'no-model': 'There is no model that completes.',
  'left-out': 'This file is left out.',
  busy: 'The model serves others first.',
  failed: 'The completion failed.',
};

/** Nothing useful comes of a line like this: data, or what a tool wrote. */
const longestLine = 2_000;

/** Why no model need be asked for this place. What a person calls for is refused only where it cannot be. */
export function typingRefusal(
  place: TypingPlace,
  settings: TypingSettings,
  about: { readonly asked: boolean; readonly deleting: boolean; readonly newest: number | undefined },
): TypingReason | undefined {
  if (about.newest !== undefined && place.version < about.newest) return 'stale';
  if (place.selecting === true) return 'selecting';
  const line = place.prefix.length - (place.prefix.lastIndexOf('\n') + 1);
  if (line > longestLine) return 'too-long';
  if (about.asked) return undefined;
  if (!settings.enabled) return 'off';
  if (settings.languagesOff.includes(place.language)) return 'language-off';
  if (about.deleting) return 'deleting';
  if (isInWord(place.suffix)) return 'middle-of-word';
  if (!settings.inComments && isInComment(place)) return 'comment';
  return undefined;
}

/** A long text is cut at one of few places, so that what the host sees begins the same for many keys. */
const farStep = 50_000;

/** The text around the cursor, as much as the host takes. */
export function cutFarText({ prefix, suffix }: Pick<TypingPlace, 'prefix' | 'suffix'>): {
  readonly prefix: string;
  readonly suffix: string;
} {
  const excess = prefix.length - mostCompletionContext;
  if (excess <= 0) return { prefix, suffix: suffix.slice(0, mostCompletionContext) };
  const from = Math.ceil(excess / farStep) * farStep;
  const line = prefix.indexOf('\n', from);
  return {
    prefix: prefix.slice(line < 0 ? from : line + 1),
    suffix: suffix.slice(0, mostCompletionContext),
  };
}
