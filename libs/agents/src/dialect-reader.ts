import type { ToolCall, ToolSpec } from '@nootropic/contracts';
import { createCallMapper, type MappedCall } from './dialect-mapping.ts';
import { markerAt } from './dialect-markers.ts';
import { openingAt, type Opening } from './dialect-openings.ts';
import { readMarked } from './dialect-payload.ts';

/** What a piece of a model's output came to. Joined over all pieces it is the same however the output was cut. */
export interface CallReading {
  /** For the person: free of calls, thoughts and control tokens. */
  readonly text: string;
  /** What the model thought aloud. Never part of the answer. */
  readonly reasoning: string;
  /** Calls that became whole with this piece: names and arguments as the tools' schemas have them. */
  readonly calls: readonly ToolCall[];
  /** Something that was marked as a call and cannot be read as one, as the model wrote it (it is in `text` too). For a word to the model. */
  readonly broken?: string;
}

export interface CallReader {
  push(piece: string): CallReading;
  /** @param options.cut The output ended at its limit, not where the model ended it: what is not whole then makes no call. Default false. */
  end(options?: { readonly cut?: boolean }): CallReading;
}

type Mode =
  | { readonly in: 'text' }
  /** Behind a call: marks, brackets and fences that end it are passed over. */
  | { readonly in: 'after'; readonly spaced: boolean; readonly fenced: boolean }
  | { readonly in: 'fence'; readonly fence: string }
  | { readonly in: 'thought'; readonly until: 'tag' | 'channel' | 'word' }
  | { readonly in: 'result' };

