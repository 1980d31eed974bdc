import { basename, join } from 'node:path';
import { createGitHistory } from '@nootropic/workspace';
import { askMethods, type AskMethod } from './ask-methods.ts';
import type { BenchContext, BenchLine, BenchRow } from './bench-line.ts';
import { drain, openBenchKnowledge } from './bench-knowledge.ts';
import { workspaceRoot } from './child-run.ts';
import { commitQuestions, logArguments, readLog, type CommitQuestion } from './commit-set.ts';
import { scoresText } from './function-line.ts';
import { runProgram } from './other-program.ts';
import {
  depth,
  mean,
  placesOf,
  qualityRatio,
  recallAt,
  reciprocalRank,
  type RankedAnswer,
} from './retrieval-scores.ts';

/** Commits at the end of the history that are asked for; the tree that is searched is that before them. */
const newest = { full: 300, quick: 12 };
const fewestRepositories = 5;
/** Places that are asked for, so that ten different files are among them. */
const placesAsked = 40;

interface Measured {
  readonly name: string;
  readonly answers: ReadonlyMap<AskMethod['name'], readonly RankedAnswer[]>;
  readonly about: string;
}

/** From a commit's message to the files that it changed, in the tree before the commits that are asked for. */
export const commitLine: BenchLine = {
  name: 'commits',
  async measure(context) {
    const repositories = context.repos.length === 0 ? [workspaceRoot] : context.repos;
    const few = repositories.length < fewestRepositories;
    if (few)
      context.say(
        `${repositories.length} of at least ${fewestRepositories} repositories: this is no full measure (--repos a,b,c)`,
      );
    const rows: BenchRow[] = [];
    const measured: Measured[] = [];
    for (const repository of repositories) {
      context.signal.throwIfAborted();
      const name = basename(repository);
      try {
        const result = await measureRepository(repository, context);
        measured.push(result);
        rows.push(repositoryRow(result));
      } catch (error) {
        context.signal.throwIfAborted();
        const notMeasured = error instanceof Error ? error.message.slice(0, 200) : String(error);
        rows.push({ ...rowStart(name), result: { notMeasured } });
      }
    }
    return measured.length === 0 ? rows : [overallRow(measured, few), ...rows];
  },
};

/** Git that reads nothing of this user's or this system's configuration and runs no program of the repository's. */
export function gitIn(folder: string, signal: AbortSignal): (...args: string[]) => Promise<string> {
  const env = { ...process.env, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_LFS_SKIP_SMUDGE: '1' };
  const safe = [
    '-c',
    `safe.directory=*`,
    '-c',
    'core.fsmonitor=false',
    '-c',
    'core.hooksPath=/dev/null',
    '-c',
    'core.quotePath=false',
  ];
  return (...args) => runProgram('git', [...safe, '-C', folder, ...args], { signal, env, keepOutput: 64_000_000 });
}

async function measureRepository(repository: string, context: BenchContext): Promise<Measured> {
  const { place, quick, signal, say } = context;
  const name = basename(repository);
  await using folder = await place.folder();
  const root = join(folder.path, 'tree');
  const source = gitIn(repository, signal);
  const history = (await source('rev-list', '--first-parent', 'HEAD')).trim().split('\n');
  const count = Math.min(quick ? newest.quick : newest.full, Math.floor(history.length / 2));
  const base = history[count];
  if (base === undefined || count === 0) throw new Error('its history is too short');
  const log = await source('log', ...logArguments, `${base}..HEAD`);
  await gitIn(folder.path, signal)('clone', '--quiet', '--no-checkout', '--shared', repository, root);
  const copy = gitIn(root, signal);
  await copy('checkout', '--quiet', '--detach', base);
  const known = new Set((await copy('ls-files', '-z')).split('\0').filter(Boolean));
  await using open = await openBenchKnowledge({
    root,
    dir: join(folder.path, 'index'),
    record: true,
    history: createGitHistory({ root }),
  });
  await drain(open.knowledge.refresh({ signal }));
  const indexed = new Set((await open.index.files()).map(({ path }) => path));
  const questions = commitQuestions(readLog(log), new Set([...known].filter((path) => indexed.has(path))), {
    most: quick ? newest.quick : newest.full,
  });
  if (questions.length === 0) throw new Error('no commit of it can be asked for');
  const about = `${questions.length} commits, ${indexed.size} files, tree of ${base.slice(0, 10)}`;
  say(`${name}: ${about}`);
  const answers = new Map<AskMethod['name'], RankedAnswer[]>();
  for (const method of askMethods(open)) {
    const list: RankedAnswer[] = [];
    for (const question of questions) {
      signal.throwIfAborted();
      list.push(await answerOf(method, question));
    }
    answers.set(method.name, list);
  }
  return { name, answers, about };
}

/** Files count, not places in them: a file stands where its first place does. */
async function answerOf(method: AskMethod, { question, paths }: CommitQuestion): Promise<RankedAnswer> {
  const found = await method.ask(question, placesAsked);
  const files = [...new Set(found.map(({ path }) => path))].slice(0, depth);
  const wanted = new Set(paths);
  return { wanted: wanted.size, places: placesOf(files, (path) => (wanted.has(path) ? path : undefined)) };
}

const rowStart = (name: string): Omit<BenchRow, 'result'> => ({
  what: `from a commit message to the files it changed, ${name}: text, vectors and graph together`,
  peer: 'the better of text alone and vectors alone',
  unit: 'MRR@10',
  better: 'higher',
  target: 1,
});

function repositoryRow({ name, answers, about }: Measured): BenchRow {
  const ranks = (of: AskMethod['name']): number[] => (answers.get(of) ?? []).map(reciprocalRank);
  const best = [ranks('text'), ranks('vectors')].toSorted((a, b) => mean(b) - mean(a))[0] ?? [];
  return {
    ...rowStart(name),
    result: qualityRatio(ranks('fused with graph'), best),
    extras: [{ text: about }, ...[...answers].map(([of, list]) => ({ text: `${of}: ${scoresText(list)}` }))],
  };
}

/** All repositories together, each counting the same. */
function overallRow(measured: readonly Measured[], few: boolean): BenchRow {
  const scores = (of: AskMethod['name'], score: (answer: RankedAnswer) => number): number[] =>
    measured.map(({ answers }) => mean((answers.get(of) ?? []).map(score)));
  const recall = (of: AskMethod['name']): number => mean(scores(of, (answer) => recallAt(answer, depth)));
  const recallRatio = recall('fused with graph') / recall('text');
  return {
    what: 'from a commit message to the files it changed, mean of all repositories: text, vectors and graph together',
    peer: 'text alone (BM25 over split words)',
    unit: 'MRR@10',
    better: 'higher',
    target: 1.15,
    result: qualityRatio(scores('fused with graph', reciprocalRank), scores('text', reciprocalRank)),
    extras: [
      {
        text: `recall@10 ${recallRatio.toFixed(2)} times that of text alone (at least 1.12)`,
        holds: recallRatio >= 1.12,
      },
      ...(few ? [{ text: `${measured.length} of at least ${fewestRepositories} repositories: no full measure` }] : []),
    ],
  };
}
