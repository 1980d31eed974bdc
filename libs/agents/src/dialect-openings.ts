import { readJson } from './dialect-json.ts';
import { frameJson } from './dialect-json.ts';
import type { CallMapper, MappedCall } from './dialect-mapping.ts';
import { announcesExample, markerAt } from './dialect-markers.ts';
import { mapped, readBracket, readMarked, readTags, type Payload } from './dialect-payload.ts';
import { readPythonCall } from './dialect-python.ts';

/** What begins at a place of the text, up to `end`. */
export type Opening =
  | { readonly kind: 'text'; readonly end: number }
  /** Code that is shown: as it is, to the end of its fence. */
  | { readonly kind: 'fence'; readonly end: number; readonly fence: string }
  | { readonly kind: 'calls'; readonly end: number; readonly calls: readonly MappedCall[] }
  | { readonly kind: 'broken'; readonly end: number }
  | { readonly kind: 'thought'; readonly end: number; readonly until: 'tag' | 'channel' | 'word' }
  /** Not for a person: control tokens. */
  | { readonly kind: 'drop'; readonly end: number }
  | { readonly kind: 'result'; readonly end: number }
  | 'more'
  | 'none';

export interface OpeningPlace {
  readonly mapper: CallMapper;
  readonly final: boolean;
  /** The end of all text before this place, enough to see the line and the one before. */
  readonly before: string;
  /** A call was read already. */
  readonly afterCall: boolean;
}

const callFences = /^(?:json[5c]?|tool[\w-]*|function[\w-]*|xml|text|plaintext)?$/iu;
const toolFences = /^(?:tool|function)/iu;
const longestLine = 200;

/** What begins at a place, if anything but plain text does. */
export function openingAt(text: string, at: number, place: OpeningPlace): Opening {
  const char = text[at] ?? '';
  const lineStart = /(?:^|\n)[ \t]*$/u.exec(place.before)?.[0];
  switch (char) {
    case '<':
      return openingTag(text, at, place);
    case '[': {
      const marker = openingMarker(text, at, place);
      return marker === 'none' && lineStart !== undefined ? openingBracket(text, at, place) : marker;
    }
    case '{':
      return lineStart === undefined ? 'none' : openingBracket(text, at, place);
    case '`':
    case '~':
      if (lineStart !== undefined) {
        const fence = openingFence(text, at, place);
        if (fence !== 'none') return fence;
      }
      return char === '`' ? inlineCode(text, at, place.final) : 'none';
    default:
      return openingWord(text, at, { ...place, isLineStart: lineStart !== undefined });
  }
}

function openingTag(text: string, at: number, place: OpeningPlace): Opening {
  if (/^<\|(?:start|channel)\|>/u.test(text.slice(at, at + 12))) return openingChannel(text, at, place);
  if (!place.final && ('<|start|>'.startsWith(text.slice(at)) || '<|channel|>'.startsWith(text.slice(at))))
    return 'more';
  const marker = openingMarker(text, at, place);
  if (marker !== 'none') return marker;
  const tags = readTags(text, at, { ...place, sure: false, inRegion: false });
  if (tags === 'none' || tags === 'more') return tags;
  return announcesExample(place.before) ? { kind: 'text', end: tags.end } : { kind: 'calls', ...tags };
}

function openingMarker(text: string, at: number, place: OpeningPlace): Opening {
  const { mapper, final } = place;
  const marker = markerAt(text, at, final);
  if (marker === 'more' || marker === 'none') return marker;
  switch (marker.kind) {
    case 'call-open': {
      const calls = readMarked(text, marker.end, { mapper, final, sure: true });
      if (calls === 'more') return 'more';
      if (calls !== 'none') return { kind: 'calls', ...calls };
      // A mark that opens where it should have closed.
      if (place.afterCall && text.slice(marker.end).trim() === '') return { kind: 'drop', end: marker.end };
      return { kind: 'broken', end: marker.end };
    }
    case 'thought-open':
      return { kind: 'thought', end: marker.end, until: 'tag' };
    case 'result-open':
      return place.afterCall ? { kind: 'result', end: marker.end } : { kind: 'text', end: marker.end };
    case 'call-close':
    case 'thought-close':
    case 'control': {
      const role = /^(?:assistant|model)\b[ \t]*\n?/u.exec(text.slice(marker.end, marker.end + 12));
      const opensTurn = /start/iu.test(text.slice(at, marker.end));
      if (opensTurn && !final && text.length - marker.end < 12) return 'more';
      return { kind: 'drop', end: marker.end + (opensTurn ? (role?.[0].length ?? 0) : 0) };
    }
  }
}

