import { expect, it } from 'vitest';
import { verdictOf, type BenchRow } from './bench-line.ts';
import { mergeBenchmarks, rowText, tally, type BenchSection } from './benchmarks-page.ts';
import { ratioOf } from './paired-ratio.ts';

const row: BenchRow = {
  what: 'generation',
  peer: 'llama-bench',
  unit: 'tok/s',
  better: 'higher',
  target: 0.9,
  anchor: 'others 0.8',
  result: ratioOf([{ subject: 95, peer: 100 }]),
};
const section = (set: string, rows: readonly BenchRow[], date = '2030-01-01'): BenchSection => ({
  set,
  date,
  machine: 'linux x64, some processor',
  rows,
});
const order = ['start', 'index', 'runtime'];

it('judges by the side that is better', () => {
  expect(verdictOf(row)).toBe('holds');
  expect(verdictOf({ ...row, target: 0.96 })).toBe('FAILS');
  expect(verdictOf({ ...row, better: 'lower', target: 0.96 })).toBe('holds');
  expect(verdictOf({ ...row, better: 'lower', target: 0.9 })).toBe('FAILS');
});

it('neither holds nor fails what was not measured, and tells what has no target', () => {
  const { target: _, ...free } = row;
  expect(verdictOf({ ...row, result: { notMeasured: 'no peer' } })).toBe('not measured');
  expect(verdictOf(free)).toBe('told');
  expect(verdictOf({ ...free, extras: [{ text: 'a number' }] })).toBe('told');
});

it('fails for a number beside the ratio, and for a ratio that is no number', () => {
  expect(verdictOf({ ...row, extras: [{ text: 'too much memory', holds: false }] })).toBe('FAILS');
  expect(verdictOf({ ...row, result: ratioOf([{ subject: Number.NaN, peer: 1 }]) })).toBe('FAILS');
  expect(verdictOf({ ...row, better: 'lower', result: ratioOf([{ subject: 0, peer: 0 }]) })).toBe('FAILS');
});

it('counts the verdicts', () => {
  expect(tally([row, { ...row, target: 2 }, { ...row, result: { notMeasured: 'no peer' } }, row])).toBe(
    '2 holds, 1 FAILS, 1 not measured',
  );
});

it('writes ratio, quartiles, target, what is known of others and how often it was disturbed', () => {
  const result = ratioOf([{ subject: 95, peer: 100 }], { repeated: 2, disturbed: 1 });
  const page = mergeBenchmarks('', [section('runtime', [{ ...row, result }])], order);
  expect(page).toContain('## runtime');
  expect(page).toContain('Run on 2030-01-01, linux x64, some processor. 1 holds.');
  expect(page).toContain(
    '| generation | llama-bench | 95.0 tok/s | 100.0 tok/s | 0.95 (0.95 to 0.95) | ≥ 0.9 | others 0.8 | holds | 2 pairs measured again; 1 of 1 pairs disturbed by other programs |',
  );
});

it('prints rows that fail and rows that were not measured too', () => {
  const page = mergeBenchmarks(
    '',
    [
      section('runtime', [
        { ...row, target: 2 },
        { ...row, result: { notMeasured: 'no peer: there is no cmake | c++' } },
      ]),
    ],
    order,
  );
  expect(page).toContain('| FAILS |');
  expect(page).toContain('not measured | no peer: there is no cmake \\| c++ |');
  expect(rowText({ ...row, result: { notMeasured: 'no peer' } })).toBe('not measured  generation: no peer');
});

it('keeps the sections of sets that were not run, in the order of the sets', () => {
  const first = mergeBenchmarks('', [section('index', [row]), section('runtime', [row], '2030-01-02')], order);
  const second = mergeBenchmarks(
    first,
    [section('start', [row], '2030-02-01'), section('index', [row], '2030-02-01')],
    order,
  );
  expect(second.match(/^## .+$/gm)).toEqual(['## start', '## index', '## runtime']);
  expect(second.match(/Run on \S+,/g)).toEqual(['Run on 2030-02-01,', 'Run on 2030-02-01,', 'Run on 2030-01-02,']);
});

it('writes the same page again where nothing changed, and drops sets that are no more', () => {
  const page = mergeBenchmarks('', [section('start', [row]), section('runtime', [row])], order);
  expect(mergeBenchmarks(page, [], order)).toBe(page);
  expect(mergeBenchmarks(page, [], ['start'])).not.toContain('## runtime');
});

it('lists what is too much for a cell below the table', () => {
  const extras = Array.from({ length: 6 }, (_, at) => ({ text: `number ${at}` }));
  const page = mergeBenchmarks('', [section('start', [{ ...row, extras }]), section('index', [row])], order);
  expect(page).toContain('holds | below |');
  expect(page).toContain('generation, against llama-bench:\n\n- number 0\n');
  expect(mergeBenchmarks(page, [], order)).toBe(page);
});
