import { isRecord } from './project.ts';

/** One test that failed, or a file that did not come to run its tests. */
export interface TestFailure {
  /** The same for the same test in another run. */
  readonly name: string;
  readonly text: string;
  /** A file as a whole: none of its tests ran. */
  readonly whole?: true;
}

export interface TestReport {
  readonly failures: readonly TestFailure[];
  /** Tests that ran; `undefined` where the output does not tell. */
  readonly ran?: number;
}

interface Output {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type ReadOutput = (output: Output) => TestReport | undefined;

function jsonIn(text: string): Readonly<Record<string, unknown>> | undefined {
  for (let start = text.indexOf('{'); start >= 0; start = text.indexOf('\n{', start + 1)) {
    try {
      const value: unknown = JSON.parse(text.slice(start).trim());
      if (isRecord(value)) return value;
    } catch {
      // A program may print before its report.
    }
  }
  return undefined;
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A message with the lines of its stack that are not of a library. */
export function withoutFrames(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^\s*(?:at .*(?:node_modules\/|node:|<anonymous>)|.*\(node:[\w/]+:\d+:\d+\)$)/u.test(line))
    .join('\n')
    .trim();
}

/** What vitest and jest print with their JSON reporters. */
export const readJestJson: ReadOutput = ({ stdout }) => {
  const report = jsonIn(stdout);
  if (report === undefined || !Array.isArray(report['testResults'])) return undefined;
  const failures = listOf(report['testResults']).flatMap((file): TestFailure[] => {
    const path = textOf(file['name']);
    const failed = listOf(file['assertionResults'])
      .filter(({ status }) => status === 'failed')
      .map((test): TestFailure => {
        const messages = Array.isArray(test['failureMessages']) ? test['failureMessages'].map(textOf) : [];
        const title = textOf(test['fullName']).trim() || textOf(test['title']);
        return { name: `${path} > ${title}`, text: withoutFrames(messages.join('\n')) };
      });
    if (failed.length > 0 || file['status'] !== 'failed') return failed;
    return [{ name: path, text: withoutFrames(textOf(file['message']) || 'the file could not be run'), whole: true }];
  });
  const ran = report['numTotalTests'];
  return { failures, ...(typeof ran === 'number' && { ran }) };
};

export const readMochaJson: ReadOutput = ({ stdout }) => {
  const report = jsonIn(stdout);
  if (report === undefined || !Array.isArray(report['failures'])) return undefined;
  const failures = listOf(report['failures']).map((test): TestFailure => {
    const error = isRecord(test['err']) ? test['err'] : {};
    return { name: textOf(test['fullTitle']), text: withoutFrames(textOf(error['stack']) || textOf(error['message'])) };
  });
  return { failures, ran: listOf(report['tests']).length };
};

/** The Test Anything Protocol, https://testanything.org/tap-version-14-specification.html, as `node --test` and ava write it. */
export const readTap: ReadOutput = ({ stdout, stderr }) => {
  if (!/^TAP version \d+/mu.test(stdout)) return undefined;
  const lines = stdout.split('\n');
  const failures: TestFailure[] = [];
  const names: string[] = [];
  let ran = 0;
  for (const [index, line] of lines.entries()) {
    const subtest = /^( *)# Subtest: (.+)$/u.exec(line);
    if (subtest) names.splice((subtest[1] ?? '').length / 4, names.length, subtest[2] ?? '');
    const [, indent, not, title] = /^( *)(not )?ok \d+(?: - (.*))?$/u.exec(line) ?? [];
    if (indent === undefined) continue;
    ran += 1;
    if (not === undefined || /# (?:TODO|SKIP)/iu.test(title ?? '')) continue;
    const block: string[] = [];
    if (/^\s*---$/u.test(lines[index + 1] ?? ''))
      for (let at = index + 2; at < lines.length && !/^\s*\.\.\.$/u.test(lines[at] ?? ''); at += 1)
        block.push((lines[at] ?? '').slice(indent.length + 2));
    const text = block.join('\n');
    // A suite fails because of what is in it, and that has failed already.
    if (/failureType: 'subtestsFailed'/u.test(text)) continue;
    const depth = indent.length / 4;
    const name = [...names.slice(0, depth), title ?? ''].join(' > ');
    const whole = /\.[cm]?[jt]sx?$/u.test(name) ? { whole: true as const } : {};
    failures.push({ name, text: tapText(text) || stderr.trim().slice(-2_000), ...whole });
  }
  return { failures, ran };
};

function tapText(block: string): string {
  const kept = block
    .split('\n')
    .filter((line) => !/^(?:duration_ms|type|failureType|code|operator|name):/u.test(line))
    .join('\n');
  return withoutFrames(kept);
}

export const readPytest: ReadOutput = ({ exitCode, stdout }) => {
  if (exitCode === null || exitCode > 2) return undefined;
  const failures = [...stdout.matchAll(/^(?:FAILED|ERROR) (\S+?)(?: - (.*))?$/gmu)].map(([, name = '', short = '']) => {
    const test = name.split('::').slice(1).join('.') || `ERROR collecting ${name}`;
    const whole = name.includes('::') ? {} : { whole: true as const };
    return { name, text: sectionOf(stdout, test) || short, ...whole };
  });
  if (exitCode !== 0 && failures.length === 0) return undefined;
  const ran = [...stdout.matchAll(/(\d+) (?:passed|failed)/gu)].reduce((sum, [, count]) => sum + Number(count), 0);
  return { failures, ran };
};

/** What pytest prints below a line such as `____ test_name ____`. */
function sectionOf(text: string, test: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^_{3,} .+ _{3,}$/u.test(line) && line.includes(` ${test} `));
  if (start < 0) return '';
  const length = lines.slice(start + 1).findIndex((line) => /^(?:_{3,} .+ _{3,}|={3,} .+ ={3,})$/u.test(line));
  return lines
    .slice(start + 1, length < 0 ? undefined : start + 1 + length)
    .join('\n')
    .trim();
}

export const readUnittest: ReadOutput = ({ stderr }) => {
  const count = /^Ran (\d+) tests?/mu.exec(stderr)?.[1];
  if (count === undefined) return undefined;
  const failures = stderr
    .split(/^={70}$/mu)
    .slice(1)
    .map((block): TestFailure => {
      const [, name = 'test'] = /^(?:FAIL|ERROR): (.+)$/mu.exec(block) ?? [];
      const text = block.split(/^-{70}$/mu)[1] ?? block;
      const whole = name.includes('_FailedTest') ? { whole: true as const } : {};
      return { name, text: text.trim(), ...whole };
    });
  return { failures, ran: Number(count) };
};

export const readGo: ReadOutput = ({ exitCode, stdout, stderr }) => {
  const failures: TestFailure[] = [];
  const blocks = stdout.split(/^\s*--- FAIL: /mu).slice(1);
  for (const block of blocks) {
    const [name = ''] = block.split(/\s/u, 1);
    const text = block.split(/^(?:FAIL|ok|PASS)\b/mu)[0] ?? block;
    failures.push({ name, text: text.trim() });
  }
  for (const [, name = ''] of stdout.matchAll(/^FAIL\s+(\S+) \[(?:build|setup) failed\]/gmu))
    failures.push({ name, text: `${stderr}\n${stdout}`.trim(), whole: true });
  if (exitCode !== 0 && failures.length === 0) return undefined;
  return { failures };
};

export const readCargo: ReadOutput = ({ exitCode, stdout, stderr }) => {
  const ran = [...stdout.matchAll(/^test result: .*?(\d+) passed; (\d+) failed/gmu)];
  const failures = [...stdout.matchAll(/^test (.+?)(?: - should panic)? \.\.\. FAILED$/gmu)].map(
    ([, name = '']): TestFailure => {
      const start = stdout.indexOf(`---- ${name} stdout ----`);
      const rest = start < 0 ? '' : stdout.slice(start).split('\n').slice(1).join('\n');
      return { name, text: (rest.split(/^(?:----|failures:)/mu)[0] ?? '').trim() };
    },
  );
  const errors = stderr.split('\n').findIndex((line) => /^error(?:\[|:)/u.test(line));
  if (failures.length === 0 && exitCode !== 0)
    return errors < 0 || /no matching package|failed to (?:get|download|load)|offline/u.test(stderr)
      ? undefined
      : { failures: [{ name: 'cargo test', text: stderr.split('\n').slice(errors).join('\n'), whole: true }] };
  return { failures, ran: ran.reduce((sum, [, passed, failed]) => sum + Number(passed) + Number(failed), 0) };
};