const channelEnd = /<\|(?:end|call|return|start|channel)\|>/gu;

/** A message of the harmony format: `<|channel|>commentary to=functions.read<|message|>{…}<|call|>` (https://cookbook.openai.com/articles/openai-harmony). */
function openingChannel(text: string, at: number, { mapper, final }: OpeningPlace): Opening {
  const message = text.indexOf('<|message|>', at);
  if (message < 0 || message - at > longestLine) {
    if (!final && text.length - at <= longestLine) return 'more';
    return { kind: 'drop', end: text.indexOf('>', at) + 1 };
  }
  const header = text.slice(at, message);
  const end = message + '<|message|>'.length;
  const recipient = /\bto=([^\s<]+)/u.exec(header)?.[1];
  if (recipient === undefined)
    return /analysis/u.test(header) ? { kind: 'thought', end, until: 'channel' } : { kind: 'drop', end };
  channelEnd.lastIndex = end;
  const close = channelEnd.exec(text);
  if (close === null && !final) return 'more';
  const body = text.slice(end, close?.index ?? text.length);
  const calls = mapped(close?.index ?? text.length, [{ name: recipient, arguments: readJson(body) ?? body }], {
    mapper,
    final,
    sure: true,
  });
  if (typeof calls === 'string') return { kind: 'broken', end };
  return { kind: 'calls', ...calls };
}

