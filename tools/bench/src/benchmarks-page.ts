import { holds, type BenchLine, type BenchMeasurement } from './bench-line.ts';

export interface BenchResult {
  readonly line: BenchLine;
  readonly measurement: BenchMeasurement;
}

/** One result as a line of text for the terminal. */
export function resultText({ line, measurement }: BenchResult): string {
  const { ratio, extras } = measurement;
  const verdict = holds(line, measurement) ? 'holds' : 'FAILS';
  const sides = `${ratio.subject.toFixed(1)} ${line.unit} against ${ratio.peer.toFixed(1)} ${line.unit}`;
  const spread = `${ratio.ratio.toFixed(2)} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}, limit ${line.limit})`;
  return [`${verdict}  ${line.name}: ${sides}, ratio ${spread}`, ...extras.map(({ text }) => text)].join('; ');
}

/** docs/reference/benchmarks.md. It is a record of one run on one machine. */
export function benchmarksPage(results: readonly BenchResult[], place: { date: string; machine: string }): string {
  const rows = results.map(({ line, measurement: { ratio, extras } }) =>
    [
      `\`${line.name}\``,
      `${line.what}, against ${line.peer}`,
      `${ratio.subject.toFixed(1)} ${line.unit}`,
      `${ratio.peer.toFixed(1)} ${line.unit}`,
      `${ratio.ratio.toFixed(2)} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`,
      `${line.limit}`,
      extras.map(({ text }) => text).join('; '),
    ].join(' | '),
  );
  return `<!-- Written by \`npm run bench\`. -->

# Benchmarks

Each line is measured against a peer in the same run, by turns, so that it says something on any machine: the median of the
ratios, pair by pair, with the first and third quartile. Less is better. Run on ${place.date}, ${place.machine}.

| line | what, against what | median | peer | ratio | limit | also |
| --- | --- | --- | --- | --- | --- | --- |
${rows.map((row) => `| ${row} |`).join('\n')}
`;
}
