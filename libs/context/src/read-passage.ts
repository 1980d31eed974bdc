import { NootropicError, type Files, type Knowledge } from '@nootropic/contracts';
import { isSecretPath } from './secret-paths.ts';
import { decode, splitLines } from './source-text.ts';
import { workspacePath } from './workspace-path.ts';

/**
 * Lines of a file of the workspace. A range that goes past the end is cut there; one that starts past it rejects with `INPUT_INVALID`.
 * A symbolic link is not read: it could lead to a file that holds secrets.
 */
export async function readPassage(
  files: Files,
  path: string,
  range?: { readonly startLine: number; readonly endLine: number },
): ReturnType<Knowledge['read']> {
  const at = workspacePath(files, path);
  if (isSecretPath(at)) {
    throw new NootropicError('DENIED', `${at} may hold secrets and is not read.`, {
      hint: 'Open it yourself; nootropic never reads keys and password files.',
    });
  }
  const link = await linkOnTheWay(files, at);
  if (link !== undefined) throw new NootropicError('DENIED', `${link} is a symbolic link and is not followed.`);
  const text = decode(await files.read(at === '' ? '.' : at));
  if (text === undefined) throw new NootropicError('INPUT_INVALID', `${at} is not a text file.`);
  const lines = splitLines(text);
  const totalLines = lines.length;
  if (range === undefined)
    return { text: lines.join('\n'), startLine: Math.min(1, totalLines), endLine: totalLines, totalLines };
  const startLine = Math.max(1, Math.floor(range.startLine));
  const endLine = Math.min(totalLines, Math.floor(range.endLine));
  if (!(startLine <= endLine)) {
    throw new NootropicError(
      'INPUT_INVALID',
      `${at} has ${String(totalLines)} lines; ${String(range.startLine)}-${String(range.endLine)} is no range of them.`,
    );
  }
  return { text: lines.slice(startLine - 1, endLine).join('\n'), startLine, endLine, totalLines };
}

const sameName = (one: string, other: string): boolean =>
  one.normalize('NFC').toLowerCase() === other.normalize('NFC').toLowerCase();

/** The first symbolic link on the way to a path. Only a listing tells: other calls follow a link that stays in the workspace. */
async function linkOnTheWay(files: Files, path: string): Promise<string | undefined> {
  const parts = path === '' ? [] : path.split('/');
  for (const [depth, name] of parts.entries()) {
    const folder = parts.slice(0, depth).join('/');
    const entries = await files.list(folder === '' ? '.' : folder);
    const link = entries.find(
      (entry) => entry.kind === 'link' && sameName(entry.path.slice(entry.path.lastIndexOf('/') + 1), name),
    );
    if (link !== undefined) return link.path;
  }
  return undefined;
}
