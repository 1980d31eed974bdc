import type { RawCall } from './dialect-call.ts';
import { frameJson, isRecord, readJson } from './dialect-json.ts';
import type { CallMapper } from './dialect-mapping.ts';

type Read = { readonly end: number; readonly call: RawCall; readonly sure: boolean } | 'more' | 'none';

const attributes = String.raw`(?:\s+[\w:-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"'/]+))*`;
const opening = new RegExp(
  String.raw`^<(?<tag>(?:[|｜]?DSML[|｜])?(?:\w+:)?[A-Za-z_][\w.-]*)(?:\s*=\s*["']?(?<value>[\w.:/-]+)["']?)?(?<attributes>${attributes})\s*(?<closed>/?)>`,
  'u',
);
/** `<function=read` without its closing bracket, before the first parameter. */
const unclosed = /^<function=(?<value>[\w.-]+)\s*(?=<parameter)/u;
const partial = new RegExp(
  String.raw`^<[|｜]?[\w:.|｜-]*(?:\s*=\s*["']?[\w.:/-]*["']?)?${attributes}\s*(?:[\w:-]+\s*(?:=\s*(?:"[^"]*|'[^']*|[^\s>]*)?)?)?/?$`,
  'u',
);
const longestTag = 600;

const functionTags = new Set(['function', 'invoke', 'tool', 'function_call', 'tool_call', 'call', 'tool_use']);
const parameterTags = new Set(['parameter', 'param', 'arg', 'argument', 'parameters_item', 'field']);
const containerTags = new Set(['parameters', 'arguments', 'args', 'params', 'input', 'parameter_list', 'tool_input']);
const nameTags = new Set(['name', 'tool_name', 'function_name', 'tool', 'function', 'toolname']);

interface Tag {
  readonly name: string;
  readonly value: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly closed: boolean;
  readonly end: number;
}

/**
 * A call written as tags: `<function=read><parameter=path>…`, `<invoke name="read">`, `<read><path>…</path></read>`, `<read path="a"/>`,
 * `<name>read</name><arguments>…` within a marker. Values end at their own closing tag or, where that is missing, at the next one that cannot be theirs.
 */
export function readXmlCall(
  text: string,
  at: number,
  { mapper, final, inRegion }: { readonly mapper: CallMapper; readonly final: boolean; readonly inRegion: boolean },
): Read {
  const tag = tagAt(text, at, final);
  if (typeof tag === 'string') return tag;
  const attributeName = ['name', 'tool', 'function', 'tool_name'].find((key) => tag.attributes[key] !== undefined);
  const isFunction = functionTags.has(tag.name);
  let name = tag.value || (isFunction && attributeName !== undefined ? (tag.attributes[attributeName] ?? '') : '');
  let sure = isFunction && (tag.value !== '' || tag.name === 'invoke' || inRegion);
  let from = tag.end;
  if (name === '') {
    if (nameTags.has(tag.name) && inRegion) {
      const close = valueEnd(text, { from: tag.end, key: tag.name, owner: tag.name, final });
      if (close === 'more') return 'more';
      name = text.slice(tag.end, close.from).trim();
      from = close.to;
      sure = true;
      if (!/^[\w.:-]{1,80}$/u.test(name)) return 'none';
    } else if (!isFunction && (mapper.toolOf(tag.name, true) || (/_/u.test(tag.name) && mapper.toolOf(tag.name)))) {
      name = tag.name;
      sure = inRegion;
    } else return 'none';
  }
  if (isFunction && attributeName !== undefined && !sure && mapper.toolOf(name) === undefined) return 'none';
  const given = Object.fromEntries(
    Object.entries(tag.attributes).filter(
      ([key]) => !(isFunction && key === attributeName) && key !== 'string' && key !== 'id',
    ),
  );
  if (tag.closed)
    return sure || Object.keys(given).length > 0 ? { end: tag.end, call: { name, arguments: given }, sure } : 'none';
  const body = readBody(text, from, { mapper, final, owner: tag.name, name, sure });
  if (typeof body === 'string') return body;
  return { end: body.end, call: { name, arguments: body.text ?? { ...given, ...body.values } }, sure };
}