/** JSON or a Pythonic list at the beginning of a line, and nothing else on its last line. */
function openingBracket(text: string, at: number, place: OpeningPlace): Opening {
  const { mapper, final, before } = place;
  if (/[{[(,]\s*$/u.test(before)) return 'none';
  const calls = readBracket(text, at, { mapper, final, sure: false });
  if (calls === 'none' || calls === 'more') return calls;
  return aloneOnLine(text, calls, place);
}

function aloneOnLine(text: string, calls: Exclude<Payload, string>, { final, before }: OpeningPlace): Opening {
  let end = calls.end;
  while (/[}\]]/u.test(text[end] ?? '')) end += 1;
  const rest = /^[^\n]*/u.exec(text.slice(end, end + longestLine))?.[0] ?? '';
  if (/^[ \t]*[<`{[,;]/u.test(rest)) return { kind: 'calls', calls: calls.calls, end };
  if (rest.trim() !== '') return { kind: 'text', end };
  if (end + rest.length >= text.length && !final) return 'more';
  return announcesExample(before) ? { kind: 'text', end } : { kind: 'calls', calls: calls.calls, end };
}

/** A fenced block that holds calls and nothing else; else code that is shown. */
function openingFence(text: string, at: number, place: OpeningPlace): Opening {
  const { mapper, final, before } = place;
  const head = /^(?<fence>`{3,}|~{3,})(?<info>[^\n`]*)\n/u.exec(text.slice(at, at + longestLine));
  if (head === null) {
    const open = text.slice(at, at + longestLine);
    return /^(?:`+|~+)[^\n`]*$/u.test(open) && !final && open.length < longestLine ? 'more' : 'none';
  }
  const { fence = '```', info = '' } = head.groups ?? {};
  const language = info.trim().split(/\s/u)[0] ?? '';
  const shown: Opening = { kind: 'fence', end: at + head[0].length, fence };
  const isTool = toolFences.test(language) || mapper.toolOf(language, true) !== undefined;
  if (!callFences.test(language) && !isTool) return shown;
  const calls: MappedCall[] = [];
  let index = at + head[0].length;
  for (;;) {
    while (
      index < text.length &&
      /[\s,;}\]]/u.test(text[index] ?? '') &&
      (calls.length > 0 || /\s/u.test(text[index] ?? ''))
    )
      index += 1;
    const char = text[index];
    if (char === undefined) {
      if (!final) return 'more';
      break;
    }
    if (text.startsWith(fence, index)) {
      index += fence.length;
      break;
    }
    if (!final && fence.startsWith(text.slice(index))) return 'more';
    const item = fencedItem(text, index, { place, language, isTool });
    if (item === 'more') return 'more';
    if (item === 'none') {
      // Closing tags of a marker within the fence.
      const marker = char === '<' ? markerAt(text, index, final) : 'none';
      if (marker === 'more') return 'more';
      if (marker === 'none' || marker.kind !== 'call-close' || calls.length === 0) return shown;
      index = marker.end;
      continue;
    }
    calls.push(...item.calls);
    index = item.end;
  }
  if (calls.length === 0 || (!isTool && announcesExample(before))) return shown;
  return { kind: 'calls', calls, end: index };
}

function fencedItem(
  text: string,
  at: number,
  { place, language, isTool }: { readonly place: OpeningPlace; readonly language: string; readonly isTool: boolean },
): Payload {
  const { mapper, final } = place;
  const char = text[at];
  if (isTool && !toolFences.test(language)) {
    // ```read and the arguments below it.
    if (char !== '{') return 'none';
    const frame = frameJson(text, at, final);
    if (typeof frame === 'string') return frame;
    const value = readJson(text.slice(at, frame.end));
    return mapped(frame.end, [{ name: language, arguments: value }], { mapper, final, sure: false });
  }
  if (isTool) return readMarked(text, at, { mapper, final, sure: true });
  if (char === '{' || char === '[') return readBracket(text, at, { mapper, final, sure: false });
  if (char !== '<') return 'none';
  const marker = markerAt(text, at, final);
  if (marker === 'more') return 'more';
  if (marker !== 'none')
    return marker.kind === 'call-open' ? readMarked(text, marker.end, { mapper, final, sure: false }) : 'none';
  return readTags(text, at, { mapper, final, sure: false, inRegion: false });
}

/** `code` within a line is shown as it is. */
function inlineCode(text: string, at: number, final: boolean): Opening {
  const ticks = /^`+/u.exec(text.slice(at, at + longestLine))?.[0] ?? '`';
  const close = text.indexOf(ticks, at + ticks.length);
  const line = text.indexOf('\n', at);
  const limit = at + longestLine;
  if (close >= 0 && close < limit && (line < 0 || close < line)) return { kind: 'text', end: close + ticks.length };
  if (line >= 0 && line < limit) return 'none';
  return final || text.length >= limit + ticks.length ? 'none' : 'more';
}

const labels = /^(?:(?:tool|function)[ _]?calls?|call|tool|action)\s*:[ \t]*/iu;
const partLabel =
  /^(?:t|to|too|tool|f|fu|fun|func|funct|functi|functio|function)(?:[ _]?(?:c|ca|cal|call|calls)?)?\s*$|^(?:c|ca|cal|call|a|ac|act|acti|actio|action)\s*$/iu;
const harmonyWords = ['assistantfinal', 'assistantcommentary', 'assistantanalysis', 'commentary to='];

/** Calls and labels that begin with a word, mostly at the beginning of a line. */
function openingWord(text: string, at: number, place: OpeningPlace & { readonly isLineStart: boolean }): Opening {
  const { final, before, isLineStart } = place;
  const rest = text.slice(at, at + 80);
  if ('ac'.includes(rest[0] ?? '-')) {
    const word = harmonyWords.find((each) => rest.startsWith(each));
    if (word !== undefined) return leakedChannel(text, at, { ...place, word });
    if (!final && rest.length < 20 && harmonyWords.some((each) => each.startsWith(rest))) return 'more';
    if (before === '' && rest.startsWith('analysis')) {
      if (rest.length > 8 || final)
        return /^analysis[A-Z]/u.test(rest) ? { kind: 'thought', end: at + 8, until: 'word' } : 'none';
      return 'more';
    }
    if (before === '' && !final && 'analysis'.startsWith(rest)) return 'more';
  }
  if (!isLineStart || !/[A-Za-z_]/u.test(rest[0] ?? '')) return 'none';
  const label = labels.exec(rest);
  if (label) return labelled(text, at + label[0].length, { ...place, isAction: /^action/iu.test(label[0]) });
  if (!final && text.length - at < 20 && partLabel.test(text.slice(at))) return 'more';
  return bareCall(text, at, place);
}

/** `assistantcommentary to=functions.read json{…}`: harmony whose tokens were lost. */
function leakedChannel(text: string, at: number, place: OpeningPlace & { readonly word: string }): Opening {
  const { word, final, mapper } = place;
  if (word === 'assistantfinal') return { kind: 'drop', end: at + word.length };
  if (word === 'assistantanalysis') return { kind: 'thought', end: at + word.length, until: 'word' };
  const head =
    /^(?:assistant)?commentary\s+to=([\w.:-]+)\s*(?:(?:<\|constrain\|>)?(?:json|code))?\s*(?:<\|message\|>)?(?=\{)/u.exec(
      text.slice(at, at + longestLine),
    );
  if (head === null) {
    if (!final && text.length - at < longestLine && !text.slice(at).includes('\n\n')) return 'more';
    return word === 'assistantcommentary' ? { kind: 'drop', end: at + word.length } : 'none';
  }
  const start = at + head[0].length;
  const frame = frameJson(text, start, final);
  if (typeof frame === 'string') return frame;
  const value = readJson(text.slice(start, frame.end));
  const calls = mapped(frame.end, [{ name: head[1] ?? '', arguments: value }], { mapper, final, sure: true });
  return typeof calls === 'string' ? calls : { kind: 'calls', ...calls };
}

/** `Tool call: …`, and `Action: read` with `Action Input: {…}` as in ReAct (Yao et al. 2022). */
function labelled(text: string, from: number, place: OpeningPlace & { readonly isAction: boolean }): Opening {
  const { mapper, final, isAction } = place;
  const rest = text.slice(from, from + longestLine);
  if (isAction) {
    const action = /^\[?`?([A-Za-z][\w.-]*)`?\]?[ \t]*\n+[ \t]*(?:Action[ _]Input|Arguments|Input)[ \t]*:[ \t]*/iu.exec(
      rest,
    );
    if (action) return reactInput(text, from + action[0].length, { ...place, name: action[1] ?? '' });
    const isOpen = /^\[?`?[\w.-]*`?\]?[ \t]*(?:\n+[ \t]*(?:[A-Z][A-Za-z _]{0,13}:?[ \t]*)?)?$/u.test(rest);
    if (isOpen && !final && rest.length < longestLine) return 'more';
  }
  const calls = readMarked(text, from, { mapper, final, sure: false });
  if (calls === 'none' || calls === 'more') return calls;
  return announcesExample(place.before) ? 'none' : { kind: 'calls', ...calls };
}

function reactInput(text: string, from: number, place: OpeningPlace & { readonly name: string }): Opening {
  const { mapper, final, name } = place;
  if (mapper.toolOf(name) === undefined) return 'none';
  let start = from;
  const fence = /^(?:`{3,}\w*)?\s*(?=\{)/u.exec(text.slice(from, from + 40));
  if (fence) start += fence[0].length;
  else if (!final && /^(?:`{0,3}\w*)\s*$/u.test(text.slice(from)) && text.length - from < 40) return 'more';
  if (text[start] === '{') {
    const frame = frameJson(text, start, final);
    if (typeof frame === 'string') return frame;
    const value = readJson(text.slice(start, frame.end));
    const calls = mapped(frame.end, [{ name, arguments: value }], { mapper, final, sure: true });
    return typeof calls === 'string' ? calls : { kind: 'calls', ...calls };
  }
  const line = text.indexOf('\n', from);
  if (line < 0 && !final) return 'more';
  const end = line < 0 ? text.length : line;
  const value = text
    .slice(from, end)
    .trim()
    .replace(/^["'`]|["'`]$/gu, '');
  const calls = mapped(end, [{ name, arguments: value }], { mapper, final, sure: true });
  return typeof calls === 'string' ? 'none' : { kind: 'calls', ...calls };
}

/** `read(path="a")` alone on its line: named arguments of a tool called by its own name. */
function bareCall(text: string, at: number, place: OpeningPlace): Opening {
  const { mapper, final, before } = place;
  const head = /^[A-Za-z_][\w.-]*/u.exec(text.slice(at, at + 60))?.[0] ?? '';
  const after = text[at + head.length];
  if (after === undefined && !final) return mapper.mayBecome(head) ? 'more' : 'none';
  if (after !== '(' || mapper.toolOf(head, true) === undefined) return 'none';
  const call = readPythonCall(text, at, final);
  if (typeof call === 'string') return call;
  if ((call.value.positional ?? []).length > 0) return 'none';
  const calls = mapped(call.end, [call.value], { mapper, final, sure: false });
  if (typeof calls === 'string' || announcesExample(before)) return 'none';
  const alone = aloneOnLine(text, calls, place);
  return alone !== 'more' && alone !== 'none' && alone.kind === 'calls' && /^[ \t]*[{[(.]/u.test(text.slice(call.end))
    ? 'none'
    : alone;
}
