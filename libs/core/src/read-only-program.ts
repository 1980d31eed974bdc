/**
 * A program that only reads, with every option that it may be given and still only reads. An option that is not listed is not known, and what is not
 * known is asked: long options can be shortened, and a list of dangerous ones is never whole (CVE-2025-66032).
 */
export interface ReadOnlyProgram {
  /** Words that the command begins with. */
  readonly words: string;
  /** Options without a value. Letters may be joined: `-la`. */
  readonly flags?: string;
  /** Options with a value, which is no path. */
  readonly values?: string;
  /** Whether options are whole words, as with `find -name`, so that letters are never joined. */
  readonly whole?: true;
  /** Whether `-20` is an option. */
  readonly numbers?: true;
  /**
   * What the other words are. `paths` (the default); `pattern`: the first is none, where no `-e` is given; `script`: the same, and it must be one that
   * `script` accepts; `words`: none is a path; `revisions`: paths, or with one behind a colon.
   */
  readonly operands?: 'paths' | 'pattern' | 'script' | 'words' | 'revisions';
  readonly script?: (text: string) => boolean;
  /** Words at most that are no options. Default: any number. */
  readonly most?: number;
  /** Words at least. Default 0. */
  readonly least?: number;
  /** Whether it shows no more than names and numbers, so that a glob may stand for any file. */
  readonly names?: true;
  /** Whether none of its options writes, runs or sends, so that a glob may stand for a file that is named like one. */
  readonly anyOption?: true;
  /** Whether it reads settings of the folder that can name other programs: only in a trusted folder it is allowed. */
  readonly settings?: true;
  readonly matches: readonly string[];
  readonly differs: readonly string[];
}

/** What the words of a command come to under such a program. */
export type Reading =
  | { readonly isReading: false }
  | {
      readonly isReading: true;
      readonly program: ReadOnlyProgram;
      /** Words that may be paths which it reads. */
      readonly paths: readonly string[];
    };

const no: Reading = { isReading: false };

/** Whether a command is one of this program, and every option one that is listed. */
export function readsOnly(program: ReadOnlyProgram, words: readonly (string | undefined)[]): Reading {
  const prefix = program.words.split(' ');
  if (!prefix.every((word, index) => words[index] === word)) return no;
  const flags = new Set(program.flags?.split(' '));
  const values = new Set(program.values?.split(' '));
  const operands: string[] = [];
  const scripts: string[] = [];
  const rest = words.slice(prefix.length);
  let areOptionsOver = false;
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index];
    if (word === undefined) return no;
    if (areOptionsOver || !word.startsWith('-') || word === '-') {
      if (program.whole === true && flags.has(word)) continue;
      // A glob may become an option, where no `--` or folder stands before it.
      if (!areOptionsOver && program.anyOption !== true && mayBeOption.test(word)) return no;
      operands.push(word);
      continue;
    }
    if (word === '--' && program.whole !== true) {
      areOptionsOver = true;
      continue;
    }
    // What only prints its words takes no other options, and prints what looks like one.
    if (program.words === 'echo') {
      if (!/^-[neE]+$/u.test(word)) operands.push(word);
      continue;
    }
    if (program.numbers === true && /^-\d+$/u.test(word)) continue;
    if (program.whole === true || word.startsWith('--')) {
      const [name = '', ...value] = program.whole === true ? [word] : splitOnce(word);
      if (value.length > 0 ? values.has(name) : flags.has(name)) {
        if (isScriptOption(program, name)) scripts.push(...value);
        continue;
      }
      if (value.length > 0 || !values.has(name)) return no;
      index += 1;
      const next = rest[index];
      if (next === undefined) return no;
      if (isScriptOption(program, name)) scripts.push(next);
      continue;
    }
    if (flags.has(word)) continue;
    for (let at = 1; at < word.length; at++) {
      const letter = `-${word.charAt(at)}`;
      if (values.has(letter) && !(flags.has(letter) && at === word.length - 1)) {
        const attached = word.slice(at + 1);
        if (attached === '') index += 1;
        const value = attached === '' ? rest[index] : attached;
        if (value === undefined) return no;
        if (isScriptOption(program, letter)) scripts.push(value);
        break;
      }
      if (!flags.has(letter)) return no;
    }
  }
  if (operands.length > (program.most ?? Number.POSITIVE_INFINITY) || operands.length < (program.least ?? 0)) return no;
  const paths = pathsOf(program, operands, scripts);
  return paths === undefined ? no : { isReading: true, program, paths };
}

/** A glob that may stand for a name that begins with `-`. */
const mayBeOption = /^[*?]|^\[(?!(?:\w-\w|\w)+\])/u;

/** Signs that the shell takes for itself where they are not quoted. */
const mustBeQuoted = /[\s$();&|<>"']/u;

function splitOnce(word: string): string[] {
  const at = word.indexOf('=');
  return at === -1 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

function isScriptOption({ operands }: ReadOnlyProgram, option: string): boolean {
  return (operands === 'pattern' || operands === 'script') && ['-e', '--regexp', '--expression'].includes(option);
}

function pathsOf(
  program: ReadOnlyProgram,
  operands: readonly string[],
  scripts: readonly string[],
): readonly string[] | undefined {
  switch (program.operands ?? 'paths') {
    case 'words':
      return [];
    case 'paths':
      return operands;
    case 'revisions':
      return operands.flatMap((each) => (each.includes(':') ? [each, each.slice(each.indexOf(':') + 1)] : [each]));
    case 'pattern':
      return scripts.length > 0 ? operands : operands.slice(1);
    case 'script': {
      const [first, ...rest] = operands;
      const given = scripts.length > 0 ? scripts : first === undefined ? [] : [first];
      // A glob that is not quoted becomes another script, by the name of a file.
      const isAsWritten = (each: string): boolean =>
        !/[*?[]/u.test(each) || mustBeQuoted.test(each) || program.words === 'jq';
      if (!given.every((each) => program.script?.(each) === true && isAsWritten(each))) return undefined;
      return scripts.length > 0 ? operands : rest;
    }
  }
}
