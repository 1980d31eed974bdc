/** How much a model reads of each side of the cursor, in characters. */
export interface CompletionRoom {
  readonly prefix: number;
  readonly suffix: number;
  /** Of other files: definitions and edits together. */
  readonly extra: number;
}

/** The text around a cursor as a model reads it. `prefix` + `begun` is the end of the text before the cursor, `suffix` the beginning of that after it. */
export interface CompletionPlace {
  readonly prefix: string;
  /** From the anchor, a line some lines above the cursor, to the cursor. */
  readonly begun: string;
  readonly suffix: string;
  /** What was left of the file before `prefix`, in characters. Names the anchor together with the length of `prefix`. */
  readonly from: number;
}

/** Tokens that all of it takes at most. The runtime keeps 2,048 for gaps; what is written and the marks need some of them. */
const mostTokens = 1_600;
const leastTokens = 384;
/** A model is to have read a file that it has not seen in about so many seconds. */
const coldSeconds = 4;
/** What a remote or unmeasured model is taken to read in a second, in tokens. */
const unmeasuredSpeed = 200;
/** About what a token of code stands for; on the low side, so that it fits. */
const charactersPerToken = 3;

/**
 * How much a model of this speed should read, so that a file it has not read is no wait of many seconds. Three quarters are for the text before the
 * cursor, an eighth for that after it: models that were trained for the prefix first read the suffix again at each anchor.
 *
 * @param promptSpeed Tokens per second; unset where it was not measured.
 * @param contextLength Tokens that fit into the model; 0 where that is not known.
 */
export function completionRoom(promptSpeed: number | undefined, contextLength: number): CompletionRoom {
  const wanted = (promptSpeed ?? unmeasuredSpeed) * coldSeconds;
  // In powers of two: a speed that is measured a little differently must not move the cut.
  const stepped = 2 ** Math.round(Math.log2(Math.max(1, wanted)));
  const fits = contextLength > 0 ? Math.floor(contextLength * 0.75) : mostTokens;
  const tokens = Math.max(Math.min(leastTokens, fits), Math.min(stepped, mostTokens, fits));
  const characters = tokens * charactersPerToken;
  return {
    prefix: Math.floor(characters * 0.75),
    suffix: Math.floor(characters * 0.125),
    extra: Math.floor(characters * 0.125),
  };
}

/** The beginning of the prefix moves by so many lines at once, and the anchor by half as many at most. */
const stepLines = 32;
const anchorSteps = [16, 8, 4, 2, 1] as const;
/** Characters between the anchor and the cursor at most; a runtime reads about an eighth of its room there. */
const mostBegun = 480;

/**
 * Cuts the text around a cursor so that what a model has read stays of use while somebody types. Both cuts are made at lines that are counted from the
 * beginning of the file: the text begins at a multiple of 32 lines, and ends, as far as it is read before the suffix, at an anchor that is a multiple
 * of up to 16. Between two of them a key changes only the end of the prompt.
 */
export function placeCompletion(before: string, after: string, room: CompletionRoom): CompletionPlace {
  const starts = lineStarts(before);
  const from = beginningOf(before, starts, room.prefix);
  const anchor = Math.max(from, anchorOf(before, starts));
  return {
    prefix: before.slice(from, anchor),
    begun: before.slice(anchor),
    suffix: suffixOf(after, room.suffix),
    from,
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function beginningOf(text: string, starts: readonly number[], room: number): number {
  const least = text.length - room;
  if (least <= 0) return 0;
  for (let line = 0; line < starts.length; line += stepLines) {
    const start = starts[line] ?? 0;
    if (start >= least) return start;
  }
  // Lines are so long that no step is inside the room: the first line that is, else a place that moves seldom.
  const next = starts.find((start) => start >= least);
  const last = starts.at(-1) ?? 0;
  if (next !== undefined && next < text.length) return next;
  const moved = Math.ceil(least / 1_024) * 1_024;
  return moved > last && moved < text.length ? moved : least;
}

function anchorOf(text: string, starts: readonly number[]): number {
  const line = starts.length - 1;
  for (const step of anchorSteps) {
    const start = starts[line - (line % step)] ?? 0;
    if (text.length - start <= mostBegun) return start;
  }
  return starts[line] ?? 0;
}

/** Whole lines as far as there is room, and at least the rest of the cursor's own. */
function suffixOf(text: string, room: number): string {
  if (text.length <= room) return text;
  const end = text.lastIndexOf('\n', room);
  if (end > 0) return text.slice(0, end + 1);
  const first = text.indexOf('\n');
  return first > 0 && first <= room * 2 ? text.slice(0, first + 1) : text.slice(0, room);
}

/** Whether a completion may have more than one line, from what stands on the cursor's line. */
export function mayBeMany(before: string, after: string): boolean {
  const line = before.slice(before.lastIndexOf('\n') + 1);
  const rest = /^[^\n]*/u.exec(after)?.[0] ?? '';
  // Something is written after the cursor: the line is filled in, not gone on from.
  if (/[^\s)\]}>,;'"`:]/u.test(rest)) return false;
  if (line.trim() === '') return rest.trim() === '';
  return opensBlock(line);
}

/** Whether a line leaves something open that the next ones fill. */
export function opensBlock(line: string): boolean {
  const code = line.trimEnd();
  if (/[{([]$/u.test(code) || /=>$/u.test(code)) return true;
  if (/^\s*(?:async\s+)?(?:if|elif|else|for|while|def|class|with|try|except|finally|match|case)\b.*:$/u.test(code))
    return true;
  return /(?:^|\s)(?:do|then|begin)$/u.test(code);
}
