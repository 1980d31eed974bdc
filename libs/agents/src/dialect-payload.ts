import { callsOfValue, mayBeginCall, type RawCall } from './dialect-call.ts';
import { frameJson, readJson } from './dialect-json.ts';
import type { CallMapper, MappedCall } from './dialect-mapping.ts';
import { markerAt } from './dialect-markers.ts';
import { readPythonCall, readPythonList } from './dialect-python.ts';
import { readXmlCall } from './dialect-xml.ts';

/** What stands at a place: whole calls up to `end`, perhaps calls once there is more text, or none. */
export type Payload = { readonly end: number; readonly calls: readonly MappedCall[] } | 'more' | 'none';

export interface PayloadPlace {
  readonly mapper: CallMapper;
  readonly final: boolean;
  /** The model's own marks say that this is a call. */
  readonly sure: boolean;
}

/** Reads calls behind a marker, or where nothing else can stand: in any form, with further markers, fences and labels before them. */
export function readMarked(text: string, at: number, place: PayloadPlace): Payload {
  const start = skipNoise(text, at, place.final);
  if (start === 'more') return 'more';
  const char = text[start];
  if (char === undefined) return 'none';
  if (char === '{' || char === '[') return readBracket(text, start, place);
  if (char === '<') return readTags(text, start, { ...place, inRegion: true });
  return readNamed(text, start, place);
}

