import { NootropicError, type SourceInput } from '@nootropic/contracts';

const scheme = 'source://';
const namePattern = /^[A-Za-z0-9][\w.-]{0,63}$/u;

/** The path of a passage of a source: `source://docs/guide/start.md`. No file of a workspace has one like it. */
export function sourcePath(name: string, path: string): string {
  return `${scheme}${name}/${path}`;
}

/** The name and the path in `source://NAME/PATH`; `undefined` for any other path. */
export function parseSourcePath(path: string): { readonly name: string; readonly path: string } | undefined {
  if (!path.startsWith(scheme)) return undefined;
  const slash = path.indexOf('/', scheme.length);
  if (slash < 0) return undefined;
  return { name: path.slice(scheme.length, slash), path: path.slice(slash + 1) };
}

/** Entries of the context store that belong to one source. `source/` holds what a source is, `in/` what is in it. */
export const entryNames = {
  sources: 'source/',
  contents: 'in/',
  source: (name: string) => `source/${name}`,
  content: (name: string, path = '') => `in/${name}/${path}`,
};

/** The name that is asked for, or one made from the place. Throws `INPUT_INVALID` for a name that could not be cited. */
export function nameOf({ kind, place = '', name }: SourceInput): string {
  if (name !== undefined) {
    if (namePattern.test(name)) return name;
    throw new NootropicError(
      'INPUT_INVALID',
      `"${name}" cannot name a source: a name has letters, digits, ".", "_" and "-", begins with a letter or a digit, and has at most 64 of them.`,
    );
  }
  if (kind === 'history' || kind === 'notes') return kind;
  const url = kind === 'page' && /^https?:/iu.test(place) ? URL.parse(place) : null;
  const last = (url === null ? place : url.pathname).split(/[\\/]/u).filter(Boolean).at(-1) ?? url?.hostname ?? '';
  const made = last
    .normalize('NFKD')
    .replace(/\.(?:x?html?|mhtml?|md|markdown|txt)$/iu, '')
    .replace(/[^A-Za-z0-9._-]+/gu, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/gu, '')
    .slice(0, 64);
  return made === '' ? kind : made;
}
