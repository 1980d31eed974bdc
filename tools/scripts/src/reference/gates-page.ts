import type { GateOutcome } from '../gate.ts';
import { code, markdownTable } from './markdown.ts';

/** The page of a full run of the gates. It is a record of one run, so it is not compared by `docs-check`. */
export function gatesPage(outcomes: readonly GateOutcome[], place: { date: string; machine: string }): string {
  const rows = outcomes.map(({ name, property, asked, run, failed, seed, seconds, error }) => [
    code(name),
    property,
    `${asked}`,
    `${run}`,
    error === undefined ? `${failed}` : `${failed}; ${error}`,
    code(seed),
    `${seconds}`,
  ]);
  return `${[
    '<!-- Written by `npm run gates`. -->',
    '# Gates',
    `Counted properties at full size, run on ${place.date}, ${place.machine}. A gate holds when it ran as often as was asked and nothing failed; \`npm run gates -- NAME --seed N\` repeats one.`,
    markdownTable(['gate', 'what holds', 'asked', 'run', 'failed', 'seed', 'seconds'], rows),
  ].join('\n\n')}\n`;
}
