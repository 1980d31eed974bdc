import { jsonrepair } from 'jsonrepair';

/** `more`: what is there may still become one. `none`: it is none, whatever follows. */
export type Frame = { readonly end: number } | 'more' | 'none';

const space = /\s/u;

/**
 * Where a JSON value that begins at `at` with a bracket ends, however dirty it is: single quotes, comments, raw line breaks and unescaped quotes in
 * strings, missing brackets before a closing tag, a fence or a word. An answer other than `more` stays the same whatever text follows.
 * @param final No text follows: what is open ends here.
 */
export function frameJson(text: string, at: number, final: boolean): Frame {
  return scan(text, { at, final, onInner: () => undefined });
}

function scan(
  text: string,
  { at, final, onInner }: { readonly at: number; readonly final: boolean; readonly onInner: (index: number) => void },
): Frame {
  const open: string[] = [];
  let quote = '';
  let last = '';
  let isValue = false;
  for (let index = at; index < text.length; index += 1) {
    const char = text[index] ?? '';
    if (quote !== '') {
      if (char === '\\') index += 1;
      else if (char === quote) {
        const closes = closesString(text, { at: index, final, isValue });
        if (closes === undefined) return 'more';
        if (closes) {
          quote = '';
          last = char;
        } else onInner(index);
      } else if (char === '\n') onInner(index);
      continue;
    }
    if (space.test(char)) continue;
    if (char === '"' || char === "'") {
      quote = char;
      isValue = last === ':' && open.at(-1) === '{';
    } else if (char === '{' || char === '[') open.push(char);
    else if (char === '}' || char === ']') {
      open.pop();
      if (open.length === 0) return { end: index + 1 };
    } else if (char === '/') {
      const after = text[index + 1];
      if (after === undefined) return final ? { end: text.length } : 'more';
      if (after === '/' || after === '*') {
        const end = text.indexOf(after === '/' ? '\n' : '*/', index + 2);
        if (end < 0) return final ? { end: text.length } : 'more';
        index = after === '/' ? end : end + 1;
        continue;
      }
    } else if (char === '<' || char === '`') return '{[:'.includes(last) ? 'none' : { end: index };
    else if (/[a-z]/iu.test(char) && /["'}\]]/u.test(last)) return { end: index };
    last = char;
  }
  return final ? { end: text.length } : 'more';
}

/** Characters that are looked at to see what a comma or a bracket behind a quote begins. */
const ahead = 80;

/**
 * Whether a quote ends its string: by what comes next. `undefined` where that is not there yet. The value of a key ends before the next key, or before
 * brackets that end the object, so that code with quotes of its own, which small models do not escape, stays one string.
 */
function closesString(
  text: string,
  { at, final, isValue }: { readonly at: number; readonly final: boolean; readonly isValue: boolean },
): boolean | undefined {
  const quote = text[at] ?? '';
  let next = at + 1;
  while (next < text.length && space.test(text[next] ?? '')) next += 1;
  const char = text[next];
  if (char === undefined) return final ? true : undefined;
  const rest = text.slice(next, next + ahead);
  if (isValue && char === ':') return false;
  if (isValue && char === ',') {
    if (/^,\s*(?:["'][^"'\n]{0,40}["']|[\w-]{1,40})\s*:|^,\s*[}\]/]/u.test(rest)) return true;
    const isOpen = rest.length < ahead && /^,\s*(?:["'][^"'\n]{0,40}(?:["']\s*)?|[\w-]{0,40}\s*)?$/u.test(rest);
    return isOpen ? (final ? true : undefined) : false;
  }
  if (isValue && char === '}') {
    if (/^\}\s*(?:[},\]<`;]|\n\s*[^"'\s]|\/\/)/u.test(rest)) return true;
    return /^\}\s*$/u.test(rest) && rest.length < ahead
      ? final
        ? true
        : undefined
      : /^\}\s*["']/u.test(rest)
        ? false
        : true;
  }
  if (',}]:<`'.includes(char)) return true;
  if (char === '/' && (text[next + 1] === '/' || text[next + 1] === '*')) return true;
  if (next === at + 1) return false;
  // A missing comma before the next key.
  if (char !== quote) return false;
  if (/^["'][\w-]{1,40}["']\s*:/u.test(rest)) return true;
  return /^["'][\w-]*(?:["']\s*)?$/u.test(rest) && rest.length < ahead && !final ? undefined : false;
}

/** The same text with the quotes and line breaks within its strings escaped. */
function withEscapes(text: string): string {
  const inner: number[] = [];
  scan(text, { at: 0, final: true, onInner: (index) => inner.push(index) });
  let result = '';
  let from = 0;
  for (const index of inner) {
    result += text.slice(from, index) + (text[index] === '\n' ? '\\n' : `\\${text[index] ?? ''}`);
    from = index + 1;
  }
  return result + text.slice(from);
}

/** The value of dirty JSON; `undefined` where even a repair gives none. */
export function readJson(raw: string): unknown {
  const text = raw.trim();
  // Templates of format strings write every bracket twice, and some models copy that.
  const doubled = /^\{\{[\s\S]*\}\}$/u.test(text) ? text.slice(1, -1) : undefined;
  for (const candidate of doubled === undefined ? [text] : [doubled, text]) {
    try {
      return JSON.parse(candidate) as unknown;
    } catch {
      // Dirty: mended below.
    }
  }
  // An escape that JSON does not have is a backslash that was meant: `\d`, `\s`, `\.`.
  const escaped = withEscapes(doubled ?? text).replaceAll(
    /\\(\\|["/bfnrtu]|[\s\S])/gu,
    (whole: string, char: string) => (/[\\"/bfnrtu'\n]/u.test(char) ? whole : `\\\\${char}`),
  );
  try {
    return JSON.parse(jsonrepair(escaped)) as unknown;
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