/** White space, markers that open calls, `[ARGS]`, a fence and its language, and labels. */
function skipNoise(text: string, at: number, final: boolean): number | 'more' {
  let index = at;
  for (;;) {
    while (index < text.length && /[\s,;]/u.test(text[index] ?? '')) index += 1;
    if (index >= text.length) return final ? index : 'more';
    const char = text[index];
    if (char === '<' || char === '[') {
      const marker = markerAt(text, index, final);
      if (marker === 'more') return 'more';
      if (marker === 'none' || marker.kind !== 'call-open') return index;
      index = marker.end;
    } else if (char === '`' || char === '~') {
      const fence = /^(?:`{3,}|~{3,})[\w-]*[ \t]*\n/u.exec(text.slice(index, index + 60));
      if (fence) index += fence[0].length;
      else return !final && /^(?:`{1,}|~{1,})[\w-]*[ \t]*$/u.test(text.slice(index)) ? 'more' : index;
    } else {
      const rest = text.slice(index, index + 20);
      const label = /^(?:json\s+(?=[{[])|call:\s*(?=\w)|function(?=\s*<[|｜]tool))/u.exec(rest);
      if (!label) {
        const mayGrow =
          !final &&
          text.length - index < 20 &&
          /^(?:j|js|jso|json\s*|c|ca|cal|call:?\s*|f|fu|fun|func|funct|functi|functio|function\s*(?:<[|｜tool]*)?)$/u.test(
            rest,
          );
        return mayGrow ? 'more' : index;
      }
      index += label[0].length;
    }
  }
}

/** JSON, or a list of calls as Python writes it. */
export function readBracket(text: string, at: number, place: PayloadPlace): Payload {
  const { mapper, final, sure } = place;
  const inner = text.slice(at + 1, at + 200);
  if (text[at] === '[' && /^\s*[A-Za-z_]/u.test(inner)) {
    const list = readPythonList(text, at, final);
    return typeof list === 'string' ? list : mapped(list.end, list.value, place);
  }
  if (!sure) {
    const may = mayBeCall(text, at, place);
    if (may !== true) return may;
  }
  const frame = frameJson(text, at, final);
  if (typeof frame === 'string') return frame;
  const value = readJson(text.slice(at, frame.end));
  const calls = callsOfValue(value, (name) => mapper.toolOf(name, !sure) !== undefined);
  return calls.length === 0 ? 'none' : mapped(frame.end, calls, place);
}

/** Whether the first key is one of a call. So a long object that is none is not held back. */
function mayBeCall(text: string, at: number, { mapper, final }: PayloadPlace): true | 'more' | 'none' {
  const rest = text.slice(at, at + 120);
  const key = /^[[{\s]*(?:\/\/[^\n]*\n\s*)?["']?([\w$.-]+)(?<after>["'\s:])/u.exec(rest);
  if (key === null) {
    const isOpen = /^[[{\s]*(?:\/\/[^\n]*)?["']?[\w$.-]*$/u.test(rest);
    return isOpen && !final && rest.length < 120 ? 'more' : 'none';
  }
  const name = key[1] ?? '';
  return mayBeginCall(name) || mapper.toolOf(name, true) ? true : 'none';
}

export function readTags(text: string, at: number, place: PayloadPlace & { readonly inRegion: boolean }): Payload {
  const read = readXmlCall(text, at, place);
  if (typeof read === 'string') return read;
  return mapped(read.end, [read.call], { ...place, sure: place.sure || read.sure });
}

const tokenQuotes = ['<|"|>', '<escape>'];
const nameHead = /^(?:functions?[.:])?(?<name>[A-Za-z_][\w.:-]*)/u;

/** A name and then its arguments: `read{…}`, `read[ARGS]{…}`, `read` and a fence, `read` and pairs of tags, `read(…)`. */
function readNamed(text: string, at: number, place: PayloadPlace): Payload {
  const { mapper, final } = place;
  const head = nameHead.exec(text.slice(at, at + 120));
  if (head === null) return 'none';
  const name = head.groups?.['name'] ?? '';
  let index = at + head[0].length;
  if (index >= text.length && !final) return 'more';
  // `functions.read:0`, the counter of Kimi.
  const plain = name.replace(/:\d*$/u, '');
  if (/^\s*\(/u.test(text.slice(index, index + 20))) {
    const call = readPythonCall(text, at, final);
    return typeof call === 'string' ? call : mapped(call.end, [call.value], place);
  }
  if (!final && /^\s*=?\s*$/u.test(text.slice(index))) return 'more';
  if (/^\s*=\s*\w/u.test(text.slice(index, index + 20))) {
    const call = readPythonCall(text, at, final);
    return typeof call === 'string' ? call : mapped(call.end, [call.value], place);
  }
  for (;;) {
    const skipped = skipNoise(text, index, final);
    if (skipped === 'more') return 'more';
    index = skipped;
    const rest = text.slice(index, index + 80);
    const label = /^(?:\[ARGS\]|\[CALL_ID\][\w-]*|<[|｜](?:constrain|message|channel)[|｜]>)/iu.exec(rest);
    if (!label) {
      const isOpen = !final && rest.length < 80 && /^(?:\[[\w-]*\]?[\w-]*|<[|｜]?\w*[|｜]?)$/u.test(rest);
      if (isOpen) return 'more';
      break;
    }
    index += label[0].length;
  }
  const char = text[index];
  if (char === '{') {
    const quote = /^\{[^<"']*(<[^<]{0,8})/u.exec(text.slice(index))?.[1];
    const isQuote = quote !== undefined && tokenQuotes.some((each) => quote.startsWith(each));
    if (isQuote) return readGemma(text, { at: index, name: plain, place });
    if (quote !== undefined && !final && tokenQuotes.some((each) => each.startsWith(quote))) return 'more';
    const frame = frameJson(text, index, final);
    if (typeof frame === 'string') return frame;
    const value = readJson(text.slice(index, frame.end));
    return value === undefined ? 'none' : mapped(frame.end, [{ name: plain, arguments: value }], place);
  }
  if (text.startsWith('<arg_key', index)) {
    const read = readXmlCall(`<invoke name="${plain}">${text.slice(index)}`, 0, { ...place, inRegion: true });
    if (typeof read === 'string') return read;
    const added = `<invoke name="${plain}">`.length;
    return mapped(read.end - added + index, [read.call], place);
  }
  if (char === '<' && !final && '<arg_key'.startsWith(text.slice(index))) return 'more';
  // A name alone, for a tool that needs nothing.
  const tool = mapper.toolOf(plain);
  const isAlone = char === undefined || markerIs(text, index, final);
  if (tool === undefined || !isAlone) return 'none';
  return mapped(index, [{ name: plain, arguments: {} }], place);
}

function markerIs(text: string, at: number, final: boolean): boolean {
  const marker = text[at] === '<' || text[at] === '[' ? markerAt(text, at, final) : 'none';
  return typeof marker !== 'string' && marker.kind === 'call-close';
}

/** `{path:<|"|>src/a.ts<|"|>}`: quotes as tokens of their own (https://ai.google.dev/gemma/docs/capabilities/function-calling). */
function readGemma(
  text: string,
  { at, name, place }: { readonly at: number; readonly name: string; readonly place: PayloadPlace },
): Payload {
  const closing = /\}\s*(?:<tool_call\|>|<end_function_call>)/gu;
  closing.lastIndex = at;
  const found = closing.exec(text);
  if (found === null && !place.final) return 'more';
  const end = found === null ? text.length : found.index + 1;
  const json = text
    .slice(at, end)
    .replaceAll(/<\|"\|>([\s\S]*?)(?:<\|"\|>|$)|<escape>([\s\S]*?)(?:<escape>|$)/gu, (_, a?: string, b?: string) =>
      JSON.stringify(a ?? b ?? ''),
    );
  const value = readJson(json);
  return value === undefined ? 'none' : mapped(end, [{ name, arguments: value }], place);
}

/** All of the calls in the words of their tools, or none. */
export function mapped(end: number, calls: readonly RawCall[], { mapper, sure }: PayloadPlace): Payload {
  const known = calls.map((call) => mapper.map(call, sure));
  const found = known.filter((call) => call !== undefined);
  if (found.length === 0 || (!sure && found.length < calls.length)) return 'none';
  return { end, calls: found };
}
