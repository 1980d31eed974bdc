import type { CompletionInput } from '@nootropic/contracts';
import { createTypingCache, type CachePlace } from './typing-cache.ts';
import { createTypingCounts } from './typing-counts.ts';
import { standingOf, startGeneration, type Generation, type Standing } from './typing-generation.ts';
import { cutFarText, typingRefusal, usualSettings, whyNone } from './typing-reasons.ts';
import { nextIndent, partOf } from './typing-text.ts';
import type {
  Suggestion,
  Typing,
  TypingAnswer,
  TypingChange,
  TypingOptions,
  TypingPlace,
  TypingReason,
  TypingSettings,
  TypingState,
} from './typing-types.ts';

/** Somebody who waits for what is to be shown at a place. */
interface Waiter {
  readonly place: TypingPlace;
  readonly since: number;
  readonly asked: boolean;
  readonly answer: (answer: TypingAnswer) => void;
}

/** What is shown, and where. */
interface Shown {
  readonly suggestion: Suggestion;
  readonly place: TypingPlace;
}

/** With the first text of a line that goes on, it is waited so long for its end before it is shown as it is. In milliseconds. */
const firstLineMs = 250;
/** Nobody waits for longer than this; what comes later is told by `onMore`. */
const mostWaitMs = 4_000;
/** A suggestion is looked at for so long before it is computed what comes after it. */
const aheadMs = 150;
/** So long nobody is asked again where there is no host, no model, or no leave for a file; and where others are served first. */
const blockedMs = { long: 5_000, short: 300 } as const;
/** What stands around a place so near to one that was asked for is held by the model already. */
const nearCharacters = 200;
/** A place of which the model had nothing to say is asked for again after so long. */
const nothingMs = 10_000;
/** The debounce is this share of what an answer takes, and grows by the second number with each answer that was typed over. */
const debounceShare = 0.15;
const impatience = 1.5;
const mostImpatience = 6;
const newestCounts = 0.3;
const mostVersions = 100;

