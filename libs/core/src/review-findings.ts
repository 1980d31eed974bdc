import type { Files, Finding } from '@nootropic/contracts';

export interface Findings {
  readonly findings: Finding[];
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

/** Counts the lines of files; what leads out of their root, or is no file, has none. */
export function lineCounter(files: Pick<Files, 'read'>): (path: string) => Promise<number | undefined> {
  const known = new Map<string, Promise<number | undefined>>();
  const count = async (path: string): Promise<number | undefined> => {
    try {
      const text = new TextDecoder().decode(await files.read(path));
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
