/** Where a path leads, by its name alone. */
export type Place =
  /** In the workspace: by its path from the root, `.` for the root itself. */
  | { readonly kind: 'inside'; readonly path: string }
  /** Outside of it, or nobody can say. */
  | { readonly kind: 'outside'; readonly path: string };

export interface PathSurroundings {
  /** The real path of the workspace, absolute. */
  readonly root: string;
  /** The user's home, absolute. Without it `~` leads outside. */
  readonly home?: string | undefined;
}

/** Takes `.` and `..` out of an absolute path. */
export function plainPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}

/** The absolute path that is meant, with `~` resolved; `undefined` for another user's home. */
export function absolutePath(path: string, { root, home }: PathSurroundings, folder = '.'): string | undefined {
  if (path === '~' || path.startsWith('~/'))
    return home === undefined ? undefined : plainPath(`${home}/${path.slice(1)}`);
  if (path.startsWith('~')) return undefined;
  return plainPath(path.startsWith('/') ? path : `${root}/${folder}/${path}`);
}

/** Where a path leads that is taken from `folder`, itself relative to the root. */
export function placeOf(path: string, around: PathSurroundings, folder = '.'): Place {
  const absolute = absolutePath(path.normalize('NFC'), around, folder.normalize('NFC'));
  if (absolute === undefined) return { kind: 'outside', path };
  const root = plainPath(around.root.normalize('NFC'));
  if (absolute === root) return { kind: 'inside', path: '.' };
  const prefix = root === '/' ? '/' : `${root}/`;
  return absolute.startsWith(prefix)
    ? { kind: 'inside', path: absolute.slice(prefix.length) }
    : { kind: 'outside', path: absolute };
}

/**
 * A name as the most tolerant file system would compare it: without case, in one normal form, without characters that HFS+ leaves out
 * (CVE-2014-9390), and without the dots, blanks and streams at its end that NTFS leaves out (CVE-2019-1352).
 */
export function foldName(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Cc}\p{Mn}]/gu, '')
    .toUpperCase()
    .toLowerCase()
    .replace(/:.*$/su, '')
    .replace(/[. ]+$/u, '');
}

function foldPath(path: string): string[] {
  return path
    .split(/[/\\]/u)
    .filter((segment) => segment !== '')
    .map(foldName);
}

/** Folders that programs read settings from which name other programs, and what a shell runs when it starts. At any depth, whether they exist or not. */
const protectedNames: ReadonlySet<string> = new Set([
  ...['.git', '.nootropic', '.vscode', '.idea', '.hg', '.ssh', '.gnupg'],
  ...['.bashrc', '.bash_profile', '.bash_login', '.bash_logout', '.bash_aliases', '.profile', '.inputrc'],
  ...['.zshrc', '.zshenv', '.zprofile', '.zlogin', '.zlogout', '.kshrc', '.cshrc', '.tcshrc', '.login', '.gitconfig'],
]);

/** The short names that FAT and NTFS make of them. */
const shortNames = /^(?:git|nootro|vscode|idea|hg|ssh|gnupg|bashrc|bash_p|profil|zshrc|gitcon)~\d+$/u;

/** Names of files that later runs take orders from: what is written there acts without being asked for again. */
const steeringNames: ReadonlySet<string> = new Set([
  ...['agents.md', 'claude.md', 'gemini.md', 'skill.md', 'copilot-instructions.md', '.cursorrules', '.mcp.json'],
  ...['package.json', 'makefile', 'gnumakefile', 'justfile', '.npmrc', '.yarnrc', '.yarnrc.yml', '.pnpmfile.cjs'],
  ...['.gitmodules', '.gitattributes', '.envrc', '.pre-commit-config.yaml', 'lefthook.yml', '.gitlab-ci.yml'],
  ...[
    '.husky',
    '.github',
    '.circleci',
    '.devcontainer',
    '.cursor',
    '.claude',
    '.gemini',
    '.codex',
    '.yarn',
    'jenkinsfile',
  ],
  // With `objects` and `refs` beside it this makes a folder a repository, and git takes settings from it.
  'head',
]);

/** Why no tool may write there, or `undefined`. */
export function whyProtected(path: string): string | undefined {
  const segments = foldPath(path);
  const found = segments.find((segment) => protectedNames.has(segment) || shortNames.test(segment));
  if (found !== undefined) return `${found} is written by nobody but you`;
  if (segments.some((segment, index) => segment === 'fish' && segments[index - 1] === '.config'))
    return 'settings of a shell are written by nobody but you';
  return undefined;
}

/** Why writing there is asked in every mode, or `undefined`. */
export function whySteering(path: string): string | undefined {
  const found = foldPath(path).find((segment) => steeringNames.has(segment));
  return found === undefined ? undefined : `${found} tells programs or agents what to run`;
}

/** Whether a path is one of these, or below one. Compared without case. */
export function isBelow(path: string, folders: readonly string[]): boolean {
  const segments = foldPath(path).join('/');
  return folders.some((folder) => {
    const own = foldPath(folder).join('/');
    return segments === own || segments.startsWith(`${own}/`);
  });
}

/** Whether a path holds signs that the shell may fill in. */
export function isGlob(path: string): boolean {
  return /[*?[{]/u.test(path);
}
