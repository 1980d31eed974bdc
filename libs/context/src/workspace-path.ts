import { NootropicError, type Files } from '@nootropic/contracts';

/**
 * A path as the workspace names it: relative to the root, with `/`, without `.` and `..`; empty for the root itself.
 * An absolute path below the root is taken too. Rejects what leads out with `PATH_OUTSIDE_ROOT`.
 */
export function workspacePath(files: Files, path: string): string {
  const root = files.root.replace(/[/\\]+$/u, '');
  const below =
    path === root
      ? ''
      : path.startsWith(`${root}/`) || path.startsWith(`${root}\\`)
        ? path.slice(root.length + 1)
        : path;
  const outside = (): NootropicError => new NootropicError('PATH_OUTSIDE_ROOT', `${path} leads out of the workspace.`);
  if (/^([/\\]|[A-Za-z]:)/u.test(below) || below.includes('\0')) throw outside();
  const parts: string[] = [];
  // A backslash separates on Windows only; elsewhere it is a character of a name.
  for (const part of (/^[A-Za-z]:/u.test(root) ? below.replaceAll('\\', '/') : below).split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) throw outside();
  }
  return parts.join('/');
}
