/** Words of a search that narrow it instead of being looked for. */
export const operatorNames = ['path', 'lang', 'symbol', 'kind'] as const;
export type OperatorName = (typeof operatorNames)[number];

/** What one operator was given. A result meets any of `wanted`, where there are some, and none of `unwanted`. */
export interface OperatorValues {
  readonly wanted: readonly string[];
  readonly unwanted: readonly string[];
}

export interface SearchText {
  /** What is left when the operators are taken out: the question itself. */
  readonly text: string;
  readonly operators: Readonly<Record<OperatorName, OperatorValues>>;
}

/** More values than this of one operator are not read: nobody writes them, and each is tried on every path. */
const mostValues = 32;

/**
 * At the start or after a space: an optional minus, the name, a colon, and a value that follows at once - in quotes where it holds spaces.
 * `path::join` is a name of some languages, and `path: x` a line of a file; neither is an operator.
 */
const operator = new RegExp(
  `(^|\\s)(-?)(${operatorNames.join('|')}):(?!:)(?:"([^"]*)(?:"|$)|'([^']*)(?:'|$)|([^\\s"']\\S*))`,
  'giu',
);

/**
 * Takes `path:`, `lang:`, `symbol:` and `kind:` out of a search. Several of one name are alternatives, with `-` before they exclude.
 * No text is an error: what does not have this form is part of the question.
 */
export function readSearchText(text: string): SearchText {
  const found: Record<OperatorName, { wanted: string[]; unwanted: string[] }> = {
    path: { wanted: [], unwanted: [] },
    lang: { wanted: [], unwanted: [] },
    symbol: { wanted: [], unwanted: [] },
    kind: { wanted: [], unwanted: [] },
  };
  const rest = text.replace(operator, (whole: string, ...groups: (string | number | undefined)[]) => {
    const [before, minus, name, ...values] = groups;
    const value = values.slice(0, 3).find((each): each is string => typeof each === 'string');
    const trimmed = value?.trim() ?? '';
    if (trimmed === '') return whole;
    const list = found[String(name).toLowerCase() as OperatorName][minus === '' ? 'wanted' : 'unwanted'];
    if (list.length < mostValues && !list.includes(trimmed)) list.push(trimmed);
    return before === '' ? '' : ' ';
  });
  return { text: rest.replace(/\s+/gu, ' ').trim(), operators: found };
}
