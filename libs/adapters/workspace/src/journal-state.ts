/** What stands at a path; `null` for nothing. */
export type PathState = FileState | LinkState | FolderState | null;

export interface FileState {
  readonly kind: 'file';
  /** The permission bits, with those for set-user, set-group and sticky. */
  readonly mode: number;
  readonly size: number;
  /** SHA-256 in hex; `null` where the content was not kept. */
  readonly hash: string | null;
  /** Of a file whose content was not kept: the time of its last change, which has to tell it from others. */
  readonly stamp?: string;
}

export interface LinkState {
  readonly kind: 'link';
  /** The bytes of the target, each as one character: a target need not be UTF-8. */
  readonly target: string;
}

export interface FolderState {
  readonly kind: 'folder';
  readonly mode: number;
}

/** What became of one path. A rename is two of them. */
export interface Move {
  readonly path: string;
  readonly before: PathState;
  readonly after: PathState;
}

export function sameState(a: PathState, b: PathState): boolean {
  if (a === null || b === null) return a === b;
  if (a.kind === 'link') return b.kind === 'link' && a.target === b.target;
  if (a.kind === 'folder') return b.kind === 'folder' && a.mode === b.mode;
  return b.kind === 'file' && a.mode === b.mode && sameContent(a, b);
}

export function sameContent(a: FileState, b: FileState): boolean {
  if (a.hash !== b.hash || a.size !== b.size) return false;
  return a.hash !== null || a.stamp === b.stamp;
}

export function hashOf(state: PathState): string | null {
  return state?.kind === 'file' ? state.hash : null;
}

export function isUnkept(state: PathState): boolean {
  return state?.kind === 'file' && state.hash === null;
}

/** The paths of the folders above one, the outermost first; without the root. */
export function foldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
}

export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Orders paths so that a folder comes before what lies in it. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
