import type { RawCall } from './dialect-call.ts';
import { frameJson, readJson } from './dialect-json.ts';

type Read<T> = { readonly end: number; readonly value: T } | 'more' | 'none';

const callHead = /[A-Za-z_][\w.-]*\s*\(/uy;

/** `name(a, key="b")` at a place, also within `print(…)` or behind `result =`. */
export function readPythonCall(text: string, at: number, final: boolean): Read<RawCall> {
  const start = skipAssignment(text, at);
  callHead.lastIndex = start;
  const head = callHead.exec(text)?.[0];
  if (head === undefined)
    return !final && /^(?:[A-Za-z_][\w.-]*\s*(?:=\s*)?(?:[A-Za-z_][\w.-]*\s*)?)?$/u.test(text.slice(at))
      ? 'more'
      : 'none';
  const name = head.slice(0, -1).trim();
  const args = readArguments(text, start + head.length, { final, isPrint: name === 'print' });
  if (typeof args === 'string') return args;
  if ('call' in args.value) return { end: args.end, value: args.value.call };
  const { positional, named } = args.value;
  return { end: args.end, value: { name: name.replace(/\.call$/u, ''), arguments: { ...named }, positional } };
}

/** `[a(…), b(…)]`. */
export function readPythonList(text: string, at: number, final: boolean): Read<readonly RawCall[]> {
  const calls: RawCall[] = [];
  let index = skipSpace(text, at + 1);
  for (;;) {
    if (index >= text.length) return final && calls.length > 0 ? { end: index, value: calls } : final ? 'none' : 'more';
    const char = text[index];
    if (char === ']' && calls.length > 0) return { end: index + 1, value: calls };
    if (char === ',' && calls.length > 0) {
      index = skipSpace(text, index + 1);
      continue;
    }
    const call = readPythonCall(text, index, final);
    if (typeof call === 'string')
      return call === 'none' && calls.length > 0 && text[index] === '<' ? { end: index, value: calls } : call;
    calls.push(call.value);
    index = skipSpace(text, call.end);
  }
}

type Arguments =
  | { readonly call: RawCall }
  | { readonly positional: readonly unknown[]; readonly named: Readonly<Record<string, unknown>> };

function readArguments(
  text: string,
  at: number,
  { final, isPrint }: { readonly final: boolean; readonly isPrint: boolean },
): Read<Arguments> {
  const positional: unknown[] = [];
  const named: Record<string, unknown> = {};
  let index = skipSpace(text, at);
  if (isPrint) {
    const inner = readPythonCall(text, index, final);
    if (typeof inner === 'string') return inner;
    const end = skipSpace(text, inner.end);
    if (end >= text.length) return final ? { end, value: { call: inner.value } } : 'more';
    return text[end] === ')' ? { end: end + 1, value: { call: inner.value } } : 'none';
  }
  for (;;) {
    if (index >= text.length)
      return final && positional.length + Object.keys(named).length > 0
        ? { end: index, value: { positional, named } }
        : final
          ? 'none'
          : 'more';
    const char = text[index] ?? '';
    if (char === ')') return { end: index + 1, value: { positional, named } };
    if (char === ',') {
      index = skipSpace(text, index + 1);
      continue;
    }
    const key = /^["']?([A-Za-z_][\w-]*)["']?\s*[=:](?!=)\s*/u.exec(text.slice(index, index + 80));
    const isPartial = !final && /^["']?[A-Za-z_][\w-]*["']?\s*[=:]?\s*$/u.test(text.slice(index, index + 80));
    if (isPartial && text.length - index < 80) return 'more';
    const value = readLiteral(text, index + (key?.[0].length ?? 0), final);
    if (typeof value === 'string') return value;
    if (key === null) positional.push(value.value);
    else named[key[1] ?? ''] = value.value;
    index = skipSpace(text, value.end);
    const next = text[index];
    if (next !== undefined && next !== ',' && next !== ')') return 'none';
  }
}

const words: Readonly<Record<string, unknown>> = {
  True: true,
  true: true,
  False: false,
  false: false,
  None: null,
  null: null,
};

function readLiteral(text: string, at: number, final: boolean): Read<unknown> {
  const char = text[at];
  if (char === undefined) return final ? 'none' : 'more';
  if (char === '{' || char === '[') {
    const frame = frameJson(text, at, final);
    return typeof frame === 'string' ? frame : { end: frame.end, value: readJson(text.slice(at, frame.end)) };
  }
  const quoted = /^[rbfuRBFU]{0,2}("""|'''|"|')/u.exec(text.slice(at, at + 5));
  if (quoted) return readString(text, { at, head: quoted[0], quote: quoted[1] ?? '"', final });
  if (/^[rbfuRBFU]{1,2}$|^["']{1,2}$/u.test(text.slice(at)) && !final) return 'more';
  const plain = /^(?:[+-]?\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z]+)/u.exec(text.slice(at, at + 40))?.[0];
  if (plain === undefined) return 'none';
  if (at + plain.length >= text.length && !final) return 'more';
  if (Object.hasOwn(words, plain)) return { end: at + plain.length, value: words[plain] };
  const number = Number(plain.replaceAll('_', ''));
  return Number.isNaN(number) ? 'none' : { end: at + plain.length, value: number };
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  '"': '"',
  "'": "'",
  '\n': '',
};

function readString(
  text: string,
  {
    at,
    head,
    quote,
    final,
  }: { readonly at: number; readonly head: string; readonly quote: string; readonly final: boolean },
): Read<string> {
  // Two quotes at the very end may be an empty string or the beginning of a triple quote.
  if (quote.length === 1 && text.startsWith(quote, at + head.length) && at + head.length + 1 >= text.length && !final)
    return 'more';
  const isRaw = /^[^"']*r/iu.test(head);
  let value = '';
  for (let index = at + head.length; index < text.length; index += 1) {
    const char = text[index] ?? '';
    if (char === '\\') {
      const next = text[index + 1];
      if (next === undefined) break;
      value += isRaw || !Object.hasOwn(escapes, next) ? char + next : (escapes[next] ?? '');
      index += 1;
    } else if (text.startsWith(quote, index)) {
      if (quote.length > 1) return { end: index + quote.length, value };
      const after = skipSpace(text, index + 1);
      if (after >= text.length && !final) return 'more';
      // A quote in the middle of a string that was not escaped.
      if (after < text.length && !',)]}:'.includes(text[after] ?? '')) value += char;
      else return { end: index + 1, value };
    } else value += char;
  }
  return final ? { end: text.length, value } : 'more';
}

function skipSpace(text: string, at: number): number {
  let index = at;
  while (index < text.length && /\s/u.test(text[index] ?? '')) index += 1;
  return index;
}

function skipAssignment(text: string, at: number): number {
  const found = /^[A-Za-z_]\w*\s*=\s*(?=[A-Za-z_])/u.exec(text.slice(at, at + 80));
  return at + (found?.[0].length ?? 0);
}
