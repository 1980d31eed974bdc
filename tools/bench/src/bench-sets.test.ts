import { expect, it } from 'vitest';
import { benchSets, selectLines, type BenchSet } from './bench-sets.ts';

const line = (name: string) => ({ name, measure: () => Promise.resolve([]) });
const sets: BenchSet[] = [
  { name: 'start', lines: () => Promise.resolve([line('start')]) },
  { name: 'runtime', lines: () => Promise.resolve([line('decode'), line('prefill')]) },
];
const named = async (...names: string[]) => {
  const { sets: chosen, whole, unknown } = await selectLines(names, sets);
  return { lines: chosen.flatMap(({ lines }) => lines.map(({ name }) => name)), whole, unknown };
};

it('takes everything where nothing is named', async () => {
  expect(await named()).toEqual({ lines: ['start', 'decode', 'prefill'], whole: true, unknown: [] });
});

it('takes whole sets by their name', async () => {
  expect(await named('runtime')).toEqual({ lines: ['decode', 'prefill'], whole: true, unknown: [] });
});

it('takes single lines, of which no page is written', async () => {
  expect(await named('prefill', 'start')).toEqual({ lines: ['start', 'prefill'], whole: false, unknown: [] });
});

it('names what it does not know', async () => {
  expect((await named('prefil')).unknown).toEqual(['prefil']);
});

it('gives every line of this workspace a name of its own', async () => {
  const names = (await Promise.all(benchSets.map((set) => set.lines()))).flat().map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
