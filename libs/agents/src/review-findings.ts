/** A fault that a review found: where it is, and a scenario in which it shows. */
export interface Finding {
  readonly path: string;
  readonly line?: number;
  readonly title: string;
  /** What is given to the code. */
  readonly input: string;
  /** What it does then that is wrong. */
  readonly outcome: string;
}

/** The form of a finding, for the model. */
export const reviewRules = [
  'For each fault write exactly these lines:',
  'FINDING: the fault in one sentence',
  'AT: path:line',
  'INPUT: what is given or done, with values',
  'WRONG: what happens then, and what should',
  'Without an input that makes it go wrong it is no finding; matters of taste are none. Where there is none, answer: NO FINDINGS',
].join('\n');

/** One pass each: small models find more when they look for one thing at a time. */
export const reviewQuestions: readonly { readonly name: string; readonly question: string }[] = [
  {
    name: 'correctness',
    question: 'Is there an input for which the changed code gives a wrong result: a border, an empty value, an order?',
  },
  {
    name: 'errors',
    question:
      'Is there a failure - of a file, the network, a parser, an abort - that the changed code swallows, or does not survive?',
  },
  {
    name: 'callers',
    question:
      'Is there a caller of what was changed that breaks: a renamed name, another signature, another meaning? Ask the graph for callers.',
  },
  {
    name: 'security',
    question:
      'Is there an input from outside that reaches a shell, a path, a query or a page unchecked through the changed code?',
  },
  {
    name: 'tests',
    question:
      'Is there a behaviour that was changed and that no test would notice if it went wrong? Ask the graph for tests.',
  },
];

/**
 * What a review found, as it is shown: each finding with its place and scenario, each once; how many were dropped, since they named none, is said.
 */
export function concludeReview(answers: readonly string[]): string {
  const parsed = answers.map((answer) => parseFindings(answer));
  const dropped = parsed.reduce((sum, each) => sum + each.dropped, 0);
  const findings = new Map(
    parsed.flatMap((each) =>
      each.findings.map((finding) => [`${finding.path} ${finding.line ?? ''} ${finding.title}`, finding]),
    ),
  );
  const shown = [...findings.values()].map(
    ({ path, line, title, input, outcome }, index) =>
      `${index + 1}. ${path}${line === undefined ? '' : `:${line}`}: ${title}\n   Input: ${input}\n   Wrong: ${outcome}`,
  );
  return [
    shown.length === 0 ? 'No findings with a scenario that fails.' : `Findings:\n${shown.join('\n')}`,
    ...(dropped > 0 ? [`[Left out: ${dropped} without a place, an input and a wrong outcome.]`] : []),
  ].join('\n');
}

const field = /^[\s>*_#-]*(?<name>FINDING|AT|INPUT|WRONG)[*_]*\s*:[*_]*\s*(?<value>.*)$/iu;
const empty = /^(?:n\/?a|none|unknown|any|-|\.\.\.|…)?[.\s]*$/iu;

/**
 * The findings of an answer that name a place, an input and a wrong outcome; all others are dropped here, by rule, and not left to the model.
 *
 * @param isReal Whether a path is one of the workspace, or of the change. Default: all are.
 */
export function parseFindings(
  answer: string,
  isReal: (path: string) => boolean = () => true,
): { readonly findings: readonly Finding[]; readonly dropped: number } {
  const blocks: Map<string, string>[] = [];
  let name = '';
  for (const line of answer.split('\n')) {
    const found = field.exec(line)?.groups;
    const last = blocks.at(-1);
    if (found) {
      name = (found['name'] ?? '').toUpperCase();
      const value = (found['value'] ?? '').trim();
      if (name === 'FINDING') blocks.push(new Map([[name, value]]));
      else last?.set(name, value);
    } else if (last && name !== '' && line.trim() !== '')
      last.set(name, `${last.get(name) ?? ''} ${line.trim()}`.trim());
    else name = '';
  }
  const findings = blocks.flatMap((block) => {
    const [title = '', at = '', input = '', outcome = ''] = ['FINDING', 'AT', 'INPUT', 'WRONG'].map((key) =>
      block.get(key),
    );
    const place = /^[`"']?(?<path>[^\s`"':]+)(?::L?(?<line>\d+))?/u.exec(at)?.groups;
    const path = place?.['path'] ?? '';
    if ([title, path, input, outcome].some((value) => empty.test(value)) || !isReal(path)) return [];
    return [{ path, title, input, outcome, ...(place?.['line'] !== undefined && { line: Number(place['line']) }) }];
  });
  return { findings, dropped: blocks.length - findings.length };
}
