import {
  NootropicError,
  type ChangeOutcome,
  type ChangeRequest,
  type FileWrite,
  type Files,
  type Journal,
  type TurnEventBody,
} from '@nootropic/contracts';
import { createTwoFilesPatch, FILE_HEADERS_ONLY, structuredPatch } from 'diff';
import { changeEvents, type Checks } from './checks.ts';
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
    const { given, words } = yield* leave.obtain(
      paths.map((path) => ({ kind: 'path', tool, path })),
      () => ({ action: tool, callId, paths, detail: now.map(diffOf).join('\n') }),
    );
    if (!given) return refused(words);

    const exact = await Promise.all(
      now.map(async ({ write, bytes, fromBytes }) => ({
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
    for (const { content } of request.files)
      if (content !== null) seen.set(await sha256(encode(content)), decode(encode(content)));
    yield* changeEvents(step);
    const before = new Map(
      now.flatMap(({ write, bytes, fromBytes }): [string, Uint8Array | undefined][] =>
        write.from === undefined
          ? [[write.path, bytes]]
          : [
              [write.path, bytes],
              [write.from, fromBytes],
            ],
      ),
    );
    return yield* checks.judge({ callId, label, step, before });
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

/** The change of one file for the person who is asked. */
function diffOf({ write, bytes, fromBytes }: OnDisk): string {
  const { path, from, content } = write;
  const held = from === undefined ? bytes : fromBytes;
  const after = content === null ? undefined : encode(content);
  if (isBinary(held) || isBinary(after))
    return `Binary file ${path}: ${held?.length ?? 0} to ${after?.length ?? 0} bytes\n`;
  const moved = from === undefined ? '' : `rename from ${from}\nrename to ${path}\n`;
  return (
    moved +
    createTwoFilesPatch(
      held === undefined ? '/dev/null' : `a/${from ?? path}`,
      after === undefined ? '/dev/null' : `b/${path}`,
      held === undefined ? '' : decode(held),
      after === undefined ? '' : decode(after),
      undefined,
      undefined,
      { headerOptions: FILE_HEADERS_ONLY },
    )
  );
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
  const { hunks } = structuredPatch(path, path, known, text, undefined, undefined, { context: 3 });
  const shown = hunks.map(({ lines, newStart }) => {
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

function isBinary(bytes: Uint8Array | undefined): boolean {
  return bytes?.subarray(0, 8192).includes(0) === true;
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
