import type { Files, SkippedFile } from '@nootropic/contracts';
import ignore from 'ignore';
import { ignoredByDefault } from './ignored-by-default.ts';

/** What applies inside one folder: the rules of that folder on top of those of every folder above it. */
export interface IgnoreRules {
  /** True when git would leave this out, or a `.nootropicignore` does. A folder ends with `/`. */
  ignores(path: string): boolean;
  /** The rules inside a folder that holds these ignore files. */
  inside(folder: string, sources: IgnoreSources): IgnoreRules;
}

export interface IgnoreSources {
  /** Text of the folder's `.gitignore`, empty when there is none. */
  readonly git: string;
  /** Text of the folder's `.nootropicignore`. It can only leave out more: its `!` takes back its own lines, never those of git. */
  readonly own: string;
}

export const ignoreFileNames = { git: '.gitignore', own: '.nootropicignore' } as const;

const maxIgnoreFileBytes = 256 * 1024;
const maxPatternLength = 512;
/** Each star of one name multiplies the work of matching it; four on a name of 255 characters are still fast. */
const maxStarsPerName = 4;
const maxDoubleStars = 3;

function isTooCostly(pattern: string): boolean {
  if (pattern.length > maxPatternLength) return true;
  const names = pattern.split('/');
  if (names.filter((name) => name === '**').length > maxDoubleStars) return true;
  return names.some((name) => name !== '**' && (name.match(/\*/gu)?.length ?? 0) > maxStarsPerName);
}

/**
 * Rewrites the lines of a nested ignore file as lines of one at the root, so that one list of rules holds them all
 * and the last match wins, as in git (https://git-scm.com/docs/gitignore).
 */
export function rootedPatterns(folder: string, text: string): string[] {
  const prefix = folder === '' ? '' : `/${folder.replace(/[\\*?[\]!# ]/gu, '\\$&')}`;
  const patterns: string[] = [];
  for (const line of text.replace(/^\ufeff/u, '').split(/\r?\n/u)) {
    if (line.trim() === '' || line.startsWith('#') || isTooCostly(line)) continue;
    if (prefix === '') {
      patterns.push(line);
      continue;
    }
    const negated = line.startsWith('!');
    const body = negated ? line.slice(1) : line;
    const slash = body.trimEnd().indexOf('/');
    const anchored = slash >= 0 && slash < body.trimEnd().length - 1;
    const rooted = body.startsWith('/') ? `${prefix}${body}` : anchored ? `${prefix}/${body}` : `${prefix}/**/${body}`;
    patterns.push(negated ? `!${rooted}` : rooted);
  }
  return patterns;
}

function matcher(base: ignore.Ignore | undefined, patterns: readonly string[]): ignore.Ignore {
  const made = ignore({ ignorecase: false, allowRelativePaths: true });
  if (base !== undefined) made.add(base);
  return made.add(patterns);
}

function rules(git: ignore.Ignore, own: ignore.Ignore): IgnoreRules {
  return {
    ignores: (path) => git.ignores(path) || own.ignores(path),
    inside(folder, sources) {
      const gitPatterns = rootedPatterns(folder, sources.git);
      const ownPatterns = rootedPatterns(folder, sources.own);
      return rules(
        gitPatterns.length > 0 ? matcher(git, gitPatterns) : git,
        ownPatterns.length > 0 ? matcher(own, ownPatterns) : own,
      );
    },
  };
}

/** The rules above every folder: what is left out by default. */
export function createIgnoreRules(): IgnoreRules {
  return rules(matcher(undefined, ignoredByDefault), matcher(undefined, []));
}

async function readIgnoreFile(files: Files, path: string): Promise<{ text: string; problem?: SkippedFile }> {
  try {
    return { text: new TextDecoder().decode(await files.read(path, { maxBytes: maxIgnoreFileBytes })) };
  } catch {
    return { text: '', problem: { path, reason: 'cannot be read: its rules do not apply' } };
  }
}

/** The ignore files among the names of one folder. One that cannot be read is reported and has no rules. */
export async function readIgnoreSources(
  files: Files,
  folder: string,
  names: ReadonlySet<string>,
): Promise<IgnoreSources & { readonly problems: readonly SkippedFile[] }> {
  const sources = { git: '', own: '' };
  const problems: SkippedFile[] = [];
  for (const kind of ['git', 'own'] as const) {
    const name = ignoreFileNames[kind];
    if (!names.has(name)) continue;
    const { text, problem } = await readIgnoreFile(files, folder === '' ? name : `${folder}/${name}`);
    sources[kind] = text;
    if (problem !== undefined) problems.push(problem);
    if (text.split(/\r?\n/u).some(isTooCostly)) {
      problems.push({
        path: folder === '' ? name : `${folder}/${name}`,
        reason: 'a pattern has too many stars to be applied',
      });
    }
  }
  return { ...sources, problems };
}
