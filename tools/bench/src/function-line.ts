import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { askMethods, type AskMethod } from './ask-methods.ts';
import type { BenchContext, BenchLine, BenchRow } from './bench-line.ts';
import { drain, openBenchKnowledge, openParser, type FoundPlace } from './bench-knowledge.ts';
import { corpusFiles, openCorpus, readCorpora, textOf, type CorpusPackage } from './corpora.ts';
import { buildFunctionSet, type FunctionQuestion, type SourceText } from './function-set.ts';
import {
  depth,
  mean,
  placesOf,
  qualityRatio,
  reciprocalRank,
  scoresOf,
  type RankedAnswer,
} from './retrieval-scores.ts';
import { tinyCorpus } from './tiny-corpus.ts';

/** Questions of one language. */
const most = { full: 400, quick: 20 };
const largestFile = 500_000;

interface Measured {
  readonly set: string;
  readonly about: string;
  readonly answers: ReadonlyMap<AskMethod['name'], readonly RankedAnswer[]>;
}

/** From what a doc comment says to its function, in real packages from which the comments were taken out. */
export const functionLine: BenchLine = {
  name: 'functions',
  async measure(context) {
    const rows: BenchRow[] = [];
    const measured: Measured[] = [];
    for (const { set, packages, open } of setsOf(context)) {
      context.signal.throwIfAborted();
      try {
        const result = await measureSet(set, packages, { context, sources: await open() });
        measured.push(result);
        rows.push(fusedRow(result));
      } catch (error) {
        context.signal.throwIfAborted();
        rows.push({
          ...rowStart(set),
          result: { notMeasured: error instanceof Error ? error.message : String(error) },
        });
      }
    }
    return measured.length === 0 ? rows : [...overallRows(measured, rows.length), ...rows];
  },
};

interface SourceSet {
  readonly set: string;
  readonly packages: string;
  readonly open: () => Promise<SourceText[]>;
}

function setsOf(context: BenchContext): SourceSet[] {
  if (context.quick) return [{ set: 'typescript', packages: 'a made corpus', open: async () => tinyCorpus() }];
  const packages = readCorpora().packages.filter(({ questions }) => questions !== undefined);
  return [...Map.groupBy(packages, ({ questions }) => questions?.language ?? '')].map(([set, entries]) => ({
    set,
    packages: entries.map(({ name, version }) => `${name} ${version}`).join(', '),
    open: async () => (await Promise.all(entries.map((entry) => readPackage(entry, context)))).flat(),
  }));
}

async function readPackage(entry: CorpusPackage, { place, signal, say }: BenchContext): Promise<SourceText[]> {
  const folder = await openCorpus(entry, { cache: place.cache, signal, say });
  const sources: SourceText[] = [];
  const parser = openParser();
  const { language, folders = entry.folders } = entry.questions ?? {};
  for (const path of await corpusFiles(folder, folders)) {
    if (parser.language(path) !== language) continue;
    const text = await textOf(join(folder, path));
    if (text !== undefined && text.length <= largestFile) sources.push({ path: `${entry.name}/${path}`, text });
  }
  await parser[Symbol.asyncDispose]();
  return sources;
}

async function measureSet(
  set: string,
  packages: string,
  { context, sources }: { readonly context: BenchContext; readonly sources: readonly SourceText[] },
): Promise<Measured> {
  const { quick, signal, say, place } = context;
  await using folder = await place.folder();
  const parser = openParser();
  const { files, questions, documented } = await buildFunctionSet(sources, parser, {
    most: quick ? most.quick : most.full,
  });
  await parser[Symbol.asyncDispose]();
  if (questions.length === 0) throw new Error(`No function of ${packages} has a comment that can be asked for.`);
  const root = join(folder.path, 'tree');
  for (const { path, text } of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await using open = await openBenchKnowledge({ root, dir: join(folder.path, 'index'), record: true });
  await drain(open.knowledge.refresh({ signal }));
  const { chunks } = await open.index.stats();
  const about = `${questions.length} of ${documented} commented functions in ${files.length} files, ${chunks} chunks of ${packages}`;
  say(`${set}: ${about}`);
  const answers = new Map<AskMethod['name'], RankedAnswer[]>();
  for (const method of askMethods(open)) {
    const list: RankedAnswer[] = [];
    for (const question of questions) {
      signal.throwIfAborted();
      list.push(answerOf(await method.ask(question.question, depth), question));
    }
    answers.set(method.name, list);
  }
  return { set, about, answers };
}

/** A place is right when it shows the first line of the function. */
function answerOf(found: readonly FoundPlace[], { path, startLine }: FunctionQuestion): RankedAnswer {
  const isRight = (place: FoundPlace): boolean =>
    place.path === path && place.startLine <= startLine && place.endLine >= startLine;
  return { wanted: 1, places: placesOf(found, (place) => (isRight(place) ? path : undefined)) };
}

const rowStart = (set: string): Omit<BenchRow, 'result'> => ({
  what: `from a doc comment to its function, ${set}: text, vectors and graph together`,
  peer: 'the better of text alone and vectors alone',
  unit: 'MRR@10',
  better: 'higher',
  target: 1,
});

const ranksOf = (answers: readonly RankedAnswer[] | undefined): number[] => (answers ?? []).map(reciprocalRank);

function fusedRow({ set, about, answers }: Measured): BenchRow {
  const single = (['text', 'vectors'] as const).map((name) => ranksOf(answers.get(name)));
  const best = single.toSorted((a, b) => mean(b) - mean(a))[0] ?? [];
  return {
    ...rowStart(set),
    result: qualityRatio(ranksOf(answers.get('fused with graph')), best),
    extras: [{ text: about }, ...[...answers].map(([name, list]) => ({ text: `${name}: ${scoresText(list)}` }))],
  };
}

/** All sets together, each counting the same. */
function overallRows(measured: readonly Measured[], sets: number): BenchRow[] {
  const shares = (name: AskMethod['name']): number[] =>
    measured.flatMap(({ answers }) => {
      const ranks = ranksOf(answers.get(name));
      const weight = 1 / (ranks.length * measured.length);
      return ranks.map((rank) => rank * weight);
    });
  const questions = shares('text').length;
  // `qualityRatio` takes means over questions; these are shares of a sum over sets.
  const of = (name: AskMethod['name']): number[] => shares(name).map((share) => share * questions);
  const fused = of('fused with graph');
  const whole = { text: `${measured.length} of ${sets} languages measured`, holds: measured.length === sets };
  return [
    {
      what: 'from a doc comment to its function, mean of all languages: text, vectors and graph together',
      peer: 'text alone (BM25 over split words)',
      unit: 'MRR@10',
      better: 'higher',
      target: 1.25,
      result: qualityRatio(fused, of('text')),
      extras: [whole, { text: `MRR@10 ${mean(fused).toFixed(3)} (at least 0.42)`, holds: mean(fused) >= 0.42 }],
    },
    {
      what: 'the same by vectors alone, stored in a byte a number and compared in full',
      peer: 'vectors alone as floating-point numbers',
      unit: 'MRR@10',
      better: 'higher',
      target: 0.995,
      result: qualityRatio(of('vectors'), of('vectors as floats')),
    },
  ];
}

export function scoresText(answers: readonly RankedAnswer[]): string {
  const { mrr, recall1, recall5, recall10 } = scoresOf(answers);
  const recall = [recall1, recall5, recall10].map((value) => value.toFixed(3)).join(', ');
  return `MRR@10 ${mrr.toFixed(3)}, recall@1, 5, 10: ${recall}`;
}
