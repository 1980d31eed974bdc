import {
  NootropicError,
  type Change,
  type ContextKind,
  type Files,
  type History,
  type Pages,
  type SkippedFile,
} from '@nootropic/contracts';
import { isSecretPath } from './secret-paths.ts';
import { readSourceText } from './source-text.ts';
import { walk, type WalkLimits } from './walk.ts';

/** What the originals are read with. */
export interface SourceOriginals {
  /** The files below an absolute path. Rejects with `PATH_NOT_FOUND`. */
  readonly folder: (path: string) => Promise<Files>;
  readonly pages: Pages;
  readonly history: History;
  /** Hex digest of bytes. */
  readonly hash: (bytes: Uint8Array) => string | Promise<string>;
}

/** One text of a source, before it is read. */
export interface SourceItem {
  readonly path: string;
  readonly kind: ContextKind;
  /** The first part, up to a space, tells contents apart; the rest is what can be compared without reading. */
  readonly mark: string;
  /** Reads it where the mark is not that of `known`; gives the whole mark too. A reason where there is nothing to keep. */
  read(known: string | undefined): Promise<ReadItem>;
}

export type ReadItem =
  | { readonly state: 'same' }
  | { readonly state: 'skipped'; readonly reason: string }
  | {
      readonly state: 'read';
      readonly title: string;
      readonly text: string;
      readonly mark: string;
      readonly from: string;
    };

const folderLimits: WalkLimits = {
  maxFileBytes: 10_000_000,
  maxDataFileBytes: 1_000_000,
  maxDepth: 32,
  maxFiles: 50_000,
};

/** The files of a folder of documents, with what is skipped. Ignore files hold as in a workspace. */
export async function* folderItems(
  originals: SourceOriginals,
  root: string,
  signal?: AbortSignal,
): AsyncGenerator<SourceItem | { readonly skipped: SkippedFile }> {
  const files = await originals.folder(root);
  for await (const walked of walk(files, folderLimits, signal)) {
    if ('skipped' in walked) yield walked;
    else yield folderItem(originals, files, walked.file);
  }
}

function folderItem(
  { pages, hash }: SourceOriginals,
  files: Files,
  file: { readonly path: string; readonly bytes: number; readonly mtimeMs: number },
): SourceItem {
  const stamp = `${String(file.bytes)}:${String(file.mtimeMs)}`;
  return {
    path: file.path,
    kind: 'document',
    mark: stamp,
    async read(known) {
      if (known?.split(' ')[1] === stamp) return { state: 'same' };
      try {
        const bytes = await files.read(file.path, { maxBytes: folderLimits.maxFileBytes });
        const page = await pages.text(file.path, bytes);
        const source = page ?? readSourceText(bytes);
        if ('reason' in source) return { state: 'skipped', reason: source.reason };
        const title = page?.title === undefined || page.title === '' ? file.path : page.title;
        const from = `${files.root}/${file.path}`;
        return { state: 'read', title, text: source.text, mark: `${await hash(bytes)} ${stamp}`, from };
      } catch (error) {
        const { code, message } = NootropicError.from(error);
        if (code === 'ABORTED') throw error;
        return { state: 'skipped', reason: code === 'PATH_NOT_FOUND' ? 'was removed meanwhile' : message };
      }
    },
  };
}

/** The one text of a page. */
export async function pageItem(originals: SourceOriginals, place: string, signal?: AbortSignal): Promise<SourceItem> {
  const { pages, hash } = originals;
  const isAddress = isWebAddress(place);
  if (!isAddress && isSecretPath(place))
    throw new NootropicError('DENIED', `${place} may hold secrets and is not read.`);
  const stamp = isAddress ? '' : await pages.mark(place);
  if (stamp === undefined) throw new NootropicError('PATH_NOT_FOUND', `There is no file ${place}.`);
  const url = isAddress ? URL.parse(place) : null;
  const last = (url?.pathname ?? place).split(/[\\/]/u).filter(Boolean).at(-1);
  return {
    path: (last ?? 'index').replace(/[\s:]+/gu, '-'),
    kind: 'page',
    mark: stamp,
    async read(known) {
      if (stamp !== '' && known?.split(' ')[1] === stamp) return { state: 'same' };
      const { title, text } = await pages.load(place, signal);
      const digest = await hash(new TextEncoder().encode(text));
      return { state: 'read', title: title === '' ? place : title, text, mark: `${digest} ${stamp}`, from: place };
    },
  };
}

/** Commits that are taken in at most; older ones seldom say what is true today. */
const mostCommits = 5000;
const diffsAtOnce = 50;

/** The commits, newest first: message, what it touched, and the lines it changed. */
export async function* historyItems(
  { history }: Pick<SourceOriginals, 'history'>,
  isKnown: (path: string) => boolean,
  signal?: AbortSignal,
): AsyncGenerator<SourceItem> {
  const options = { ...(signal && { signal }) };
  let unread: Change[] = [];
  const withDiffs = async (): Promise<SourceItem[]> => {
    const changes = unread;
    unread = [];
    const commits = changes.map(({ commit }) => commit);
    const diffs = new Map<string, string>();
    for await (const { commit, text } of history.diffs?.(commits, options) ?? []) diffs.set(commit, text);
    return changes.map((change) => commitItem(change, diffs.get(change.commit) ?? ''));
  };
  for await (const change of history.changes({ limit: mostCommits, ...options })) {
    if (isKnown(commitPath(change))) {
      yield commitItem(change, '');
      continue;
    }
    unread.push(change);
    if (unread.length === diffsAtOnce) yield* await withDiffs();
  }
  if (unread.length > 0) yield* await withDiffs();
}

function commitPath({ commit }: Change): string {
  return commit.slice(0, 12);
}

function commitItem(change: Change, diff: string): SourceItem {
  const { commit, message } = change;
  return {
    path: commitPath(change),
    kind: 'commit',
    mark: commit,
    async read(known) {
      await undefined;
      if (known === commit) return { state: 'same' };
      const [title = ''] = message.split('\n');
      return { state: 'read', title, text: commitText(change, diff), mark: commit, from: commit };
    },
  };
}

function commitText({ commit, author, at, message, paths }: Change, diff: string): string {
  const files = paths.map((path) => `  ${path}`).join('\n');
  const head = `commit ${commit}\nAuthor: ${author}\nDate: ${at}\n\n${message.trimEnd()}\n\nFiles:\n${files}\n`;
  const lines = withoutSecrets(diff).replaceAll('\0', '\ufffd');
  return lines === '' ? head : `${head}\n${lines}`;
}

/** A diff without the files that may hold secrets. */
function withoutSecrets(diff: string): string {
  const files = diff.split(/^(?=diff --git )/mu);
  return files
    .filter((file) => {
      const paths = /^diff --git "?a\/(.*?)"? "?b\/(.*?)"?$/mu.exec(file)?.slice(1) ?? [];
      return !paths.some((path) => isSecretPath(path));
    })
    .join('');
}

export function isWebAddress(place: string): boolean {
  return /^https?:\/\//iu.test(place);
}