/** The one engine behind inline completion of every editor; see {@link Typing}. */
export function createTyping(options: TypingOptions): Typing {
  const { complete, editor = 'editor', now = () => performance.now(), setTimer = realTimer } = options;
  const cache = createTypingCache();
  const counts = createTypingCounts({ now, setTimer, ...(options.textOf && { textOf: options.textOf }) });
  const dismissed = new Set<string>();
  const versions = new Map<string, number>();
  let made = 0;
  let state: TypingState = { state: 'idle' };
  let waiter: Waiter | undefined;
  let running: Generation | undefined;
  let ahead: Generation | undefined;
  let shown: Shown | undefined;
  let last: TypingPlace | undefined;
  let lastDeleted: { readonly path: string; readonly version: number } | undefined;
  let blocked: { readonly until: number; readonly reason: TypingReason; readonly text: string } | undefined;
  let aheadOf = '';
  let answerMs = 0;
  let typedOver = 0;
  let cancelAsk = (): void => undefined;
  let cancelFirst = (): void => undefined;
  let cancelAhead = (): void => undefined;
  let cancelWait = (): void => undefined;
  /** Where somebody waited too long. */
  let late: Waiter | undefined;

  const settings = (): TypingSettings => ({ ...usualSettings, ...options.settings?.() });
  const setState = (next: TypingState): void => {
    state = next;
    options.onState?.(next);
  };
  const keyOf = ({ workspace, path }: CachePlace): string => `${workspace}\0${path}`;

  const none = (reason: TypingReason, text = whyNone[reason]): TypingAnswer => {
    // What is stale is followed by what is true now.
    if (reason !== 'stale') setState({ state: 'none', reason, text });
    return { kind: 'none', reason, text };
  };

  const settle = (answer: () => TypingAnswer): void => {
    const waiting = waiter;
    waiter = undefined;
    cancelAsk();
    cancelFirst();
    cancelWait();
    late = undefined;
    waiting?.answer(answer());
  };

  const stopRunning = (): void => {
    cancelAsk();
    cancelFirst();
    if (running === undefined) return;
    const stopped = running;
    running = undefined;
    if (stopped.ended !== undefined) return;
    stopped.stop();
    counts.stopped(stopped.id, stopped.tokens);
    typedOver = Math.min(mostImpatience, typedOver + 1);
    // Whole lines of it may be typed yet, after a detour.
    const end = stopped.text.lastIndexOf('\n');
    if (stopped.text.slice(0, Math.max(0, end)).trim() !== '') keep(stopped, stopped.text.slice(0, end), false);
  };

  const stopAhead = (): void => {
    cancelAhead();
    if (ahead === undefined) return;
    const stopped = ahead;
    ahead = undefined;
    if (stopped.ended !== undefined) return;
    stopped.stop();
    counts.stopped(stopped.id, stopped.tokens);
  };

  const keep = ({ id, place, model }: Generation, text: string, whole: boolean): void =>
    cache.put(place, { id, text, whole, model, at: now() });

  const begin = (place: CachePlace & Pick<TypingPlace, 'edits'>, purpose: CompletionInput['purpose']): Generation => {
    const { workspace, path, edits } = place;
    const input: CompletionInput = {
      ...{ workspace, path, purpose, editor },
      ...cutFarText(place),
      lines: settings().lines,
      ...(edits !== undefined && { edits }),
    };
    const id = `${editor}-${String((made += 1))}`;
    return startGeneration({ complete, id, now, place, onChange: onGenerated }, input);
  };

  const onGenerated = ({ id }: Generation): void => {
    if (running?.id === id) onRunning(running);
    else if (ahead?.id === id) onAhead(ahead);
  };

  const remember = (generation: Generation): void => {
    const { end } = generation.ended ?? {};
    if (end === undefined || end.reason === 'aborted' || end.code !== undefined) return;
    // It was only to be read.
    if (generation.purpose === 'warm') return;
    keep(generation, generation.text, true);
    counts.written(generation.id, generation.tokens);
  };

  const onAhead = (generation: Generation): void => {
    if (generation.ended === undefined) return;
    ahead = undefined;
    remember(generation);
  };

  const onRunning = (generation: Generation): void => {
    if (generation.ended !== undefined) {
      remember(generation);
      const took = (generation.firstTextAt ?? now()) - generation.startedAt;
      answerMs = answerMs === 0 ? took : answerMs + newestCounts * (took - answerMs);
    }
    if (waiter !== undefined) answerWaiter(generation, waiter);
    else if (late !== undefined) tellLate(generation, late);
    else tellMore(generation);
    if (generation.ended !== undefined && running === generation) running = undefined;
  };

  const answerWaiter = (generation: Generation, { place, since }: Waiter): void => {
    const { ended } = generation;
    const refused = ended && refusalOf(ended);
    if (refused !== undefined) {
      settle(() => none(refused.reason, refused.text));
      return;
    }
    const standing = standingOf(generation, place);
    if (standing !== undefined && standing !== 'ahead' && standing.rest.trim() !== '') {
      const { rest } = standing;
      if (isShowable(rest, generation)) settle(() => show(generation, { place, rest, since, from: 'asked' }));
      else {
        cancelFirst();
        cancelFirst = setTimer(() => {
          const later = standingOf(generation, place);
          if (waiter?.place !== place || later === undefined || later === 'ahead' || later.rest.trim() === '') return;
          settle(() => show(generation, { place, rest: wholeWords(later.rest), since, from: 'asked' }));
        }, firstLineMs);
      }
      return;
    }
    if (ended === undefined) return;
    // All that it said was typed meanwhile, or nothing: what comes after that is another question.
    running = undefined;
    if (generation.text.trim() !== '' && place.prefix.length > generation.place.prefix.length) {
      running = begin(place, 'show');
      return;
    }
    settle(() => none('nothing', ended.end?.why ?? whyNone.nothing));
  };

  const tellLate = (generation: Generation, { place, since }: Waiter): void => {
    const standing = standingOf(generation, place);
    if (standing === undefined || standing === 'ahead' || !isShowable(standing.rest, generation)) return;
    late = undefined;
    if (standing.rest.trim() === '') return;
    const answer = show(generation, { place, rest: standing.rest, since, from: 'asked' });
    if (answer.kind === 'suggestion') options.onMore?.(answer.suggestion);
  };

  const tellMore = (generation: Generation): void => {
    if (shown?.suggestion.id !== generation.id || shown.suggestion.whole) return;
    const { place, suggestion } = shown;
    const standing = standingOf(generation, place);
    if (standing === undefined || standing === 'ahead' || !isShowable(standing.rest, generation)) return;
    const text = wholeLines(standing.rest, generation);
    if (text === suggestion.text && generation.ended === undefined) return;
    if (text.trim() === '') return;
    const grown: Suggestion = {
      ...{ ...suggestion, text, from: 'running' },
      whole: generation.ended !== undefined,
      model: generation.model,
    };
    shown = { place, suggestion: grown };
    setState({ state: 'shown', suggestion: grown });
    if (text !== suggestion.text) options.onMore?.(grown);
    if (grown.whole) planAhead(place, grown);
  };

  const show = (
    { id, model, ...of }: Pick<Generation, 'id' | 'model'> & { readonly ended?: unknown; readonly text: string },
    about: { place: TypingPlace; rest: string; since: number; from: Suggestion['from'] },
  ): TypingAnswer => {
    const { place, rest, since, from } = about;
    const whole = from === 'cache' || of.ended !== undefined;
    const text = whole ? rest : wholeLines(rest, undefined);
    const suggestion: Suggestion = { id, text, from, whole, model, tookMs: now() - since };
    counts.shown(id, from === 'cache');
    typedOver = Math.max(0, typedOver - 1);
    blocked = undefined;
    shown = { suggestion, place };
    setState({ state: 'shown', suggestion });
    if (whole) planAhead(place, suggestion);
    return { kind: 'suggestion', suggestion };
  };

  /**
   * What follows when the suggestion is taken: on its line where it was cut off there, else on the next one, with the indentation that an editor gives.
   * Where it has many lines and the first alone is taken, the others are what follows, and they are known.
   */
  const planAhead = (place: TypingPlace, { id, text }: Suggestion): void => {
    if (!settings().ahead || aheadOf === id) return;
    aheadOf = id;
    stopAhead();
    const rest = /^[^\n]*/u.exec(place.suffix)?.[0] ?? '';
    if (rest.trim() !== '') return;
    const taken = place.prefix + text;
    const prefix = `${taken}\n${nextIndent(taken)}`;
    cancelAhead = setTimer(() => {
      const next = { workspace: place.workspace, path: place.path, prefix, suffix: place.suffix };
      if (running !== undefined || cache.find(next) !== undefined) return;
      ahead = begin({ ...next, ...(place.edits && { edits: place.edits }) }, 'ahead');
    }, aheadMs);
  };

  const refusalOf = (ended: NonNullable<Generation['ended']>): { reason: TypingReason; text: string } | undefined => {
    const code = ended.error?.code ?? ended.end?.code;
    if (code === undefined) return undefined;
    const reason = reasonOf.get(code) ?? 'failed';
    const text = ended.error?.message ?? ended.end?.why ?? whyNone[reason];
    if (reason !== 'failed')
      blocked = { until: now() + (reason === 'busy' ? blockedMs.short : blockedMs.long), reason, text };
    return { reason, text };
  };

  const debounceMs = (): number => {
    const { least, most } = settings().debounceMs;
    return Math.max(least, Math.min(most, Math.max(least, answerMs * debounceShare) * impatience ** typedOver));
  };

  const isDeleting = (place: TypingPlace): boolean => {
    const isSame = last !== undefined && keyOf(last) === keyOf(place) && last.version === place.version;
    // Without a change since, the cursor has left the place of the deletion or is still there.
    if (lastDeleted?.path === keyOf(place) && lastDeleted.version === place.version)
      return !isSame || last?.prefix === place.prefix;
    if (last === undefined || isSame || keyOf(last) !== keyOf(place)) return false;
    return (
      place.prefix.length < last.prefix.length && last.prefix.startsWith(place.prefix) && last.suffix === place.suffix
    );
  };

  const known = (place: TypingPlace, since: number): TypingAnswer | undefined => {
    const hit = cache.find(place);
    if (hit === undefined) return undefined;
    const { entry, rest } = hit;
    if (dismissed.has(entry.id)) return none('nothing', 'You sent it away here.');
    if (rest.trim() !== '') {
      if (running !== undefined && running.id !== entry.id) stopRunning();
      return show({ ...entry, ended: entry.whole }, { place, rest, since, from: 'cache' });
    }
    const isFresh = entry.text.trim() === '' && now() - entry.at < nothingMs;
    return isFresh ? none('nothing') : undefined;
  };

  const suggest = (place: TypingPlace, asked: boolean, since: number): TypingAnswer | Promise<TypingAnswer> => {
    const deleting = isDeleting(place);
    last = place;
    const refused = typingRefusal(place, settings(), { asked, deleting, newest: versions.get(keyOf(place)) });
    if (refused !== undefined) {
      if (refused !== 'stale') stopRunning();
      return none(refused);
    }
    const answer = known(place, since);
    if (answer !== undefined && !(asked && answer.kind === 'none')) return answer;

    let standing: Standing = running && standingOf(running, place);
    if (standing === undefined && ahead !== undefined && ahead.text !== '') {
      standing = standingOf(ahead, place);
      if (standing !== undefined) {
        stopRunning();
        [running, ahead] = [ahead, undefined];
      }
    }
    const generation = running;
    if (generation !== undefined && standing !== undefined) {
      if (standing !== 'ahead' && standing.rest.trim() !== '' && isShowable(standing.rest, generation))
        return show(generation, { place, rest: standing.rest, since, from: 'running' });
      return wait({ place, since, asked }, 0, false);
    }
    stopRunning();
    if (!asked && blocked !== undefined && now() < blocked.until) return none(blocked.reason, blocked.text);
    return wait({ place, since, asked }, asked ? 0 : debounceMs(), true);
  };

  const wait = (about: Omit<Waiter, 'answer'>, ms: number, mustAsk: boolean): Promise<TypingAnswer> => {
    const { promise, resolve } = Promise.withResolvers<TypingAnswer>();
    waiter = { ...about, answer: resolve };
    setState({ state: 'asking', since: about.since });
    const mine = waiter;
    cancelWait = setTimer(() => {
      settle(() => none('waiting'));
      late = mine;
    }, mostWaitMs);
    const ask = (): void => {
      stopAhead();
      aheadOf = '';
      running = begin(about.place, 'show');
    };
    if (mustAsk) {
      if (ms === 0) ask();
      else cancelAsk = setTimer(ask, ms);
    } else if (running !== undefined) answerWaiter(running, waiter);
    return promise;
  };

  const goesOn = (change: TypingChange): boolean => {
    if (change.removed > 0 || change.several === true) return false;
    if (running === undefined || last === undefined || last.path !== change.path) return false;
    const typed = last.prefix + change.inserted;
    const asTyped = { ...last, prefix: typed };
    if (standingOf(running, asTyped) !== undefined) return true;
    // The editor may have closed a bracket in the same change.
    const opened = change.inserted.slice(0, -1);
    const closed = change.inserted.slice(-1);
    return (
      opened !== '' &&
      standingOf(running, { ...last, prefix: last.prefix + opened, suffix: closed + last.suffix }) !== undefined
    );
  };

  return {
    async suggest(place, { signal, asked = false } = {}) {
      const since = now();
      settle(() => none('stale'));
      if (signal?.aborted === true) return none('stale');
      const answer = suggest(place, asked, since);
      const mine = waiter;
      if (mine !== undefined)
        signal?.addEventListener(
          'abort',
          () => {
            // The generation goes on: the next key may be what it says.
            if (waiter === mine) settle(() => none('stale'));
          },
          { once: true },
        );
      return answer;
    },
    changed(change) {
      const paths = [...versions.keys()].filter((key) => key.endsWith(`\0${change.path}`));
      const key = last?.path === change.path ? keyOf(last) : paths[0];
      if (key !== undefined) {
        versions.delete(key);
        versions.set(key, change.version);
        for (const oldest of versions.keys()) if (versions.size > mostVersions) versions.delete(oldest);
        if (change.removed > 0 && change.inserted === '') lastDeleted = { path: key, version: change.version };
      }
      const staysShown = change.removed === 0 && shown?.suggestion.text.startsWith(change.inserted) === true;
      settle(() => none('stale'));
      if (running !== undefined && !goesOn(change)) stopRunning();
      if (!staysShown) stopAhead();
    },
    accept(id, part = 'all', text) {
      if (shown?.suggestion.id !== id) return '';
      const { place, suggestion } = shown;
      const taken = text ?? partOf(suggestion.text, part);
      counts.accepted(id, place, taken);
      typedOver = 0;
      return taken;
    },
    dismiss(id) {
      dismissed.add(id);
      for (const oldest of dismissed) if (dismissed.size > mostVersions) dismissed.delete(oldest);
      if (shown?.suggestion.id === id) shown = undefined;
      stopAhead();
      setState({ state: 'idle' });
    },
    warm(place) {
      // A document that was closed and opened again counts its versions anew.
      versions.set(keyOf(place), place.version);
      if (running !== undefined || waiter !== undefined || ahead !== undefined || !settings().enabled) return;
      const isNear =
        last !== undefined &&
        keyOf(last) === keyOf(place) &&
        Math.abs(last.prefix.length - place.prefix.length) < nearCharacters;
      if (isNear) return;
      last = place;
      ahead = begin(place, 'warm');
    },
    rest() {
      settle(() => none('stale'));
      stopRunning();
      stopAhead();
      shown = undefined;
      setState({ state: 'idle' });
    },
    get state() {
      return state;
    },
    takeReport: () => counts.take(),
    [Symbol.dispose]() {
      settle(() => none('stale'));
      stopRunning();
      stopAhead();
      counts[Symbol.dispose]();
    },
  };
}

const reasonOf = new Map<string, TypingReason>([
  ['HOST_UNREACHABLE', 'no-host'],
  ['MODEL_NOT_FOUND', 'no-model'],
  ['MODEL_REF_INVALID', 'no-model'],
  ['DENIED', 'left-out'],
  ['PATH_OUTSIDE_ROOT', 'left-out'],
  ['QUEUE_FULL', 'busy'],
]);

/** Whether a text can be shown: it has ended, or has a line that is whole. */
function isShowable(rest: string, { ended }: Pick<Generation, 'ended'>): boolean {
  return ended !== undefined || /\S[^\n]*\n/u.test(rest);
}

function wholeLines(text: string, generation: Pick<Generation, 'ended'> | undefined): string {
  const end = text.lastIndexOf('\n');
  return generation?.ended !== undefined || end < 0 || text.slice(0, end).trim() === '' ? text : text.slice(0, end);
}

/** Without a word at the end that may go on. */
function wholeWords(text: string): string {
  const cut = text.replace(/[\p{L}\p{N}_$]+$/u, '');
  return cut.trim() === '' ? text : cut.trimEnd();
}

function realTimer(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
