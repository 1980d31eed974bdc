import type { DiffAnswer } from '@nootropic/contracts';
import { plainOutput } from './plain-output.ts';

const verbs = { created: 'Add', modified: 'Change', deleted: 'Remove', renamed: 'Rename' } as const;
const longestSubject = 72;
/** Names in a line, and lines in a body. */
const mostNames = 4;
const mostFiles = 30;

type Changed = DiffAnswer['files'][number];

/** What a model wrote, as a message: without the fence, the label and the quotes that small models put around it. Empty where nothing is left. */
export function cleanMessage(text: string): string {
  const plain = plainOutput(text).trim();
  const fenced = /^(?:[^\n]{0,80}\n+)?```[\w-]*\n([\s\S]*?)\n?```/u.exec(plain)?.[1] ?? plain;
  const body = fenced.trim().replace(/^(?:\*\*)?(?:commit )?message:?(?:\*\*)?:?\s*/iu, '');
  const [first = '', ...rest] = body.split('\n').map((line) => line.trimEnd());
  const subject = first
    .replace(/^#+\s+/u, '')
    .replace(/^(["'`]|\*\*)(.*)\1$/u, '$2')
    .replace(/^(?:subject|title):\s*/iu, '')
    .replace(/(?<!\.)\.$/u, '')
    .trim();
  if (!/[\p{L}\p{N}]/u.test(subject)) return '';
  const words = rest
    .join('\n')
    .replace(/\n{3,}/gu, '\n\n')
    .trim();
  return words === '' ? subject : `${subject}\n\n${words}`;
}

/** A message made by rule, from the names of the files and symbols that changed. */
export function plainMessage(files: readonly Changed[]): string {
  const [only] = files;
  if (only === undefined) return 'Change nothing';
  if (files.length === 1) return subjectOf(only);
  const kinds = new Set(files.map(({ change }) => change));
  const [kind] = kinds;
  const verb = kinds.size === 1 && kind !== undefined ? verbs[kind] : 'Change';
  const folder = commonFolder(files.map(({ path }) => path));
  const subject = `${verb} ${files.length} files${folder === '' ? '' : ` in ${folder}`}`;
  const lines = files
    .slice(0, mostFiles)
    .map((file) => `- ${subjectOf(file, Infinity)} (+${file.added} -${file.removed})`);
  const more = files.length > mostFiles ? [`- and ${files.length - mostFiles} more`] : [];
  return `${subject}\n\n${[...lines, ...more].join('\n')}`;
}

function subjectOf(file: Changed, longest = longestSubject): string {
  const { path, from, change } = file;
  if (change === 'renamed') return `Rename ${from ?? ''} to ${path}`;
  const names = change === 'modified' ? symbolsOf(file) : [];
  const long = `${verbs[change]} ${names.slice(0, mostNames).join(', ')} in ${path}`;
  return names.length > 0 && long.length <= longest ? long : `${verbs[change]} ${path}`;
}

/** The names of the functions and classes that a file changed in, as far as git's own first lines tell. */
export function symbolsOf({ places }: Pick<Changed, 'places'>): string[] {
  const found = new Set<string>();
  for (const place of places) {
    const name =
      /\b(?:function\*?|class|interface|type|enum|struct|trait|impl|fn|def|module|const|let|var|namespace)\s+([\p{L}_$][\p{L}\p{N}_$]*)/u.exec(
        place,
      )?.[1] ??
      /^func\s*(?:\([^)]*\)\s*)?([\p{L}_][\p{L}\p{N}_]*)/u.exec(place)?.[1] ??
      /([\p{L}_$][\p{L}\p{N}_$]*)\s*\(/u.exec(place)?.[1];
    if (name !== undefined) found.add(name);
  }
  return [...found];
}

function commonFolder(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => path.split('/').slice(0, -1));
  const same = first.findIndex((name, at) => others.some((other) => other[at] !== name));
  return (same < 0 ? first : first.slice(0, same)).join('/');
}
