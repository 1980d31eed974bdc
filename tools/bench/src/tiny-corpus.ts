import type { SourceText } from './function-set.ts';

const things = ['invoice', 'customer', 'schedule', 'parcel', 'sensor', 'playlist', 'recipe', 'passport'];
const deeds = [
  ['load', 'Reads the stored', 'from the disk and checks its digest'],
  ['remove', 'Forgets an expired', 'and everything that points to it'],
  ['merge', 'Joins two versions of the', 'keeping the newer field of each'],
  ['render', 'Turns one', 'into text that fits the width of a terminal'],
] as const;

/** A small TypeScript library that is made on the spot, for runs that only show that a line works. */
export function tinyCorpus(): SourceText[] {
  return things.map((thing, at) => ({
    path: `src/${thing}.ts`,
    text: deeds
      .map(([verb, start, end], place) => {
        const name = `${verb}${thing.charAt(0).toUpperCase()}${thing.slice(1)}`;
        return [
          '/**',
          ` * ${start} ${thing} ${end}.`,
          ' */',
          `export function ${name}(input: string, limit = ${at * 10 + place}): string {`,
          `  const ${thing}Parts = input.split('${verb}').slice(0, limit);`,
          `  if (${thing}Parts.length === 0) throw new RangeError('There is no ${thing}.');`,
          `  return ${thing}Parts.map((part) => part.trim()).join('-');`,
          '}',
          '',
        ].join('\n');
      })
      .join('\n'),
  }));
}