/** Characters of text before a place that are remembered. */
const remembered = 400;
/** What is held back is looked at anew when it has grown by a part of its length: else the work would grow with the square of a long call. */
const patientLength = 2048;
const patience = 1 / 64;
/** Characters at the end of a fence in which a call is looked for. */
const longestTail = 4000;
/** Characters of something broken that are shown to the model. */
const brokenLength = 400;
/** A fence that was opened before a call and stands open behind it. */
const opensFence = /(?:^|[\s>:])`{3,}[\w-]*[ \t]*\n\s*[{[](?![\s\S]*\n\s*`{3,}\s*$)/u;
const thoughtEnd = {
  tag: /<|\[/gu,
  channel: /<\|(?:end|call|return|start|channel)\|>/gu,
  word: /assistant(?=final|commentary|analysis)|<\|(?:end|start|channel)\|>/gu,
};

/**
 * Reads calls out of what a model writes, in whatever dialect it writes them, as the text streams in. Text is given out as soon as nothing that
 * follows could make it part of a call; a call as soon as it is whole. Text that only shows a call - in inline code, in a block of code, announced
 * as an example, with an unknown name or without its required arguments - stays text. A model's own marks for calls are always believed.
 *
 * Dialects: Hermes and Qwen, Qwen-Coder and other tags, Pythonic, LFM, Mistral, Llama, DeepSeek, Kimi, GLM, Granite, Command R, Gemma, harmony,
 * ReAct, fenced and bare JSON. It keeps no state but its own text, does not throw, and its work grows with the length of the output.
 *
 * @param options.makeId Ids of calls. Default: random.
 */
export function createCallReader(options: {
  readonly tools: readonly ToolSpec[];
  readonly makeId?: () => string;
}): CallReader {
  const { tools, makeId = () => `call_${crypto.randomUUID()}` } = options;
  const mapper = createCallMapper(tools);
  let rest = '';
  let before = '';
  let mode: Mode = { in: 'text' };
  let calls: ToolCall[] = [];
  let text = '';
  let reasoning = '';
  let broken: string | undefined;
  let called = false;
  let said = false;
  let thoughts = '';
  let lastSaid = '';
  let enough = 0;
  /** The last characters within the fence that is open. */
  let inFence = '';

  const take = (count: number): string => {
    const taken = rest.slice(0, count);
    rest = rest.slice(count);
    before = (before + taken).slice(-remembered);
    return taken;
  };
  const say = (count: number): void => {
    const taken = take(count);
    text += taken;
    said ||= taken.trim() !== '';
  };
  const think = (count: number): void => {
    const taken = take(count);
    reasoning += taken;
    thoughts += taken;
  };
  const call = (found: readonly MappedCall[]): void => {
    calls.push(...found.map((each) => ({ id: makeId(), ...each })));
    called = true;
  };

  /** Takes one step; false where more text is needed. */
  const step = (final: boolean): boolean => {
    if (rest === '') return false;
    switch (mode.in) {
      case 'text':
        return readText(final);
      case 'after':
        return readAfter(final, mode);
      case 'fence':
        return readFence(final, mode.fence);
      case 'thought':
        return readThought(final, mode.until);
      case 'result':
        take(rest.length);
        return true;
    }
  };

  const readText = (final: boolean): boolean => {
    for (let from = 0; ;) {
      // The line before decides what may begin here, so it is looked at with what was said before.
      const at = nextSpecial(rest, from, before);
      if (at < 0) {
        say(rest.length);
        return true;
      }
      const place = { mapper, final, before: (before + rest.slice(0, at)).slice(-remembered), afterCall: called };
      const opening = openingAt(rest, at, place);
      from = at + 1;
      if (opening === 'none') continue;
      if (at > 0) say(at);
      if (opening === 'more') return false;
      open(shifted(opening, at));
      return true;
    }
  };

  const open = (opening: Exclude<Opening, string>): void => {
    switch (opening.kind) {
      case 'text':
        say(opening.end);
        break;
      case 'fence':
        say(opening.end);
        inFence = '';
        mode = { in: 'fence', fence: opening.fence };
        break;
      case 'calls':
        mode = { in: 'after', spaced: false, fenced: opensFence.test(rest.slice(0, opening.end)) };
        take(opening.end);
        call(opening.calls);
        break;
      case 'broken':
        broken ??= rest.slice(0, brokenLength);
        say(opening.end);
        break;
      case 'thought':
        take(opening.end);
        mode = { in: 'thought', until: opening.until };
        break;
      case 'drop':
        take(opening.end);
        break;
      case 'result':
        take(rest.length);
        mode = { in: 'result' };
        break;
    }
  };

  const readAfter = (
    final: boolean,
    { spaced, fenced }: { readonly spaced: boolean; readonly fenced: boolean },
  ): boolean => {
    const noise = /^[\s;,]*[}\])]*[\s;,]*/u.exec(rest)?.[0] ?? '';
    if (noise.length === rest.length) {
      if (!final) return false;
      take(noise.length);
      return true;
    }
    const next = rest.slice(noise.length);
    if (fenced) {
      if (/^`{1,2}$|^`{3,}[ \t]*$/u.test(next) && !final) return false;
      const fence = /^`{3,}[ \t]*(?:\n|$|(?=<))/u.exec(next);
      if (fence) {
        mode = { in: 'after', spaced, fenced: false };
        take(noise.length + fence[0].length);
        return true;
      }
    }
    if (next.startsWith('Observation:')) {
      mode = { in: 'result' };
      return true;
    }
    if (!final && 'Observation:'.startsWith(next)) return false;
    if (next.startsWith('<') || next.startsWith('[')) {
      const tag = /^<\/(?:[|｜]?DSML[|｜])?[\w:.-]{1,40}>/u.exec(next);
      if (!final && !tag && /^<\/?[|｜\w:.-]{0,40}$/u.test(next)) return false;
      const marker = markerAt(next, 0, final);
      if (marker === 'more') return false;
      if (marker !== 'none' && marker.kind === 'call-close') {
        take(noise.length + marker.end);
        return true;
      }
      if (tag) {
        take(noise.length + tag[0].length);
        return true;
      }
    }
    if (next.startsWith('{') || next.startsWith('[')) {
      const more = readMarked(next, 0, { mapper, final, sure: false });
      if (more === 'more') return false;
      if (more !== 'none') {
        take(noise.length + more.end);
        call(more.calls);
        return true;
      }
    }
    const isBreak = noise.includes('\n');
    take(noise.length);
    // What follows stands on a line of its own again.
    if (isBreak || spaced) before += '\n';
    if (said && !/\s$/u.test(text || lastSaid)) text += '\n';
    mode = { in: 'text' };
    return true;
  };
  const readFence = (final: boolean, fence: string): boolean => {
    const line = rest.indexOf('\n');
    const content = line < 0 ? rest : rest.slice(0, line);
    const bare = content.trim();
    const mayClose = /(?:^|\n)$/u.test(before) || before === '';
    if (line < 0 && !final) {
      // The line may yet be the one that closes the fence.
      if (mayClose && (bare === '' || fence.startsWith(bare) || /^[`~]+$/u.test(bare))) return false;
      inFence = (inFence + rest).slice(-longestTail);
      say(rest.length);
      return true;
    }
    const isClose = mayClose && bare.length >= fence.length && bare === fence.charAt(0).repeat(bare.length);
    inFence = (inFence + rest.slice(0, line < 0 ? rest.length : line + 1)).slice(-longestTail);
    say(line < 0 ? rest.length : line + 1);
    if (isClose) mode = { in: 'text' };
    return true;
  };

  const readThought = (final: boolean, until: 'tag' | 'channel' | 'word'): boolean => {
    const pattern = thoughtEnd[until];
    pattern.lastIndex = 0;
    for (let found = pattern.exec(rest); found !== null; found = pattern.exec(rest)) {
      if (until !== 'tag') {
        if (found.index > 0) think(found.index);
        if (until === 'word' && !rest.startsWith('<')) before = '';
        // The mark itself says what comes next.
        if (/^<\|(?:end|call|return)\|>/u.test(rest)) take(rest.indexOf('>') + 1);
        mode = { in: 'text' };
        return true;
      }
      const marker = markerAt(rest, found.index, final);
      if (marker === 'more') {
        if (found.index > 0) think(found.index);
        return false;
      }
      if (marker !== 'none' && marker.kind === 'thought-close') {
        if (found.index > 0) think(found.index);
        take(marker.end - found.index);
        mode = { in: 'after', spaced: true, fenced: false };
        return true;
      }
    }
    const held = final || until === 'tag' ? 0 : Math.min(rest.length, 32);
    if (rest.length <= held) return false;
    think(rest.length - held);
    return held === 0;
  };

  /** A model that forgot to close its fence meant the call that it ended with. */
  const callsAtEnd = (fenced: string): readonly ToolCall[] => {
    const starts = [...fenced.matchAll(/^(?=[<[{])/gmu)].map(({ index }) => index).slice(-8);
    for (const start of starts) {
      const inner = createCallReader({ tools, makeId });
      const read = [inner.push(fenced.slice(start)), inner.end()];
      if (read.every((each) => each.text.trim() === '')) return read.flatMap((each) => each.calls);
    }
    return [];
  };

  const flush = (): CallReading => {
    const reading = { text, reasoning, calls, ...(broken !== undefined && { broken }) };
    if (text !== '') lastSaid = text.slice(-1);
    text = '';
    reasoning = '';
    calls = [];
    broken = undefined;
    return reading;
  };

  return {
    push(piece) {
      rest += piece;
      if (rest.length < enough) return flush();
      while (step(false));
      enough = rest.length < patientLength ? 0 : Math.ceil(rest.length * (1 + patience));
      return flush();
    },
    end({ cut = false } = {}) {
      if (cut) {
        // Nothing that is still open becomes a call; what was held back is text or thought.
        if (mode.in === 'thought') think(rest.length);
        else if (mode.in !== 'result') {
          if (mode.in === 'text' && /^(?:<|\[)/u.test(rest)) broken = rest.slice(0, brokenLength);
          say(rest.length);
        }
        return flush();
      }
      while (step(true));
      if (mode.in === 'fence' && !called) calls.push(...callsAtEnd(inFence));
      // A model that only thought, and called in its thoughts, meant the call.
      if (!called && !said && thoughts !== '') {
        const inner = createCallReader({ tools, makeId });
        const read = [inner.push(thoughts), inner.end()];
        for (const each of read) calls.push(...each.calls);
      }
      return flush();
    },
  };
}

function shifted(opening: Exclude<Opening, string>, by: number): Exclude<Opening, string> {
  return { ...opening, end: opening.end - by };
}

/** The next place at or after `from` where something may begin. */
function nextSpecial(rest: string, from: number, before: string): number {
  for (let at = from; at < rest.length; at += 1) {
    const char = rest[at] ?? '';
    if ('<[{`~ac'.includes(char)) return at;
    if (/[A-Za-z_]/u.test(char) && isLineStart(rest, at, before)) return at;
  }
  return -1;
}

function isLineStart(rest: string, at: number, before: string): boolean {
  for (let index = at - 1; index >= 0; index -= 1) {
    const char = rest[index];
    if (char === '\n') return true;
    if (char !== ' ' && char !== '\t') return false;
  }
  return /(?:^|\n)[ \t]*$/u.test(before);
}
