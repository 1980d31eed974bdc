import { readFile, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';

/** A fault that a review found. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly title: string;
  readonly input: string;
  readonly outcome: string;
}

export interface Findings {
  readonly findings: readonly Finding[];
  /** How many were dropped, since they named no place that there is, or no scenario. */
  readonly dropped: number;
}

/**
 * The findings at the end of a review, as its agent concludes it. Those without a line, and those whose file or line is not there, are counted and dropped.
 *
 * @param lineCount The lines of a file of the workspace; undefined where there is none.
 */
export async function readFindings(
  text: string,
  lineCount: (path: string) => Promise<number | undefined>,
): Promise<Findings> {
  const end = text.slice(Math.max(0, text.lastIndexOf('\nFindings:\n')));
  const found = [
    ...end.matchAll(
      /^\d+\. (?<place>\S+?)(?::(?<line>\d+))?: (?<title>.+)\n {3}Input: (?<input>.+)\n {3}Wrong: (?<outcome>.+)$/gmu,
    ),
  ];
  let dropped = Number(/^\[Left out: (\d+) /mu.exec(end)?.[1] ?? 0);
  const findings: Finding[] = [];
  for (const { groups } of found) {
    const { place: path = '', line, title = '', input = '', outcome = '' } = groups ?? {};
    const lines = await lineCount(path);
    const at = Number(line);
    if (line === undefined || lines === undefined || at < 1 || at > lines) dropped += 1;
    else findings.push({ path, line: at, title, input, outcome });
  }
  return { findings, dropped };
}

/** Counts lines of files below a folder; what leads out of it, or is no file, has none. */
export function lineCounter(workspace: string): (path: string) => Promise<number | undefined> {
  const known = new Map<string, Promise<number | undefined>>();
  const count = async (path: string): Promise<number | undefined> => {
    try {
      const file = await realpath(join(workspace, path));
      const inside = relative(await realpath(workspace), file);
      if (inside === '' || isAbsolute(inside) || inside.split(sep)[0] === '..') return undefined;
      const text = await readFile(file, 'utf8');
      return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
    } catch {
      return undefined;
    }
  };
  return (path) => {
    const counted = known.get(path) ?? count(path);
    known.set(path, counted);
    return counted;
  };
}
