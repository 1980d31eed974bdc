/** The ways in which a model may write down a change of a file. */
export const editFormats = ['whole-file', 'search-replace', 'unified-diff'] as const;
export type EditFormat = (typeof editFormats)[number];

/** What the model is told about a format. */
export const editInstructions: Readonly<Record<EditFormat, string>> = {
  'whole-file': 'Answer with the whole new file in one fenced code block, and nothing else.',
  'search-replace': [
    'Answer with one or more blocks of this form, and nothing else. The first part must be lines of the file, exactly as they are:',
    '<<<<<<< SEARCH',
    'lines as they are',
    '=======',
    'lines as they should be',
    '>>>>>>> REPLACE',
  ].join('\n'),
  'unified-diff': [
    'Answer with a unified diff in one fenced code block, and nothing else:',
    '```diff',
    '@@ -1,2 +1,2 @@',
    ' a line that stays',
    '-a line that goes',
    '+a line that comes',
    '```',
  ].join('\n'),
};

/** The file after an answer in this format; `undefined` where the answer does not have the form, or does not apply to this file. */
export function applyEdit(format: EditFormat, file: string, answer: string): string | undefined {
  switch (format) {
    case 'whole-file':
      return fenced(answer);
    case 'search-replace':
      return searchReplace(file, answer);
    case 'unified-diff':
      return unifiedDiff(file, fenced(answer) ?? answer);
  }
}

/** The content of the first fenced block. */
function fenced(answer: string): string | undefined {
  return /^(?<fence>`{3,}|~{3,})[^\n]*\n(?<body>[\s\S]*?)^\k<fence>\s*$/mu.exec(answer)?.groups?.['body'];
}

/** Each block replaces the one place in the file that is like its first part. */
function searchReplace(file: string, answer: string): string | undefined {
  const block = /^<{5,} SEARCH\n(?<before>[\s\S]*?)^={5,}\n(?<after>[\s\S]*?)^>{5,} REPLACE\s*$/gmu;
  let result = file;
  let blocks = 0;
  for (const { groups } of answer.matchAll(block)) {
    const { before = '', after = '' } = groups ?? {};
    const at = before === '' ? -1 : result.indexOf(before);
    if (at < 0 || result.includes(before, at + 1)) return undefined;
    result = result.slice(0, at) + after + result.slice(at + before.length);
    blocks += 1;
  }
  return blocks === 0 ? undefined : result;
}

/** Hunks are placed by their content, since models count lines badly; each must match in one place only. */
function unifiedDiff(file: string, diff: string): string | undefined {
  const hunks = diff.split(/^@@.*$/mu).slice(1);
  let result = file.split('\n');
  for (const hunk of hunks) {
    const lines = hunk
      .replace(/^\n/u, '')
      .replace(/\n$/u, '')
      .split('\n')
      .filter((line) => !line.startsWith('\\'));
    if (lines.some((line) => !/^[ +-]|^$/u.test(line))) return undefined;
    const side = (other: string) => lines.filter((line) => !line.startsWith(other)).map((line) => line.slice(1));
    const [before, after] = [side('+'), side('-')];
    const places = result.flatMap((_, at) => (before.every((line, index) => result[at + index] === line) ? [at] : []));
    const [at] = places;
    if (before.length === 0 || at === undefined || places.length > 1) return undefined;
    result = [...result.slice(0, at), ...after, ...result.slice(at + before.length)];
  }
  return hunks.length === 0 ? undefined : result.join('\n');
}
