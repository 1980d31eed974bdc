import { fstatSync } from 'node:fs';
import { homedir } from 'node:os';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { NootropicError } from '@nootropic/contracts';
import { openAddress } from './open-address.ts';
import type { Input, InputKind, Output, Surroundings } from './surroundings.ts';

/** How long standard input may be silent before a person is told what the program waits for, in milliseconds. */
const patience = 2000;
/** A key that comes sooner than this after it is waited for was pressed before anybody could read what it is for, in milliseconds. */
const typedAheadMs = 300;
/** More than this is no context for a question: a model reads a hundredth of it. */
const maxInputBytes = 4_000_000;

function output(stream: NodeJS.WriteStream): Output {
  let closed = false;
  const listeners: (() => void)[] = [];
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED' && error.code !== 'EOF') {
      // A full disk behind `> file`, for instance. What is worked on is stored, but it cannot be shown.
      if (stream !== process.stderr) process.stderr.write(`error: the output cannot be written: ${error.message}\n`);
      process.exit(1);
    }
    closed = true;
    for (const listener of listeners) listener();
  });
  return {
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns || 80;
    },
    write: (text) =>
      new Promise((resolve) => {
        if (closed || text === '') resolve();
        else stream.write(text, () => resolve());
      }),
    onClosed: (listener) => {
      listeners.push(listener);
    },
  };
}

function inputKind(): InputKind {
  if (process.stdin.isTTY) return 'terminal';
  try {
    const stat = fstatSync(0);
    if (stat.isFile()) return 'file';
    if (stat.isFIFO()) return 'pipe';
    if (stat.isSocket()) return 'socket';
  } catch {
    // A closed standard input cannot be looked at; there is nothing to read from it either.
  }
  return 'nothing';
}

/** Lines of standard input, one for each call; undefined at its end and after Ctrl-C. */
function createLineQueue(): () => Promise<string | undefined> {
  const reader = createInterface({ input: process.stdin });
  const lines = reader[Symbol.asyncIterator]();
  process.once('SIGINT', () => reader.close());
  process.once('SIGTERM', () => reader.close());
  process.once('SIGHUP', () => reader.close());
  return async () => {
    const { value, done } = await lines.next();
    return done === true ? undefined : value;
  };
}

function input(): Input {
  const kind = inputKind();
  let lines: (() => Promise<string | undefined>) | undefined;
  return {
    kind,
    readAll: ({ firstByteMs, onWait } = {}) =>
      new Promise((resolve, reject) => {
        const stream = process.stdin;
        const pieces: Buffer[] = [];
        let size = 0;
        const stop = (): void => {
          clearTimeout(limit);
          clearTimeout(notice);
          stream.off('data', take).off('end', finish).off('error', reject).pause();
          // A pipe that stays open must not keep the process alive.
          if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
        };
        const finish = (): void => {
          stop();
          resolve(Buffer.concat(pieces).toString('utf8'));
        };
        const take = (piece: Buffer): void => {
          clearTimeout(limit);
          clearTimeout(notice);
          pieces.push(piece);
          size += piece.length;
          if (size <= maxInputBytes) return;
          stop();
          stream.destroy();
          reject(
            new NootropicError('INPUT_INVALID', `Standard input holds more than ${maxInputBytes / 1e6} MB.`, {
              hint: 'Pipe in the part that matters, for example with `tail -c 100000`.',
            }),
          );
        };
        const limit = firstByteMs === undefined ? undefined : setTimeout(finish, firstByteMs);
        const notice = onWait === undefined ? undefined : setTimeout(onWait, patience);
        stream.on('data', take).on('end', finish).on('error', reject);
      }),
    chunks: () => process.stdin as AsyncIterable<Buffer>,
    readLine: () =>
      new Promise((resolve) => {
        const lines = createInterface({ input: process.stdin });
        let answer = '';
        lines.once('line', (line) => {
          answer = line;
          lines.close();
        });
        lines.once('close', () => resolve(answer));
      }),
    nextLine: () => {
      lines ??= createLineQueue();
      return lines();
    },
    readKey: () =>
      new Promise((resolve) => {
        const { stdin } = process;
        const since = performance.now();
        const take = (piece: Buffer | string): void => {
          const text = String(piece);
          if (text !== '\u0003' && performance.now() - since < typedAheadMs) return;
          stdin.off('data', take);
          stdin.setRawMode?.(false);
          stdin.pause();
          // In this mode Ctrl-C is a character and no signal.
          if (text === '\u0003') process.emit('SIGINT');
          resolve(text === '\u0003' ? '' : text);
        };
        stdin.setRawMode?.(true);
        stdin.on('data', take);
        stdin.resume();
      }),
    readHidden: () =>
      new Promise((resolve) => {
        const nowhere = new Writable({ write: (_piece, _encoding, done) => done() });
        // As a terminal it edits the line itself and shows it on its output, which goes nowhere.
        const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
        let answer = '';
        lines.once('line', (line) => {
          answer = line;
          lines.close();
        });
        lines.once('SIGINT', () => {
          lines.close();
          // In this mode Ctrl-C is a character and no signal.
          process.emit('SIGINT');
        });
        lines.once('close', () => resolve(answer));
      }),
  };
}

/** The real process. */
export function createProcessSurroundings(version: string): Surroundings {
  return {
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    stdin: input(),
    ...(process.stdin.isTTY &&
      process.stdout.isTTY && { terminal: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr } }),
    env: process.env,
    cwd: process.cwd(),
    homeDirectory: homedir(),
    version,
    onInterrupt: (listener) => {
      const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
      // One request may come twice: to the whole group of processes, and again from the parent that was started by an older Node.
      const oneRequestMs = 200;
      let last = -Infinity;
      const once = (): void => {
        const now = performance.now();
        if (now - last >= oneRequestMs) listener();
        last = now;
      };
      for (const signal of signals) process.on(signal, once);
      return () => {
        for (const signal of signals) process.off(signal, once);
      };
    },
    exit: (code) => process.exit(code),
    now: () => Date.now(),
    openAddress: (url) => openAddress(url, { platform: process.platform, env: process.env }),
    pause: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
  };
}
