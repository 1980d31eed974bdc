/** A change of the lines of a file, by a rule that knows nothing of the file. */
export type LineRule = (lines: readonly string[]) => readonly string[];

export const importLine = /^\s*(?:import|from|export)\b.*|^\s*#\s*include\b|^\s*\.\s|^\s*source\s|\brequire\(/u;

/** A word that is not part of a longer one. */
export function wordOf(word: string): RegExp {
  return new RegExp(`(?<![\\w-])${word}(?![\\w])`, 'gu');
}

export function replaceWord(from: string, to: string): LineRule {
  return (lines) => lines.map((line) => line.replace(wordOf(from), to));
}

/** The name of a module in the lines that import something. */
export function replaceModule(from: string, to: string): LineRule {
  return (lines) =>
    lines.map((line) =>
      importLine.test(line) ? line.replace(new RegExp(`(?<=[./"' ])${from}(?=\\.\\w+["']?|["' ]|$)`, 'gu'), to) : line,
    );
}

/** Below each line about a flag, the same line about another. */
export function likeFlag(known: string, fresh: string): LineRule {
  return (lines) =>
    lines.flatMap((line) => {
      if (!wordOf(known).test(line) && !line.includes(`--${known}`)) return [line];
      if (line.includes(fresh)) return [line];
      const like = line.replaceAll(known, fresh);
      // A chain of conditions goes on with `else`.
      return [line, like.replace(/^(\s*)if\b/u, '$1else if')];
    });
}

/** First and last index of the lines of a function. */
export function functionRange(
  lines: readonly string[],
  name: string,
): { readonly from: number; readonly to: number } | undefined {
  const head = new RegExp(
    `^(?:export )?(?:async )?(?:function ${name}\\b|def ${name}\\(|[a-z]\\w* \\*?${name}\\([^;]*$|${name}\\(\\) ?\\{)`,
    'u',
  );
  const from = lines.findIndex((line) => head.test(line));
  if (from < 0) return undefined;
  if (lines[from]?.trimEnd().endsWith(':') === true) {
    const rest = lines.findIndex((line, index) => index > from && /^\S/u.test(line));
    let to = (rest < 0 ? lines.length : rest) - 1;
    while (to > from && lines[to]?.trim() === '') to -= 1;
    return { from, to };
  }
  const to = lines.findIndex((line, index) => index > from && line === '}');
  return to < 0 ? undefined : { from, to };
}

/** The lines without a function and the empty lines that parted it from the next. */
export function withoutFunction(name: string): LineRule {
  return (lines) => {
    const range = functionRange(lines, name);
    if (!range) return lines;
    const before = lines.slice(0, range.from);
    const after = lines.slice(range.to + 1);
    while (after.length > 0 && after[0]?.trim() === '') after.shift();
    if (after.length === 0) while (before.at(-1)?.trim() === '') before.pop();
    return [...before, ...after];
  };
}

/** Takes a name out of the import of one module and imports it from another. */
export function importElsewhere(name: string, from: string, to: string): LineRule {
  const ofModule = new RegExp(`[./"' ]${from}(?:\\.\\w+|["' ]|$)`, 'u');
  return (lines) =>
    lines.flatMap((line) => {
      if (!importLine.test(line) || !ofModule.test(line)) return [line];
      const [moved = line] = replaceModule(from, to)([line]);
      const list = /(?<=\{ ?)[^{}]+?(?= ?\})|(?<=\bimport )[\w, ]+$/u.exec(line)?.[0];
      if (list === undefined) return [line, moved];
      const names = list.split(',').map((each) => each.trim());
      if (!names.includes(name)) return [line];
      const rest = names.filter((each) => each !== name);
      const alone = moved.replace(list, name);
      return rest.length === 0 ? [alone] : [line.replace(list, rest.join(', ')), alone];
    });
}

/** One more test, made like the last one of the file. */
export function likeLastTest(name: string, asked: string, result: string): LineRule {
  return (lines) => {
    const at = lines.findLastIndex((line) => /(?:equal|assertEqual|assert)\(\w+\(|^expect "\$\(/u.test(line));
    const line = lines[at];
    if (line === undefined) return lines;
    const other =
      /(?:equal|assertEqual|assert)\((\w+)\(|^expect "\$\((\w+)/u
        .exec(line)
        ?.slice(1)
        .find((each) => each !== undefined) ?? '';
    const fresh = line
      .replace(/^(\s*\S*(?:equal|assertEqual)\().*(\);?)$/u, `$1${asked}, ${result}$2`)
      .replace(/^(\s*assert\().* == .*(\);)$/u, `$1${asked} == ${result}$2`)
      .replace(/^expect .*$/u, () => `expect "${asked}" ${result} ${name}`);
    const start = lines.findLastIndex(
      (each, index) => index < at && index >= at - 3 && /^\s*(?:test|it|def test_)/u.test(each),
    );
    const inset = /^\s*/u.exec(lines[start] ?? '')?.[0] ?? '';
    const closes = lines[at + 1]?.startsWith(`${inset}}`) === true;
    const end = start >= 0 && closes ? at + 1 : at;
    const head = start < 0 ? [] : ['', ...lines.slice(start, at).map((each) => each.replaceAll(other, name))];
    const added = [...head, fresh, ...lines.slice(at + 1, end + 1)];
    return [...lines.slice(0, end + 1), ...added, ...lines.slice(end + 1)].map((each) =>
      importLine.test(each) && wordOf(other).test(each) ? each.replace(other, `${other}, ${name}`) : each,
    );
  };
}

const swaps: Readonly<Record<string, readonly string[]>> = {
  '>': ['<', '>='],
  '<': ['<=', '>'],
  '*': ['+', '/'],
  '+': ['-'],
  '-': ['+'],
  '||': ['&&'],
  '&&': ['||'],
  or: ['and'],
  and: ['or'],
  '-gt': ['-lt', '-ge'],
  '-lt': ['-gt', '-le'],
};

/** Changes of one operator in a function, each against the lines as they were: what an earlier guess changed is put back. */
export function operatorGuesses(lines: readonly string[], name: string): LineRule[] {
  const range = functionRange(lines, name);
  if (!range) return [];
  /** Every line that stands for one of the lines as it was. */
  const standsFor = new Map<string, string>();
  const guesses: { readonly was: string; readonly is: string }[] = [];
  for (const was of lines.slice(range.from, range.to + 1)) {
    if (was.trim().startsWith('for ')) continue;
    for (const [operator, others] of Object.entries(swaps))
      for (const other of others) {
        if (!was.includes(` ${operator} `)) continue;
        const is = was.replace(` ${operator} `, ` ${other} `);
        standsFor.set(was, was).set(is, was);
        guesses.push({ was, is });
      }
  }
  return guesses.map(
    ({ was, is }) =>
      (now) =>
        now.map((line) => {
          const meant = standsFor.get(line);
          return meant === undefined ? line : meant === was ? is : meant;
        }),
  );
}
