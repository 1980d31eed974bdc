import { lstat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import { placeOf, type Confinement } from './confined-place.ts';
import { fileError } from './file-error.ts';
import { partsBelow, workspaceParts } from './workspace-path.ts';

/** What may be written below a root. */
export interface JournalGuard {
  readonly confinement: Confinement;
  /**
   * Where a write to this path lands, relative to the root: links that stay below the root are followed, the last name too; names that
   * do not exist yet stay as they are. Rejects with `PATH_OUTSIDE_ROOT`, `DENIED` or `INPUT_INVALID`.
   */
  targetOf(path: string): Promise<string>;
  /** Whether a path without links may never be written nor recorded. `relaxed`: only what is the version control's on this very file system. */
  isProtected(path: string, relaxed?: boolean): boolean;
}

/** Default-ignorable characters, which HFS+ drops from names: `.g\u200cit` would be `.git` there (CVE-2014-9390). */
const ignoredByHfs = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff\u00ad\u200b\u2060-\u2064]/gu;

/** A name as the most forgiving of file systems reads it. */
function folded(name: string): string {
  const [stem = ''] = name.normalize('NFC').replace(ignoredByHfs, '').split(':');
  return stem.replace(/[. ]+$/u, '').toLowerCase();
}

/** Whether a name is that of the version control's folder, on any file system: by case, by what is dropped, by its short form on NTFS. */
export function isGitName(name: string): boolean {
  return /^(?:\.git|git~\d+)$/u.test(folded(name));
}

/** Guards a root. `protectedPaths` are absolute; what lies at or below one of them is never touched. */
export function createJournalGuard(confinement: Confinement, protectedPaths: readonly string[]): JournalGuard {
  const { root, flavour } = confinement;
  const own = protectedPaths.flatMap((path) => {
    const below = partsBelow(root, path, flavour);
    return below ? [below.map(folded).join('/')] : [];
  });
  const everything = own.includes('') || protectedPaths.some((path) => partsBelow(path, root, flavour) !== undefined);
  const isOwn = (path: string): boolean => {
    if (own.length === 0) return false;
    const plain = path.split('/').map(folded).join('/');
    return everything || own.some((each) => plain === each || plain.startsWith(`${each}/`));
  };
  const exact = !flavour.caseInsensitive && !flavour.normalizing;
  const guard: JournalGuard = {
    confinement,
    isProtected(path, relaxed = false) {
      const isGit = relaxed && exact ? (name: string): boolean => name === '.git' : isGitName;
      return path.split('/').some(isGit) || isOwn(path);
    },
    async targetOf(path) {
      const parts = workspaceParts(path, root, flavour);
      const refuse = (at: string): void => {
        if (guard.isProtected(at)) throw denied(path);
      };
      refuse(parts.join('/'));
      const target = await resolved(confinement, parts).catch((error: unknown) => {
        throw fileError(error, path);
      });
      refuse(target);
      if (target === '') throw new NootropicError('INPUT_INVALID', `${JSON.stringify(path)} is the folder itself.`);
      return target;
    },
  };
  return guard;
}

function denied(path: string): NootropicError {
  return new NootropicError(
    'DENIED',
    `${JSON.stringify(path)} is never written: it belongs to the version control, or to nootropic itself.`,
    {
      hint: 'Make this change yourself, outside of the assistant.',
    },
  );
}

/** Follows what exists; the rest of the names are kept as they are. */
async function resolved(confinement: Confinement, parts: readonly string[]): Promise<string> {
  if (parts.length === 0) return '';
  const whole = parts.join('/');
  try {
    const place = await placeOf(confinement, whole);
    return relativeTo(confinement.root, place.absolute);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const name = parts.at(-1) ?? '';
  const folder = await resolved(confinement, parts.slice(0, -1));
  const there = await lstat(join(confinement.root, folder, name)).catch(() => undefined);
  if (there)
    throw new NootropicError('PATH_NOT_FOUND', `${JSON.stringify(whole)} is a symbolic link to what does not exist.`);
  return folder === '' ? name : `${folder}/${name}`;
}

export function relativeTo(root: string, absolute: string): string {
  if (absolute === root) return '';
  const start = root.endsWith(sep) ? root : root + sep;
  return absolute.slice(start.length).split(sep).join('/');
}
