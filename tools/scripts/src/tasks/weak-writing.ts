import type { ScriptedAnswer } from '@nootropic/testing';

/** What a model wants to do in one step, before it is written down. */
export interface WeakMove {
  readonly say?: string;
  readonly call?: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> };
  /** Text with the change, in a fence or in blocks. */
  readonly body?: string;
}

/** Ways in which models write calls down; `native` is that of the protocol. */
export const weakDialects = [
  'native',
  'hermes',
  'doubled tag',
  'fenced JSON',
  'bare JSON',
  'mistral',
  'pythonic',
  'xml',
  'llama',
  'harmony',
] as const;
export type WeakDialect = (typeof weakDialects)[number];

const fence = '```';

/** A move in the words of a dialect, as a server sends it. */
export function writeMove(move: WeakMove, dialect: WeakDialect, id: string): ScriptedAnswer {
  const { say = '', body = '', call } = move;
  const before = [say, body].filter((text) => text !== '').join('\n');
  const said = before === '' ? '' : `${before}\n`;
  if (call === undefined) return { text: pieces(said) };
  if (dialect === 'native')
    return {
      ...(said !== '' && { text: pieces(said) }),
      toolCalls: [{ id, name: call.name, arguments: call.arguments }],
    };
  return { text: pieces(said + inWords(call, dialect)) };
}

function inWords({ name, arguments: args }: NonNullable<WeakMove['call']>, dialect: WeakDialect): string {
  const json = JSON.stringify({ name, arguments: args });
  switch (dialect) {
    case 'doubled tag':
      return `<tool_call>\n<tool_call>\n${json}\n</tool_call>`;
    case 'fenced JSON':
      return `${fence}json\n${json}\n${fence}\n`;
    case 'bare JSON':
      return json;
    case 'mistral':
      return `[TOOL_CALLS]${name}[ARGS]${JSON.stringify(args)}`;
    case 'pythonic': {
      const given = Object.entries(args).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
      return `[${name}(${given.join(', ')})]`;
    }
    case 'xml': {
      const given = Object.entries(args).map(([key, value]) => `<parameter=${key}>\n${String(value)}\n</parameter>`);
      return `<tool_call>\n<function=${name}>\n${given.join('\n')}\n</function>\n</tool_call>`;
    }
    case 'llama':
      return `<|python_tag|>${JSON.stringify({ name, parameters: args })}<|eom_id|>`;
    case 'harmony':
      return `<|channel|>commentary to=functions.${name} <|constrain|>json<|message|>${JSON.stringify(args)}<|call|>`;
    default:
      return `<tool_call>\n${json}\n</tool_call>`;
  }
}

/** A text as a server streams it. */
function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,24}/gu) ?? [];
}

/** Ways in which a weak model gets a change wrong at the first attempt. */
export const weakQuirks = [
  'none',
  'no body',
  'garbled line',
  'wrong indentation',
  'line numbers',
  'open fence',
  'left out',
  'only the part',
  'broken code',
  'in arguments',
] as const;
export type WeakQuirk = (typeof weakQuirks)[number];

export type WeakStyle = 'whole file' | 'blocks' | 'diff';

export interface WeakChange {
  readonly path: string;
  readonly lines: readonly string[];
  readonly next: readonly string[];
}

/** The change of a file as a call with its body. `fits` is false where the quirk has nothing to work on here. */
export function writeChange(
  change: WeakChange,
  style: WeakStyle,
  quirk: WeakQuirk,
): WeakMove & { readonly fits: boolean } {
  const { path, next } = change;
  const call = { name: 'edit', arguments: { path } };
  const { before, after, from } = hunkOf(change);
  switch (quirk) {
    case 'no body':
      return { call, fits: true };
    case 'garbled line':
      return {
        call,
        body: block(before.map((line) => line.replace(/(\w{4,})/u, (word) => `${word}Old`)).map(jumble), after),
        fits: before.some((line) => /\w{4,}/u.test(line)),
      };
    case 'wrong indentation':
      return {
        call,
        body: block(before.map(outdented), after.map(outdented)),
        fits: before.some((line) => /^ {2}/u.test(line)),
      };
    case 'line numbers':
      return style === 'diff'
        ? { call, body: diff(change, 40), fits: true }
        : { call, body: fenced(next.map((line, index) => `${index + 1}: ${line}`)), fits: true };
    case 'open fence':
      return { call, body: [`${fence}`, ...next].join('\n'), fits: true };
    case 'left out': {
      const mark =
        path.endsWith('.py') || path.endsWith('.sh') ? '# ... existing code ...' : '// ... existing code ...';
      const tail = next.slice(Math.max(0, from - 1));
      return { call, body: fenced([mark, ...tail]), fits: from > 4 };
    }
    case 'only the part': {
      const part = after.length > 2 ? after.slice(1, -1) : after;
      const few = next.filter((line) => line.trim() !== '').length;
      return { call, body: fenced(part), fits: few >= 12 && part.length * 3 < few && part.length > 0 };
    }
    case 'broken code': {
      const at = next.findIndex((line, index) => line !== change.lines[index]);
      const broken = next.map((line, index) => (index === at ? `${line} ("` : line));
      return { call, body: fenced(broken), fits: at >= 0 };
    }
    case 'in arguments':
      return { call: { name: 'edit', arguments: { path, content: `${next.join('\n')}\n` } }, fits: true };
    default:
      return { call, body: plainBody(change, style), fits: true };
  }
}

export function plainBody(change: WeakChange, style: WeakStyle): string {
  const { before, after } = hunkOf(change);
  return style === 'blocks' ? block(before, after) : style === 'diff' ? diff(change, 0) : fenced(change.next);
}

export function fenced(lines: readonly string[]): string {
  return [fence, ...lines, fence].join('\n');
}

export function block(before: readonly string[], after: readonly string[]): string {
  return ['<<<<<<< SEARCH', ...before, '=======', ...after, '>>>>>>> REPLACE'].join('\n');
}

function diff(change: WeakChange, off: number): string {
  const { before, after, from } = hunkOf(change);
  const removed = before.map((line) => `-${line}`);
  const added = after.map((line) => `+${line}`);
  return [
    `${fence}diff`,
    `@@ -${from + 1 + off},${before.length} +${from + 1 + off},${after.length} @@`,
    ...removed,
    ...added,
    fence,
  ].join('\n');
}

/** All lines from the first that differs to the last, with one line around them. */
function hunkOf({ lines, next }: WeakChange) {
  let head = 0;
  while (head < Math.min(lines.length, next.length) && lines[head] === next[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(lines.length, next.length) - head && lines.at(-1 - tail) === next.at(-1 - tail)) tail += 1;
  const from = Math.max(0, head - 2);
  const keep = Math.max(0, tail - 1);
  return { from, before: lines.slice(from, lines.length - keep), after: next.slice(from, next.length - keep) };
}

/** A line as a model remembers it that does not look again. */
function jumble(line: string, index: number): string {
  return index % 2 === 0 ? `${line.trim().split('').toReversed().join('').slice(0, 12)}${line}` : line;
}

function outdented(line: string): string {
  return line.replace(/^ {1,2}/u, '');
}
