import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createBuiltinVectors, readBuiltinWeights, type BuiltinVectors } from '@nootropic/model';
import { makeCorpus } from './corpus.ts';
import { rankPool, tuneBm25, tuneShare, type Chosen } from './evaluate.ts';
import { measureSpeed } from './measure-speed.ts';
import { makePools, type Pool } from './pools.ts';
import { answerQuestions, readQuestions } from './questions.ts';
import { demandsOf, describeSeed, type SeedFigures } from './report.ts';
import { readSourceList } from './source-list.ts';
import { trainSeed } from './train-seed.ts';

const { values } = parseArgs({
  options: {
    /** Seeds to train with; the first one's weights are written. */
    seeds: { type: 'string', default: '1' },
    /** Only the first so many sources: to try the pipeline. */
    part: { type: 'string' },
    /** Writes the weights of the first seed into the program. */
    write: { type: 'boolean', default: false },
    cache: { type: 'string', default: join(import.meta.dirname, '../../../node_modules/.cache/nootropic/embedder') },
  },
});
const here = join(import.meta.dirname, '..');
const weightsFile = join(here, '../../libs/adapters/model/src/builtin-weights.bin');
const parityFile = join(here, '../../libs/adapters/model/src/builtin-parity.fixture.json');
const started = performance.now();
const say = (text: string): void => {
  process.stdout.write(`[${((performance.now() - started) / 1_000).toFixed(0).padStart(4)} s] ${text}\n`);
};

await mkdir(values.cache, { recursive: true });
const list = await readSourceList(join(here, 'sources.json'));
const sources = values.part === undefined ? list.sources : list.sources.slice(0, Number(values.part));
const corpus = await makeCorpus({ ...list, sources }, { cache: values.cache, say });
const { counts } = corpus;
say(
  `${counts.kept.functions} functions of ${counts.packages} packages, ${counts.kept.pairs} pairs; ${counts.strangers.length} files of other licences left out`,
);
for (const [place, count] of Object.entries(counts.functions))
  say(`  ${place}: ${count.documented} documented of ${count.all}`);
say(`  left out as copies: ${JSON.stringify(counts.leftOut)}; contamination: ${JSON.stringify(counts.contamination)}`);

const dev = makePools(corpus.measured, 'dev').filter(({ kind }) => kind === 'package');
const test = makePools(corpus.measured, 'test');
const bm25 = { all: tuneBm25(dev, false), body: tuneBm25(dev, true) };
say(`BM25F, tuned on ${dev.length} development packages: ${JSON.stringify(bm25)}`);
const questions = await readQuestions(join(here, 'questions.json'));

const figures: SeedFigures[] = [];
for (const seed of values.seeds.split(',').map(Number)) {
  const trained = await trainSeed(corpus, seed, values.cache);
  const int8 = createBuiltinVectors(readBuiltinWeights(trained.int8));
  const float = createBuiltinVectors(readBuiltinWeights(trained.float));
  say(
    `seed ${seed}: trained in ${trained.seconds.toFixed(0)} s, ${trained.processorSeconds.toFixed(0)} s of processors`,
  );
  const chosen = {
    all: choose(dev, bm25.all, { vectors: int8, bodyOnly: false }),
    body: choose(dev, bm25.body, { vectors: int8, bodyOnly: true }),
  };
  const rank = (pool: Pool, bodyOnly: boolean) =>
    rankPool(pool, bodyOnly ? chosen.body : chosen.all, { int8, float, bodyOnly });
  const figure: SeedFigures = {
    seed,
    version: readBuiltinWeights(trained.int8).header.version,
    bytes: trained.int8.length,
    share: { all: chosen.all.share, body: chosen.body.share },
    dev: dev.map((pool) => rank(pool, false)),
    all: test.map((pool) => rank(pool, false)),
    body: test.map((pool) => rank(pool, true)),
    questions: answerQuestions(
      questions,
      corpus.measured.map(({ found }) => found),
      { chosen: chosen.all, vectors: int8 },
    ),
  };
  figures.push(figure);
  for (const line of describeSeed(figure)) say(line);
  if (values.write && figures.length === 1) {
    await writeFile(weightsFile, trained.int8);
    await writeFile(parityFile, `${JSON.stringify(trained.parity)}\n`);
  }
}

const [first] = figures;
if (first === undefined) throw new Error('--seeds names no seed.');
const committed = await readFile(weightsFile).catch(() => undefined);
const speed =
  committed === undefined
    ? undefined
    : measureSpeed(createBuiltinVectors(readBuiltinWeights(committed)), corpus.measured);
const seconds = (performance.now() - started) / 1_000;
for (const line of demandsOf(figures, { counts, speed, seconds })) process.stdout.write(`${line}\n`);

function choose(
  pools: readonly Pool[],
  settings: Chosen['bm25'],
  how: { vectors: BuiltinVectors; bodyOnly: boolean },
): Chosen {
  return { bm25: settings, share: tuneShare(pools, settings, how) };
}
