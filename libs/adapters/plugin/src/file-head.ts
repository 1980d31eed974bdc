import { NootropicError } from '@nootropic/contracts';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';

/** The fields between the two lines `---` at the start of a Markdown file, and what follows them. */
export interface FileHead {
  /** Without the empty lines around it. */
  readonly body: string;
  has(field: string): boolean;
  /** A text of one line or more. Refused when it is empty, too long or no text; `undefined` when it is not there. */
  text(field: string, most: number): string | undefined;
  /** Names, as a list or as one text with commas. */
  names(field: string): string[] | undefined;
  /** Refuses the file because of a field. */
  refuse(field: string, why: string): NootropicError;
}

/** A file is refused with the line at fault; `load` puts the message before a person. */
export function malformed(line: number, why: string): NootropicError {
  return new NootropicError('INPUT_INVALID', `line ${String(line)}: ${why}`);
}

function parseYaml(source: string): { values: Map<string, unknown>; lines: Map<string, number> } {
  const counter = new LineCounter();
  const document = parseDocument(source, {
    schema: 'core',
    version: '1.2',
    merge: false,
    uniqueKeys: true,
    resolveKnownTags: false,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter: counter,
  });
  // An unknown tag is a warning to the library; a head has no use for tags.
  const fault = document.errors[0] ?? document.warnings[0];
  // The head begins on the second line of the file.
  const lineAt = (offset: number): number => counter.linePos(offset).line + 1;
  if (fault) throw malformed(lineAt(fault.pos[0]), shortened(fault.message));
  if (document.contents === null) return { values: new Map(), lines: new Map() };
  if (!isMap(document.contents)) throw malformed(2, 'the head is no list of fields');
  const values = new Map<string, unknown>();
  const lines = new Map<string, number>();
  for (const { key, value } of document.contents.items) {
    if (!isScalar(key) || typeof key.value !== 'string') continue;
    const isNode = typeof value === 'object' && value !== null && 'toJS' in value && typeof value.toJS === 'function';
    values.set(key.value, isNode ? (value.toJS(document, { maxAliasCount: 0 }) as unknown) : value);
    lines.set(key.value, lineAt(key.range?.[0] ?? 0));
  }
  return { values, lines };
}

function shortened(message: string): string {
  const line = message.split('\n')[0] ?? message;
  return line.length <= 200 ? line : `${line.slice(0, 199)}…`;
}

/** Many heads in use hold a colon in a text without quotes, which YAML refuses; each such line is taken as one text. */
function withQuotes(source: string): string {
  return source.replace(
    /^([A-Za-z][\w-]*):[ \t]+([^\s"'[{|>&*!#].*)$/gmu,
    (_line, field: string, value: string) => `${field}: ${JSON.stringify(value.trim())}`,
  );
}

function parseHead(source: string): ReturnType<typeof parseYaml> {
  try {
    return parseYaml(source);
  } catch (first) {
    try {
      return parseYaml(withQuotes(source));
    } catch {
      if (NootropicError.is(first)) throw first;
      // The library's reader is recursive: what is nested ten thousand deep ends it.
      throw malformed(2, 'the head is nested too deeply or refers to itself');
    }
  }
}

/**
 * Splits a Markdown file with a head; the YAML is the core schema without tags, aliases or merging. A file without a head has no fields.
 *
 * @throws `INPUT_INVALID` with the line when the head is not closed or is no YAML.
 */
export function readFileHead(text: string): FileHead {
  const lines = text.split('\n');
  const opens = (lines[0] ?? '').trimEnd() === '---';
  const end = opens ? lines.findIndex((line, index) => index > 0 && line.trimEnd() === '---') : 0;
  if (end < 0) throw malformed(1, 'the head is not closed by a line ---');
  const body = (opens ? lines.slice(end + 1) : lines).join('\n').trim();
  const { values, lines: places } = opens
    ? parseHead(lines.slice(1, end).join('\n'))
    : { values: new Map<string, unknown>(), lines: new Map<string, number>() };
  const refuse = (field: string, why: string): NootropicError => malformed(places.get(field) ?? 1, `${field} ${why}`);
  const given = (field: string): unknown => values.get(field) ?? undefined;

  return {
    body,
    has: (field) => given(field) !== undefined,
    refuse,
    text(field, most) {
      const value = given(field);
      if (value === undefined) return undefined;
      if (typeof value !== 'string' && typeof value !== 'number') throw refuse(field, 'is no text');
      const trimmed = String(value).trim();
      if (trimmed === '') throw refuse(field, 'is empty');
      if (trimmed.length > most) throw refuse(field, `is longer than ${String(most)} characters`);
      return trimmed;
    },
    names(field) {
      const value = given(field);
      if (value === undefined) return undefined;
      const all: unknown[] = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [value];
      const names = all.map((name) => (typeof name === 'string' ? name.trim() : ''));
      if (names.length > 100) throw refuse(field, 'has more than 100 names');
      const wrong = names.find((name) => !/^[\w*.-]{1,100}$/u.test(name));
      if (wrong !== undefined) throw refuse(field, 'is no list of names');
      return names;
    },
  };
}