function tagAt(text: string, at: number, final: boolean): Tag | 'more' | 'none' {
  const slice = text.slice(at, at + longestTag);
  const found = opening.exec(slice);
  const loose = found ?? unclosed.exec(slice);
  if (loose === null) {
    if (final || slice.length >= longestTag) return 'none';
    return partial.test(slice) || /^<function=[\w.-]+\s*(?:<[a-z]*)?$/u.test(slice) ? 'more' : 'none';
  }
  const { tag = 'function', value = '', attributes: given = '', closed = '' } = loose.groups ?? {};
  const pairs = [...given.matchAll(/([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'/]+))/gu)];
  return {
    name: plainTag(tag),
    value,
    attributes: Object.fromEntries(pairs.map(([, key = '', a, b, c]) => [key, unescaped(a ?? b ?? c ?? '')])),
    closed: closed !== '',
    end: at + loose[0].length,
  };
}

function plainTag(tag: string): string {
  return tag
    .replace(/^[|｜]?DSML[|｜]/u, '')
    .replace(/^\w+:/u, '')
    .toLowerCase();
}

interface Body {
  readonly end: number;
  readonly values: Readonly<Record<string, unknown>>;
  /** The body where it is no tags: the one argument, or arguments as JSON that cannot be read as an object. */
  readonly text?: string;
}

interface Owner {
  readonly mapper: CallMapper;
  readonly final: boolean;
  readonly owner: string;
  readonly name: string;
  readonly sure: boolean;
}

function readBody(text: string, from: number, owner: Owner): Body | 'more' | 'none' {
  const { mapper, final, sure } = owner;
  const values: Record<string, unknown> = {};
  const tool = mapper.toolOf(owner.name);
  let at = from;
  let any = false;
  for (;;) {
    while (at < text.length && /\s/u.test(text[at] ?? '')) at += 1;
    const rest = text.slice(at, at + longestTag);
    if (rest === '') return final ? (any || sure ? { end: at, values } : 'none') : 'more';
    const close = /^<\/([|｜]?DSML[|｜])?(?:\w+:)?([\w.-]+)\s*>/u.exec(rest);
    if (close) {
      const name = (close[2] ?? '').toLowerCase();
      if (name === owner.owner || (functionTags.has(name) && name !== 'tool_call'))
        return any || sure ? { end: at + close[0].length, values } : 'none';
      if (isRegionEnd(name)) return any || sure ? { end: at, values } : 'none';
      if (!any && !sure) return 'none';
      at += close[0].length;
      continue;
    }
    if (rest.startsWith('</') && !final && /^<\/[|｜\w:.-]*\s*$/u.test(rest)) return 'more';
    if (rest.startsWith('{')) {
      const frame = frameJson(text, at, final);
      if (typeof frame === 'string') return frame;
      const object = readJson(text.slice(at, frame.end));
      if (!isRecord(object)) return 'none';
      Object.assign(values, object);
      any = true;
      at = frame.end;
      continue;
    }
    if (!rest.startsWith('<')) {
      if (!sure || any) return any ? { end: at, values } : 'none';
      const end = valueEnd(text, { from: at, key: owner.owner, owner: owner.owner, final });
      return end === 'more' ? 'more' : { end: end.to, values, text: trimmed(text.slice(at, end.from)) };
    }
    if (/^<[|｜]/u.test(rest) && !/^<[|｜]?DSML/u.test(rest) && rest.length > 5)
      return any || sure ? { end: at, values } : 'none';
    const tag = tagAt(text, at, final);
    if (tag === 'more') return 'more';
    if (tag === 'none') return any || sure ? { end: at, values } : 'none';
    if (
      functionTags.has(tag.name) &&
      (tag.value !== '' || tag.attributes['name'] !== undefined || isRegionEnd(tag.name))
    )
      return any || sure ? { end: at, values } : 'none';
    if (containerTags.has(tag.name) && tag.value === '' && tag.attributes['name'] === undefined) {
      at = tag.end;
      continue;
    }
    if (tag.name === 'arg_key') {
      const pair = /^<arg_key>\s*([^<]*?)\s*<\/arg_key>\s*<arg_value>/u.exec(rest);
      if (!pair) return final || rest.length >= longestTag ? 'none' : 'more';
      const start = at + pair[0].length;
      const end = valueEnd(text, { from: start, key: 'arg_value', owner: owner.owner, final });
      if (end === 'more') return 'more';
      values[pair[1] ?? ''] = valueOf(text.slice(start, end.from));
      any = true;
      at = end.to;
      continue;
    }
    const isParameter = parameterTags.has(tag.name);
    const key = tag.value || (isParameter ? (tag.attributes['name'] ?? tag.attributes['key'] ?? '') : tag.name);
    if (key === '') return 'none';
    if (!sure && !any && tool && mapper.parameterOf(tool, key) === undefined) return 'none';
    any = true;
    if (tag.closed) {
      values[key] = tag.attributes['value'] ?? '';
      at = tag.end;
      continue;
    }
    const end = valueEnd(text, { from: tag.end, key: tag.name, owner: owner.owner, final });
    if (end === 'more') return 'more';
    values[key] = valueOf(text.slice(tag.end, end.from));
    at = end.to;
  }
}

function isRegionEnd(name: string): boolean {
  return /^(?:tool_?calls?|function_?calls|tool_use|tools)$/u.test(name);
}

/** Where a value ends and what follows begins: at its closing tag, the next parameter, or the end of the call. */
function valueEnd(
  text: string,
  {
    from,
    key,
    owner,
    final,
  }: { readonly from: number; readonly key: string; readonly owner: string; readonly final: boolean },
): { readonly from: number; readonly to: number } | 'more' {
  const quoted = (name: string) => name.replaceAll(/[.*+?^${}()|[\]\\-]/gu, String.raw`\$&`);
  const isOwner = key === owner;
  const own = String.raw`</(?:[|｜]?DSML[|｜])?(?:\w+:)?${quoted(key)}\s*>`;
  const others = [
    ...(parameterTags.has(key) ? [String.raw`\n?\s*<(?:[|｜]?DSML[|｜])?(?:\w+:)?${quoted(key)}(?:=|\s+name=)`] : []),
    ...(isOwner ? [] : [String.raw`\s*</(?:[|｜]?DSML[|｜])?(?:\w+:)?${quoted(owner)}\s*>`]),
    String.raw`\s*</(?:tool_call|function_calls|tool_calls|function|invoke)>`,
    String.raw`\s*<\|(?:im_end|eot_id|tool_call_end)\|>`,
  ];
  const pattern = new RegExp(`(?<own>${own})|${others.join('|')}`, 'giu');
  pattern.lastIndex = from;
  const found = pattern.exec(text);
  if (found === null) return final ? { from: text.length, to: text.length } : 'more';
  return { from: found.index, to: found.groups?.['own'] === undefined ? found.index : found.index + found[0].length };
}

/** One line is trimmed; of several lines, the breaks next to the tags go. */
function valueOf(raw: string): string {
  const lines = raw.trim().split('\n').length;
  if (lines > 1) return raw.replace(/^[ \t]*\r?\n/u, '').replace(/\r?\n[ \t]*$/u, '');
  return unescaped(trimmed(raw).replace(/<\/[\w.-]+>$/u, ''));
}

function trimmed(raw: string): string {
  return raw.trim();
}

function unescaped(value: string): string {
  return value
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
