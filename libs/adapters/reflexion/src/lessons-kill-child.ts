import { createSqliteLessons } from './sqlite-lessons.ts';

/** Learns one lesson after the other and prints the id of each that was kept, until it is killed. */
let count = 0;
const lessons = createSqliteLessons({
  path: process.argv[2] ?? '',
  most: 100_000,
  now: Date.now,
  newId: () => `lesson-${String((count += 1))}`,
});
// Words that no two lessons share, so that none takes the place of another.
const word = (seed: number): string =>
  String.fromCharCode(...[...String(seed)].map((digit) => 97 + Number(digit))).padStart(8, 'z');
for (let round = 0; round < 5_000; round += 1) {
  const text = Array.from({ length: 8 }, (_, index) => word(round * 8 + index)).join(' ');
  const { id } = lessons.add({ text, paths: [`src/${String(round)}.ts`], sessionId: 's' });
  process.stdout.write(`${id}\n`);
}
