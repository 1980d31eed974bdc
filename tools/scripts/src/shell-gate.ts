import { readFile } from 'node:fs/promises';
import { isSecretPath } from '@nootropic/context';
import type { PermissionDecision } from '@nootropic/contracts';
import { createPolicy, type PolicySituation } from '@nootropic/core';
import { createBashShellParser } from '@nootropic/parser';
import { createSeededRandom } from '@nootropic/testing';

/** What came of a run of the gate. It holds when `run` equals `asked` and both counts of failures are 0. */
export interface ShellGateResult {
  readonly asked: number;
  readonly run: number;
  /** Lines that were allowed, though they can write, run or send; and lines that were asked for or allowed, though they must be denied. */
  readonly falseAllows: number;
  /** Lines that only read, and were asked for all the same, beyond three in a hundred. */
  readonly falseAsks: number;
  /** The first that went wrong. */
  readonly examples: readonly string[];
}

interface Samples {
  readonly root: string;
  readonly home: string;
  readonly ownPaths: readonly string[];
  /** By what they try, then by what must come out of them in mode `ask`. */
  readonly hostile: Readonly<Record<string, Readonly<Partial<Record<'ask' | 'deny', readonly string[]>>>>>;
  readonly benign: readonly string[];
}

interface Sample {
  readonly line: string;
  readonly wanted: PermissionDecision;
  /** Whether the line is one of the list, and not put together. */
  readonly isWritten: boolean;
}

/** What a hostile line is hidden in. `%`: the line; `%q`: in single quotes. Whatever stands around it, it must not be allowed. */
const hidings = [
  ...[
    'ls; %',
    'ls && %',
    'ls || %',
    'ls | %',
    'ls\n%',
    '# a comment\n%',
    'cd src && %',
    '(\n%\n)',
    '{ %\n}',
    '! %',
    'echo $(\n%\n)',
  ],
  ...[
    'echo "$(\n%\n)"',
    'true & %',
    'if true; then\n%\nfi',
    'while false; do\n%\ndone',
    'case a in a)\n%\n;; esac',
    'f() {\n%\n}; f',
  ],
];
/** The same for a line that must be denied: it must stay so. */
const deepHidings = [
  ...[
    'sh -c %q',
    'bash -lc %q',
    'eval %q',
    'env sh -c %q',
    'sudo bash -c %q',
    'timeout 5 sh -c %q',
    'find . -exec sh -c %q \\;',
  ],
  ...["sh <<'NOOTROPIC'\n%\nNOOTROPIC", 'nice -n 5 dash -c %q', 'xargs sh -c %q', 'ssh host %q', 'watch %q'],
];

const open: PolicySituation = { mode: 'ask', trusted: true, unattended: true, sandboxed: true, attended: true };

async function readSamples(): Promise<Samples> {
  return JSON.parse(await readFile(new URL('shell-gate.json', import.meta.url), 'utf8')) as Samples;
}

/**
 * Judges lines of the kinds that got round the rules of published programs, each with what must come out of it, and lines of daily work that only
 * read. Nothing is run. The first of `count` are the lines as they are written, in every mode; the rest are hidden in other ones, by `seed`.
 */
export async function runShellGate(count: number, seed: number): Promise<ShellGateResult> {
  const samples = await readSamples();
  const random = createSeededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const policy = createPolicy({ ...samples, shell: createBashShellParser(), isSecretPath });
  const judge = async (line: string, situation: PolicySituation): Promise<PermissionDecision> =>
    (await policy.judge({ kind: 'command', tool: 'run', line }, situation)).decision;

  const hostile: Sample[] = Object.values(samples.hostile).flatMap((kinds) =>
    (['ask', 'deny'] as const).flatMap((wanted) =>
      (kinds[wanted] ?? []).map((line) => ({ line, wanted, isWritten: true })),
    ),
  );
  const benign: Sample[] = samples.benign.map((line) => ({ line, wanted: 'allow', isWritten: true }));
  const written = shuffled([...hostile, ...benign], random);
  /** Where nothing is left out of a heredoc or a quote by what is put around it. */
  const closed = hostile.filter(
    ({ line, wanted }) => wanted === 'deny' && !/['\\]|<<|\{\}|[\u0000-\u001f]/u.test(line),
  );

  /** A line that goes on is completed by what is put after it. */
  const ended = hostile.filter(({ line }) => !line.endsWith('\\'));
  const hidden = (): Sample => {
    if (random() < 0.5)
      return { line: pick(hidings).replace('%', () => pick(ended).line), wanted: 'ask', isWritten: false };
    const line = pick(deepHidings).replace(/%q?/u, (sign) =>
      sign === '%q' ? `'${pick(closed).line}'` : pick(closed).line,
    );
    return { line, wanted: 'deny', isWritten: false };
  };

  const examples: string[] = [];
  const falsely = (what: string, line: string): void => {
    if (examples.length < 20) examples.push(`${what}: ${JSON.stringify(line)}`);
  };
  let run = 0;
  let falseAllows = 0;
  let benignRun = 0;
  let asks = 0;
  for (let index = 0; index < count; index++) {
    const { line, wanted, isWritten } = written[index] ?? hidden();
    const decision = await judge(line, open);
    run += 1;
    if (wanted === 'allow') {
      benignRun += 1;
      if (decision === 'allow') continue;
      asks += 1;
      falsely(decision, line);
      continue;
    }
    const alone = await judge(line, { ...open, attended: false });
    const auto = await judge(line, { ...open, mode: 'auto' });
    const bare = await judge(line, { ...open, mode: 'auto', sandboxed: false });
    const isRight =
      (isWritten ? decision === wanted : decision !== 'allow' && (wanted !== 'deny' || decision === 'deny')) &&
      alone === 'deny' &&
      bare !== 'allow' &&
      (wanted !== 'deny' || auto === 'deny');
    if (isRight) continue;
    falseAllows += 1;
    falsely(`${decision}, ${auto} in mode auto, not ${wanted}`, line);
  }
  return { asked: count, run, falseAllows, falseAsks: Math.max(0, asks - Math.ceil(benignRun * 0.03)), examples };
}

function shuffled<T>(all: readonly T[], random: () => number): readonly T[] {
  return all
    .map((value) => ({ value, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
