import { failed, passed, unable, type Judging, type Verdict } from './judging.ts';
import type { ProgramEnd, ProgramRequest } from './programs.ts';

/** One thing that a checker found wrong. */
export interface Diagnostic {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** A checker of the project that prints what it finds. */
export interface Checker {
  /** `types (mypy)`. */
  readonly name: string;
  readonly request: ProgramRequest;
  /** What it found, with paths relative to the root; `undefined` where it did not come to check anything. */
  readonly parse: (end: {
    readonly exitCode: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }) => readonly Diagnostic[] | undefined;
}

const mostShown = 10;

function keyOf({ path, text }: Diagnostic): string {
  return `${path}\n${text.replace(/\d+/gu, '#')}`;
}

/** Those of `after` that `before` does not have; lines may have moved. */
export function newDiagnostics(before: readonly Diagnostic[], after: readonly Diagnostic[]): Diagnostic[] {
  const left = new Map<string, number>();
  for (const one of before) left.set(keyOf(one), (left.get(keyOf(one)) ?? 0) + 1);
  return after.filter((one) => {
    const count = left.get(keyOf(one)) ?? 0;
    if (count > 0) left.set(keyOf(one), count - 1);
    return count === 0;
  });
}

export async function shownDiagnostics(found: readonly Diagnostic[], { project, changed }: Judging): Promise<string> {
  const order = changed.map(({ path }) => path);
  const rank = ({ path }: Diagnostic): number => (order.includes(path) ? 0 : 1);
  const sorted = [...found].sort((one, other) => rank(one) - rank(other));
  const lines: string[] = [];
  for (const { path, line, text } of sorted.slice(0, mostShown)) {
    const written = (await project.text(path))?.split('\n')[line - 1]?.trim().slice(0, 160) ?? '';
    lines.push(`${path}:${String(line)}: ${text.slice(0, 600)}${written === '' ? '' : `\n    ${written}`}`);
  }
  const more = found.length - mostShown;
  return [...lines, ...(more > 0 ? [`and ${String(more)} more`] : [])].join('\n');
}

function firstLines(end: Exclude<ProgramEnd, { unable: string }>): string {
  return `${end.stderr}\n${end.stdout}`.trim().split('\n').slice(0, 6).join('\n').slice(0, 600);
}

/** Runs a checker, and where it finds something, again on what was there before: only what is new counts. */
export async function judgeByDiagnostics(checker: Checker, judging: Judging): Promise<Verdict> {
  const { name, request, parse } = checker;
  const { programs, changed } = judging;
  const end = await programs.run(request);
  if ('unable' in end) return unable(name, end.unable);
  const found = parse(end);
  if (found === undefined) return unable(name, `it ended with ${String(end.exitCode)}: ${firstLines(end)}`);
  if (found.length === 0) return passed(name);
  const earlier = await programs.runBefore(request);
  const known = 'unable' in earlier ? undefined : parse(earlier);
  const touched = new Set(changed.map(({ path }) => path));
  // Without a comparison only what stands in the changed files is held against the attempt.
  const fresh = known === undefined ? found.filter(({ path }) => touched.has(path)) : newDiagnostics(known, found);
  return fresh.length === 0 ? passed(name) : failed(name, await shownDiagnostics(fresh, judging));
}

/** Lines `PATH:LINE[:COLUMN]: TEXT`, as most checkers print them. */
export function parseColonLines(
  text: string,
  fits: (message: string) => boolean = () => true,
  prefix = '',
): Diagnostic[] {
  return text.split('\n').flatMap((printed): Diagnostic[] => {
    const [, path, line, message] = /^(?:vet: )?([^\s:][^:\n]*):(\d+)(?::\d+)?: ?(.+)$/u.exec(printed) ?? [];
    if (path === undefined || line === undefined || message === undefined || !fits(message)) return [];
    const plain = path.replace(/^\.\//u, '');
    return [
      {
        path: prefix === '' || prefix === '.' ? plain : `${prefix}/${plain}`,
        line: Number(line),
        text: message.trim(),
      },
    ];
  });
}
