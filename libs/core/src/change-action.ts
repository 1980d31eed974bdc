import {
  NootropicError,
  type ChangeOutcome,
  type ChangeRequest,
  type FileWrite,
  type Files,
  type Journal,
  type TurnEventBody,
} from '@nootropic/contracts';
import { changeParts, type ShownChange } from './change-selection.ts';
import { changeEvents, type Checks } from './checks.ts';
import { hunksBetween, isBinary } from './diff-hunks.ts';
import { wordsOf, type Leave } from './leave.ts';
import { cutMiddle } from './prompt.ts';
import { sha256 } from './sha256.ts';

export interface ChangeActionOptions {
  readonly files: Files;
  readonly journal: () => Promise<Journal>;
  readonly leave: Leave;
  readonly checks: Checks;
  readonly isSecretPath: (path: string) => boolean;
  readonly scope: { readonly sessionId: string; readonly turnId: string };
}

/** A file as it is on the disk, as text for a diff; `undefined` bytes: there is none. */
interface OnDisk {
  readonly write: FileWrite;
  readonly bytes: Uint8Array | undefined;
  readonly fromBytes: Uint8Array | undefined;
}

/** Characters of a changed file that the model is shown when its change did not fit. */
const shownOfChanged = 6000;
/** Characters of what a person left out that the model is shown. */
const shownOfLeftOut = 12_000;

/**
 * Changes of files: leave is obtained for exactly the bytes that are then written over exactly the bytes that were shown, so that neither the
 * tool nor somebody else can put other content in between.
 */
export function createChangeAction(options: ChangeActionOptions) {
  const { files, leave, checks, scope } = options;
  /** What files were seen to hold, by its hash: to say what changed since. */
  const seen = new Map<string, string>();

  const read = async (path: string): Promise<Uint8Array | undefined> => {
    try {
      const bytes = await files.read(path);
      seen.set(await sha256(bytes), decode(bytes));
      return bytes;
    } catch (cause) {
      if (NootropicError.is(cause) && cause.code === 'PATH_NOT_FOUND') return undefined;
      throw cause;
    }
  };

  async function* change(request: ChangeRequest): AsyncGenerator<TurnEventBody, ChangeOutcome> {
    const { callId, tool, label } = request;
    if (request.files.length === 0) return refused('There is nothing to change.');
    let now: OnDisk[];
    try {
      now = await Promise.all(
        request.files.map(async (write) => ({
          write,
          bytes: await read(write.path),
          fromBytes: write.from === undefined ? undefined : await read(write.from),
        })),
      );
    } catch (cause) {
      return refused(wordsOf(cause));
    }
    for (const { write, bytes, fromBytes } of now) {
      const held = write.from === undefined ? bytes : fromBytes;
      const actual = await hashOf(held);
      if (write.expects !== undefined && write.expects !== actual) return refused(changedWords(write, held, seen));
    }
    const paths = request.files.flatMap(({ path, from }) => (from === undefined ? [path] : [path, from]));
    const parts = changeParts(now.map(shownOf));
    const { given, words, without } = yield* leave.obtain(
      paths.map((path) => ({ kind: 'path', tool, path })),
      () => ({ action: tool, callId, paths, detail: parts.detail() }),
      { checkWithout: (left) => parts.check(left) },
    );
    if (!given) return refused(words);
    const { writes, leftOut } = parts.select(without);
    if (writes.length === 0 && leftOut !== undefined)
      return refused(
        'The user left out all of this change. Do not try the same again; do it in another way, or ask what is wanted.',
      );
    const allowed = new Map(writes.map((write) => [write.path, write]));
    const made = now.flatMap((each): OnDisk[] => {
      const write = allowed.get(each.write.path);
      return write ? [{ ...each, write }] : [];
    });
    const exact = await Promise.all(
      made.map(async ({ write, bytes, fromBytes }) => ({
        ...write,
        expects: await hashOf(write.from === undefined ? bytes : fromBytes),
      })),
    );
    const journal = await options.journal();
    let step;
    try {
      step = await journal.write({ ...scope, label }, exact);
    } catch (cause) {
      if (!NootropicError.is(cause) || cause.code !== 'FILE_CHANGED') return refused(wordsOf(cause));
      for (const write of exact) {
        const held = await read(write.from ?? write.path);
        if ((await hashOf(held)) !== write.expects) return refused(changedWords(write, held, seen));
      }
      return refused(wordsOf(cause));
    }
    for (const { content } of exact)
      if (content !== null) seen.set(await sha256(encode(content)), decode(encode(content)));
    yield* changeEvents(step);
    const before = new Map(
      made.flatMap(({ write, bytes, fromBytes }): [string, Uint8Array | undefined][] =>
        write.from === undefined
          ? [[write.path, bytes]]
          : [
              [write.path, bytes],
              [write.from, fromBytes],
            ],
      ),
    );
    const outcome = yield* checks.judge({ callId, label, step, before });
    return leftOut === undefined ? outcome : { ...outcome, content: `${leftOutWords(leftOut)}\n\n${outcome.content}` };
  }

  return {
    change,
    /** A text file as it is on the disk. */
    async source(path: string): Promise<{ readonly text: string; readonly hash: string } | undefined> {
      if (options.isSecretPath(path)) throw new NootropicError('DENIED', `${path} may hold secrets and is not read.`);
      const bytes = await read(path);
      if (bytes === undefined) return undefined;
      try {
        const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
        if (!text.includes('\0')) return { text, hash: await sha256(bytes) };
      } catch {
        // Said below.
      }
      throw new NootropicError('INPUT_INVALID', `${path} is not a text file.`);
    },
  };
}

function refused(content: string): ChangeOutcome {
  return { ok: false, state: 'refused', content };
}

function shownOf({ write, bytes, fromBytes }: OnDisk): ShownChange {
  return { write, held: write.from === undefined ? bytes : fromBytes };
}

/** What the model is told of a change that was made in part. */
function leftOutWords(leftOut: string): string {
  return [
    'The user allowed this change in part. These parts were left out, and are not in the files:',
    cutMiddle(leftOut, shownOfLeftOut),
    'Do not make them again unless the user asks for them. What follows is about the rest.',
  ].join('\n\n');
}

/** What a file holds now that the model did not expect, with its lines. */
function changedWords(write: FileWrite, held: Uint8Array | undefined, seen: ReadonlyMap<string, string>): string {
  const path = write.from ?? write.path;
  if (held === undefined) return `${path} is not there any more: somebody removed it. Nothing was written.`;
  if (write.expects === null) return `${path} exists already. Read it first, then change it. Nothing was written.`;
  const known = write.expects === undefined ? undefined : seen.get(write.expects);
  const said = `${path} is not as it was when you read it: somebody changed it. Nothing was written.`;
  const text = decode(held);
  if (known === undefined || isBinary(held))
    return `${said} It is now:\n${cutMiddle(numbered(text.split('\n'), 1), shownOfChanged)}`;
  const shown = (hunksBetween(known, text) ?? []).map(({ lines, newStart }) => {
    const fresh = lines.filter((line) => !line.startsWith('-') && !line.startsWith('\\'));
    return numbered(
      fresh.map((line) => line.slice(1)),
      newStart,
    );
  });
  return `${said} What is new there:\n${cutMiddle(shown.join('\n…\n'), shownOfChanged)}\nMake the change anew on that.`;
}

function numbered(lines: readonly string[], first: number): string {
  return lines.map((line, index) => `${first + index}: ${line}`).join('\n');
}

function encode(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

async function hashOf(bytes: Uint8Array | undefined): Promise<string | null> {
  return bytes === undefined ? null : sha256(bytes);
}
