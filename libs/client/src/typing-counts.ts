import { retainedCharacters } from './typing-text.ts';
import type { TypingOptions, TypingPlace, TypingReport } from './typing-types.ts';

export interface TypingCounts {
  /** A suggestion was given to the editor; the same again counts once. */
  shown(id: string, isFromCache: boolean): void;
  isShown(id: string): boolean;
  accepted(id: string, place: TypingPlace, text: string): void;
  /** A generation ended; what it wrote is wasted unless it is shown within a minute. */
  written(id: string, tokens: number): void;
  /** A generation was stopped: what it wrote is wasted unless it was shown. */
  stopped(id: string, tokens: number): void;
  take(): TypingReport;
  [Symbol.dispose](): void;
}

/** When it is looked how much of an accepted text is left, in milliseconds. */
const looks = [
  { after: 30_000, count: 'retainedCharacters' },
  { after: 300_000, count: 'keptCharacters' },
] as const;
/** What was written and not shown for so long is taken to be of no use. */
const uselessMs = 60_000;
const mostRemembered = 1_000;

const nothing: TypingReport = {
  shown: 0,
  accepted: 0,
  fromCache: 0,
  acceptedCharacters: 0,
  retainedCharacters: 0,
  keptCharacters: 0,
  wastedTokens: 0,
};

export function createTypingCounts(
  options: Required<Pick<TypingOptions, 'now' | 'setTimer'>> & Pick<TypingOptions, 'textOf'>,
): TypingCounts {
  const { now, setTimer, textOf } = options;
  let report: { -readonly [Name in keyof TypingReport]: TypingReport[Name] } = { ...nothing };
  const shown = new Set<string>();
  const accepted = new Set<string>();
  const unseen = new Map<string, { readonly tokens: number; readonly at: number }>();
  const timers = new Set<() => void>();

  const remember = (ids: Set<string>, id: string): boolean => {
    if (ids.has(id)) return false;
    ids.add(id);
    for (const oldest of ids) if (ids.size > mostRemembered) ids.delete(oldest);
    return true;
  };

  return {
    shown(id, isFromCache) {
      unseen.delete(id);
      if (!remember(shown, id)) return;
      report.shown += 1;
      if (isFromCache) report.fromCache += 1;
    },
    isShown: (id) => shown.has(id),
    accepted(id, { workspace, path }, text) {
      if (remember(accepted, id)) report.accepted += 1;
      report.acceptedCharacters += text.length;
      if (textOf === undefined) return;
      for (const { after, count } of looks) {
        const cancel = setTimer(() => {
          timers.delete(cancel);
          const left = textOf(workspace, path);
          if (left !== undefined) report[count] += Math.min(text.length, retainedCharacters(text, left));
        }, after);
        timers.add(cancel);
      }
    },
    written(id, tokens) {
      if (!shown.has(id) && tokens > 0) unseen.set(id, { tokens, at: now() });
    },
    stopped(id, tokens) {
      if (!shown.has(id)) report.wastedTokens += tokens;
    },
    take() {
      for (const [id, { tokens, at }] of unseen) {
        if (now() - at < uselessMs) continue;
        unseen.delete(id);
        report.wastedTokens += tokens;
      }
      const taken = report;
      report = { ...nothing };
      return taken;
    },
    [Symbol.dispose]() {
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
}
