import { join } from 'node:path';
import type { BenchHost } from './bench-host.ts';
import type { BenchRow } from './bench-line.ts';
import { openParser } from './bench-knowledge.ts';
import { corpusFiles, textOf } from './corpora.ts';
import { drawn, questionOf } from './function-set.ts';
import { startProgram } from './other-program.ts';
import { quantile } from './paired-ratio.ts';
import type { TreePlace } from './source-tree.ts';

/** Milliseconds that 95 of 100 searches may take. */
const mostMs = 50;
const asked = { full: { questions: 40, patterns: 20 }, quick: { questions: 10, patterns: 5 } };
/** Files that are read for questions and patterns. */
const filesRead = 200;
/** A pattern with more matching lines would be cut off by one side's limit. */
const mostLines = 300;

interface Asked {
  readonly questions: readonly string[];
  readonly patterns: readonly string[];
}

/** Searching the tree in the host: in words, and for a string as it stands. */
export async function searchRows(place: TreePlace, host: BenchHost): Promise<BenchRow[]> {
  const { context, tree } = place;
  const { assistant, chunks } = host;
  const { signal } = context;
  const { questions, patterns } = await whatIsAsked(place);
  const times: number[] = [];
  const searchAll = async (): Promise<number> => {
    const round: number[] = [];
    for (const query of questions) {
      const start = performance.now();
      await assistant.search({ workspace: tree.root, query }, { signal });
      round.push(performance.now() - start);
    }
    times.push(...round);
    return quantile(round, 0.95);
  };
  const limited = await context.pairs(searchAll, () => mostMs);
  const text = (share: number): string => quantile(times, share).toFixed(1);
  const plain: BenchRow = {
    what: `a question in words to ${chunks} chunks in the host, 95 of 100 within`,
    peer: `the limit of ${mostMs} ms`,
    unit: 'ms',
    better: 'lower',
    target: 1,
    result: limited,
    extras: [
      { text: `half within ${text(0.5)} ms, 95 of 100 within ${text(0.95)} ms, of ${questions.length} questions` },
    ],
  };
  return [plain, ...(await ripgrepRows(place, host, patterns))];
}

async function ripgrepRows(
  { context, tree }: TreePlace,
  { assistant }: BenchHost,
  patterns: readonly string[],
): Promise<BenchRow[]> {
  const { signal } = context;
  const row = {
    what: `lines that hold a string, ${patterns.length} strings, in the host`,
    peer: 'ripgrep, warm',
    unit: 'ms',
    better: 'lower',
    target: 0.2,
  } as const;
  const ripgrep = async (pattern: string): Promise<string[]> => {
    const args = ['--fixed-strings', '--no-heading', '--with-filename', '--line-number', '--', pattern, '.'];
    await using program = startProgram('rg', args, { signal, cwd: tree.root, keepOutput: 4_000_000 });
    if (![0, 1].includes((await program.ended) ?? 2)) throw new Error(program.output().stderr);
    return program.output().stdout.split('\n').filter(Boolean);
  };
  try {
    await ripgrep('nothing like this');
  } catch {
    signal.throwIfAborted();
    return [{ ...row, result: { notMeasured: 'ripgrep is not installed' } }];
  }
  const own = async (query: string) =>
    (await assistant.search({ workspace: tree.root, query, mode: 'exact', limit: 1_000 }, { signal })).hits;
  let same = 0;
  let compared = 0;
  for (const pattern of patterns) {
    const theirs = new Set((await ripgrep(pattern)).map((line) => /^\.?\/?(.+?):\d+:/u.exec(line)?.[1]));
    const ours = new Set((await own(pattern)).map(({ path }) => path));
    if (theirs.size > mostLines) continue;
    compared += 1;
    if (theirs.size === ours.size && [...ours].every((path) => theirs.has(path))) same += 1;
  }
  const timed = (search: (pattern: string) => Promise<unknown>) => async (): Promise<number> => {
    const start = performance.now();
    for (const pattern of patterns) await search(pattern);
    return (performance.now() - start) / patterns.length;
  };
  return [
    {
      ...row,
      result: await context.pairs(timed(own), timed(ripgrep)),
      extras: [{ text: `the same files for ${same} of ${compared} strings`, holds: same === compared }],
    },
  ];
}

/** Questions are what comments of the tree say, patterns names of its functions; the same each time. */
async function whatIsAsked({ tree, context }: TreePlace): Promise<Asked> {
  const counts = context.quick ? asked.quick : asked.full;
  const parser = openParser();
  const questions: string[] = [];
  const patterns = new Set<string>();
  const paths = (await corpusFiles(tree.root)).filter((path) => !path.startsWith('.git/'));
  for (const path of drawn(paths, { most: filesRead, seed: 5 })) {
    const text = await textOf(join(tree.root, path));
    if (text === undefined) continue;
    for (const symbol of (await parser.parse(path, text)).symbols) {
      if (symbol.kind !== 'function' && symbol.kind !== 'method') continue;
      const question = symbol.doc === '' ? undefined : questionOf(symbol);
      if (question !== undefined) questions.push(question);
      const name = /\w{8,}$/u.exec(symbol.name)?.[0];
      if (name !== undefined) patterns.add(name);
    }
  }
  await parser[Symbol.asyncDispose]();
  return {
    questions: drawn(questions, { most: counts.questions, seed: 6 }),
    patterns: drawn([...patterns], { most: counts.patterns, seed: 7 }),
  };
}
