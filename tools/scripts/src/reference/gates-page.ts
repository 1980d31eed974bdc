import type { GateOutcome } from '../gate.ts';
import { code, markdownTable } from './markdown.ts';

export interface GatesRun {
  readonly outcomes: readonly GateOutcome[];
  /** Of the run: a day as ISO writes it, and what it ran on. */
  readonly date: string;
  readonly machine: string;
  /** The page as it is: gates that were not run keep their rows. */
  readonly page?: string;
  /** Names of all gates there are, in their order. */
  readonly names: readonly string[];
}

const head = ['gate', 'what holds', 'asked', 'run', 'failed', 'seed', 'seconds', 'on'];

/** The page of the gates: of each its last run at full size. It is a record of runs, so it is not compared by `docs-check`. */
export function gatesPage({ outcomes, date, machine, page = '', names }: GatesRun): string {
  const rows = new Map<string, readonly string[]>();
  for (const line of page.split('\n')) {
    const cells = line.split(' | ').map((cell) => cell.replace(/^\| | \|$/gu, ''));
    const name = /^`(?<name>[\w-]+)`$/u.exec(cells[0] ?? '')?.groups?.['name'];
    if (name !== undefined && cells.length === head.length) rows.set(name, cells);
  }
  for (const { name, property, asked, run, failed, seed, seconds, error } of outcomes)
    rows.set(name, [
      code(name),
      property,
      `${asked}`,
      `${run}`,
      error === undefined ? `${failed}` : `${failed}; ${error}`,
      code(seed),
      `${seconds}`,
      `${date}, ${machine}`,
    ]);
  const ordered = names.flatMap((name) => {
    const row = rows.get(name);
    return row === undefined ? [] : [[...row]];
  });
  return `${[
    '<!-- Written by `npm run gates`. -->',
    '# Gates',
    'Counted properties at full size, each as it was last run. A gate holds when it ran as often as was asked and nothing failed; `npm run gates -- NAME --seed N` repeats one.',
    markdownTable(head, ordered),
  ].join('\n\n')}\n`;
}
