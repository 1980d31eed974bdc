import { drawn } from './function-set.ts';

/** A commit as `git log` tells of it. */
export interface LoggedCommit {
  readonly hash: string;
  readonly message: string;
  /** `M` for a changed file, `A` for a new one, and so on. */
  readonly files: readonly { readonly status: string; readonly path: string }[];
}

/** What a commit says, and the files that it changed. */
export interface CommitQuestion {
  readonly commit: string;
  readonly question: string;
  readonly paths: readonly string[];
}

const separators = { commit: '\u001e', field: '\u001f' };
/** What `git log` is to be told so that `readLog` understands it. */
export const logArguments = ['--no-merges', '--no-renames', '--name-status', '--format=%x1e%H%x1f%B%x1f'];

const limits = { files: 10, words: 3, chars: 500 };

export function readLog(text: string): LoggedCommit[] {
  return text
    .split(separators.commit)
    .slice(1)
    .map((entry) => {
      const [hash = '', message = '', list = ''] = entry.split(separators.field);
      const files = list.split('\n').flatMap((line) => {
        const [status, path] = line.split('\t');
        return status && path ? [{ status, path }] : [];
      });
      return { hash, message: message.trim(), files };
    });
}

/**
 * The commits whose message can be asked for: they change at most ten files, one at least that is in the tree that is searched, and their
 * message has words of its own. New files cannot be found there, so they count neither as found nor as missed.
 */
export function commitQuestions(
  commits: readonly LoggedCommit[],
  known: ReadonlySet<string>,
  { most, seed = 1 }: { readonly most: number; readonly seed?: number },
): CommitQuestion[] {
  const questions = commits.flatMap(({ hash, message, files }): CommitQuestion[] => {
    const paths = files.filter(({ status, path }) => status === 'M' && known.has(path)).map(({ path }) => path);
    const question = messageOf(message);
    const isUsable = files.length <= limits.files && paths.length > 0 && question.split(/\s+/u).length >= limits.words;
    return isUsable ? [{ commit: hash, question, paths }] : [];
  });
  return drawn(questions, { most, seed });
}

/** A message without what programs add to it. */
function messageOf(message: string): string {
  return message
    .split('\n')
    .filter(
      (line) =>
        !/^([\w-]+-by|change-id|pr-url):|^(close[sd]?|fix(e[sd])?|refs?|see):?\s+(#\d|https?:)/iu.test(line.trim()),
    )
    .join(' ')
    .replaceAll(/https?:\S+|\(?#\d+\)?/gu, ' ')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .slice(0, limits.chars);
}
