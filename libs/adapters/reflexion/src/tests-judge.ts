import { posix } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import {
  cutMiddle,
  failed,
  passed,
  unable,
  type ChangedFile,
  type Judge,
  type Judging,
  type Verdict,
} from './judging.ts';
import type { TestFailure } from './test-output.ts';
import { isTestFile, subjectOf, testRunsOf, type TestRun } from './test-runners.ts';

/** Files of tests of what changed, nearest first: the graph of the code knows them. Paths are relative to the root. */
export type TestsOf = (paths: readonly string[], signal?: AbortSignal) => Promise<readonly string[]>;

export interface TestsJudgeOptions {
  /** Milliseconds for one run. */
  readonly timeoutMs: number;
  readonly testsOf?: TestsOf;
}

const mostFiles = 8;
/** A project with so few files of tests runs them all where none is nearer than the others. */
const fewFiles = 4;

const familyOf: Readonly<Record<string, string>> = {
  typescript: 'ecmascript',
  tsx: 'ecmascript',
  javascript: 'ecmascript',
  python: 'python',
  go: 'go',
  rust: 'rust',
};

function familyOfPath(path: string): string | undefined {
  if (/\.[cm]?[jt]sx?$/u.test(path)) return 'ecmascript';
  return path.endsWith('.py') ? 'python' : path.endsWith('.go') ? 'go' : path.endsWith('.rs') ? 'rust' : undefined;
}

/** How many folders lie between two files. */
function distance(one: string, other: string): number {
  const from = posix.dirname(one).split('/');
  const to = posix.dirname(other).split('/');
  let shared = 0;
  while (shared < Math.min(from.length, to.length) && from[shared] === to[shared]) shared += 1;
  return from.length + to.length - 2 * shared;
}

/** By name: a file of tests whose subject is called like the changed file, or that lies in the folder of a package of Go. */
function byName({ path, language }: ChangedFile, tests: readonly string[]): string[] {
  const own = tests.filter((test) => familyOfPath(test) === familyOf[language ?? '']);
  if (language === 'go') return own.filter((test) => posix.dirname(test) === posix.dirname(path));
  const subject = subjectOf(path);
  // A package is called by its folder.
  const alias = ['index', '__init__', 'mod', 'main', 'lib'].includes(subject)
    ? posix.basename(posix.dirname(path))
    : subject;
  return own
    .filter((test) => [subject, alias].includes(subjectOf(test)))
    .sort((a, b) => distance(a, path) - distance(b, path))
    .slice(0, 3);
}

/** Changed tests themselves, then those that the graph knows, then those by their name; never more than some. */
async function nearestTests({ changed, project, signal }: Judging, testsOf: TestsOf | undefined): Promise<string[]> {
  const code = changed.filter(({ language }) => familyOf[language ?? ''] !== undefined);
  if (code.length === 0) return [];
  const chosen = new Set(
    code.filter(({ path, after }) => after !== undefined && isTestFile(path)).map(({ path }) => path),
  );
  const subjects = code.filter(({ path }) => !isTestFile(path));
  if (testsOf && subjects.length > 0) {
    try {
      for (const path of await testsOf(
        subjects.map(({ path }) => path),
        signal,
      ))
        chosen.add(posix.normalize(path));
    } catch (error) {
      // The names are left where the graph cannot be asked.
      if (signal?.aborted === true || NootropicError.from(error).code === 'ABORTED') throw error;
    }
  }
  if (subjects.length > 0) {
    const all = (await project.find((name) => /\.(?:[cm]?[jt]sx?|py|go|rs)$/u.test(name))).filter(isTestFile);
    for (const file of subjects) {
      const named = byName(file, all);
      const family = all.filter((test) => familyOfPath(test) === familyOf[file.language ?? '']);
      const fallback = chosen.size === 0 && family.length <= fewFiles ? family : [];
      for (const path of named.length > 0 ? named : fallback) chosen.add(path);
    }
    // Tests of Rust mostly lie in the file itself.
    for (const { path, language } of subjects) if (language === 'rust') chosen.add(path);
  }
  const there: string[] = [];
  for (const path of chosen)
    if (there.length < mostFiles && familyOfPath(path) !== undefined && (await project.exists(path))) there.push(path);
  return there;
}

function shown(failures: readonly TestFailure[]): string {
  const [first, ...rest] = failures;
  if (first === undefined) return '';
  const names = rest.slice(0, 10).map(({ name }) => `  ${name}`);
  const more = rest.length > 10 ? [`  and ${String(rest.length - 10)} more`] : [];
  const others = rest.length === 0 ? [] : ['', `${String(rest.length)} more failed:`, ...names, ...more];
  return [first.name, cutMiddle(first.text, 2_800), ...others].join('\n');
}

async function judgeRun(run: TestRun, { programs, project }: Judging, timeoutMs: number): Promise<Verdict> {
  const name = `tests (${run.runner})`;
  // In the copy too: its node_modules are those of the workspace, and some runners keep what they compile there.
  const request = { argv: run.argv, cwd: run.cwd, timeoutMs, writes: true, ...(run.env && { env: run.env }) };
  const end = await programs.run(request);
  if ('unable' in end) return unable(name, end.unable);
  const report = run.read(end);
  if (report === undefined) {
    const said = `${end.stderr}\n${end.stdout}`.trim();
    return unable(name, `it ended with ${String(end.exitCode)}: ${cutMiddle(said, 1_000)}`);
  }
  if (report.failures.length === 0) return report.ran === 0 ? unable(name, 'it found no test to run') : passed(name);
  const earlier = await programs.runBefore(request);
  const known = 'unable' in earlier ? { failures: [] } : run.read(earlier);
  const failing = new Set(known?.failures.map((failure) => failure.name));
  const fresh = report.failures.filter((failure) => !failing.has(failure.name));
  // Of tests that could not even be loaded nobody knows whether they would have passed.
  if (known === undefined || (known.failures.some(({ whole }) => whole) && !fresh.some(({ whole }) => whole)))
    return unable(name, `before this change the tests could not be run; now this fails: ${shown(report.failures)}`);
  if (fresh.length > 0) return failed(name, shown(fresh).replaceAll(`${project.root}/`, ''));
  return unable(name, `what fails did so before this change: ${shown(report.failures)}`);
}

/** The nearest tests, by the project’s own runner. A test that failed before the change too counts neither for nor against it. */
export function createTestsJudge({ timeoutMs, testsOf }: TestsJudgeOptions): Judge {
  return async function* judge(judging) {
    const files = await nearestTests(judging, testsOf);
    for (const run of await testRunsOf(files, judging.project)) yield await judgeRun(run, judging, timeoutMs);
  };
}
