import { verdictOf, type BenchRow } from './bench-line.ts';

/** The results of one set of lines, and where and when they were had. */
export interface BenchSection {
  /** `runtime`. */
  readonly set: string;
  readonly date: string;
  readonly machine: string;
  readonly rows: readonly BenchRow[];
}

/** One row as text for a terminal. */
export function rowText(row: BenchRow): string {
  const { what, peer, unit, result, extras = [] } = row;
  const start = `${verdictOf(row)}  ${what}`;
  if ('notMeasured' in result) return `${start}: ${result.notMeasured}`;
  const sides = `${amount(result.subject)} ${unit} against ${amount(result.peer)} ${unit} of ${peer}`;
  const spread = `ratio ${share(result.ratio)} (${share(result.low)} to ${share(result.high)}${targetOf(row, ', ')})`;
  return [`${start}: ${sides}, ${spread}`, ...hygieneOf(row), ...extras.map(({ text }) => text)].join('; ');
}

/** How many rows came out how. */
export function tally(rows: readonly BenchRow[]): string {
  const counts = Map.groupBy(rows, verdictOf);
  return (['holds', 'FAILS', 'told', 'not measured'] as const)
    .flatMap((verdict) => {
      const count = counts.get(verdict)?.length ?? 0;
      return count === 0 ? [] : [`${count} ${verdict}`];
    })
    .join(', ');
}

const heading = `<!-- Written by \`npm run bench\`. -->

# Benchmarks

Each line is measured against a peer in the same run, by turns, so that it says something on any machine: the median of the
ratios (what is measured, divided by its peer), pair by pair, with the first and third quartile. A pair during which other programs
computed is measured again. _≥_ a target: more is better; _≤_: less. A line without a target is only told; one that could not be
measured does not count as held. _Known of others_: what other programs, or node-llama-cpp by itself, were seen to reach.
`;

/**
 * docs/reference/benchmarks.md with these sections in place of those of the same sets; the sections of other sets stay as they are, with
 * their own date and machine.
 */
export function mergeBenchmarks(page: string, sections: readonly BenchSection[], order: readonly string[]): string {
  const texts = new Map(sectionsIn(page).filter(([set]) => order.includes(set)));
  for (const section of sections) texts.set(section.set, sectionText(section));
  const kept = order.flatMap((set) => texts.get(set) ?? []);
  return [heading, ...kept].join('\n');
}

/** The sections of a page by the name of their set, each from its heading on. */
function sectionsIn(page: string): [string, string][] {
  return page
    .split(/^(?=## )/m)
    .slice(1)
    .map((text) => [/^## (.+)$/m.exec(text)?.[1]?.trim() ?? '', `${text.trimEnd()}\n`]);
}

function sectionText({ set, date, machine, rows }: BenchSection): string {
  return `## ${set}

Run on ${date}, ${machine}. ${tally(rows)}.

| what | against | median | peer | ratio | target | known of others | | also |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.map((row) => `| ${cells(row).map(escapeCell).join(' | ')} |`).join('\n')}
${rows.filter(hasMany).map(listText).join('')}`;
}

/** More than a cell of the table can hold. */
function hasMany({ extras = [] }: BenchRow): boolean {
  return extras.length > 5;
}

function listText({ what, peer, extras = [] }: BenchRow): string {
  return `\n${what}, against ${peer}:\n\n${extras.map(({ text }) => `- ${text}\n`).join('')}`;
}

function cells(row: BenchRow): string[] {
  const { what, peer, unit, anchor = '', result, extras = [] } = row;
  const beside = hasMany(row) ? ['below'] : extras.map(({ text }) => text);
  const also = [...hygieneOf(row), ...beside].join('; ');
  const end = [targetOf(row, ''), anchor, verdictOf(row)];
  if ('notMeasured' in result)
    return [what, peer, '', '', '', ...end, [result.notMeasured, also].filter(Boolean).join('; ')];
  const ratio = `${share(result.ratio)} (${share(result.low)} to ${share(result.high)})`;
  return [what, peer, `${amount(result.subject)} ${unit}`, `${amount(result.peer)} ${unit}`, ratio, ...end, also];
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}

function targetOf({ target, better }: BenchRow, before: string): string {
  return target === undefined ? '' : `${before}${better === 'higher' ? '≥' : '≤'} ${target}`;
}

function hygieneOf({ result }: BenchRow): string[] {
  if ('notMeasured' in result) return [];
  const { pairs, repeated, disturbed } = result;
  return [
    ...(repeated > 0 ? [`${repeated} pairs measured again`] : []),
    ...(disturbed > 0 ? [`${disturbed} of ${pairs} pairs disturbed by other programs`] : []),
  ];
}

function amount(value: number): string {
  return Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(1);
}

function share(value: number): string {
  return Math.abs(value) < 0.1 ? value.toFixed(3) : value.toFixed(2);
}
