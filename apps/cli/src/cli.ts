import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { NootropicError, type Assistant } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withoutEscapes } from './escape-filter.ts';
import type { Host, LoadHost, OpenAssistant } from './host.ts';
import { canShowProgress, createProgressBar, type ProgressBar } from './progress-bar.ts';
import { createStyle, wantsColor, type Style } from './style.ts';
import type { Surroundings } from './surroundings.ts';

/** What a command works with: the process around it, ready to print. */
export interface Cli {
  readonly surroundings: Surroundings;
  readonly loadHost: LoadHost;
  /** Aborts when the user interrupts, or when nobody reads the output any more. */
  readonly signal: AbortSignal;
  readonly style: Style;
  readonly errorStyle: Style;
  /** Writes data, to standard output. Text from files or models goes through `clean` first. */
  out(text: string): Promise<void>;
  /** Writes one value as one JSON line, to standard output. */
  json(value: unknown): Promise<void>;
  /** Writes talk, to standard error. */
  talk(text: string): Promise<void>;
  /** Text safe for the terminal that standard output is; unchanged where it is a pipe or a file. */
  clean(text: string): string;
  /** The same for standard error. */
  cleanTalk(text: string): string;
  /** What `clean` gives, on one line: for a cell of a table, or a name in a sentence. */
  cell(text: string): string;
  /** Characters that a line on standard output may have: those of the terminal; in a pipe or a file there is no limit. */
  readonly width: number;
  /** Lets the command take so many milliseconds to end after an interrupt, where what is usual is not enough. */
  mayTake(milliseconds: number): void;
  /** Whether standard error can show a bar. */
  readonly showsProgress: boolean;
  /** A bar on standard error; it shows nothing with `json`, in a pipe, or on a build machine. */
  progress(options?: { readonly json?: boolean | undefined }): ProgressBar;
}

/** Options that every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly cwd?: string;
}

export function createCli(
  surroundings: Surroundings,
  loadHost: LoadHost,
  run: { readonly signal: AbortSignal; readonly mayTake?: Cli['mayTake'] },
): Cli {
  const { signal, mayTake = () => undefined } = run;
  const { stdout, stderr, env } = surroundings;
  const showsProgress = canShowProgress(stderr, env);
  const clean = (text: string): string => (stdout.isTTY ? withoutEscapes(text) : text);
  return {
    surroundings,
    loadHost,
    signal,
    mayTake,
    showsProgress,
    get width() {
      return stdout.isTTY ? stdout.columns : Infinity;
    },
    cell: (text) => clean(text).replace(/\s+/gu, ' ').trim(),
    style: createStyle(wantsColor(env, stdout.isTTY)),
    errorStyle: createStyle(wantsColor(env, stderr.isTTY)),
    out: (text) => stdout.write(text),
    json: (value) => stdout.write(`${JSON.stringify(value)}\n`),
    talk: (text) => stderr.write(text),
    clean,
    cleanTalk: (text) => (stderr.isTTY ? withoutEscapes(text) : text),
    progress: ({ json } = {}) => createProgressBar(stderr, json !== true && showsProgress, surroundings.now),
  };
}

/** Adds `--json` and `--cwd`, and an example below the help. */
export function withCommonOptions(
  command: Command,
  examples: readonly (readonly [line: string, meaning: string])[],
): Command {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, meaning]) => `  ${line.padEnd(width)}  # ${meaning}`);
  return command
    .option('--json', 'print JSON, one value per line')
    .option('--cwd <dir>', 'work in this folder instead of the current one')
    .addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** Reads the value of an option that takes a whole number between two others. */
export function numberOption(name: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new NootropicError('USAGE', `${name} takes a whole number from ${least} to ${most}, not \`${text}\`.`);
  };
}

/** The folder a command works in, absolute and without links. Rejects with `PATH_NOT_FOUND`. */
export async function workspaceOf(cli: Cli, options: CommonOptions): Promise<string> {
  const folder = resolve(cli.surroundings.cwd, options.cwd ?? '.');
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new NootropicError('PATH_NOT_FOUND', `There is no folder ${folder}.`, {
      hint: 'Check the path given with --cwd.',
    });
  }
  return realpath(folder);
}

/** A path as the user wrote it, made absolute from the folder of the call; `--cwd` does not move it. */
export function userPath(cli: Cli, path: string): string {
  const { cwd, homeDirectory } = cli.surroundings;
  if (path === '~' || path.startsWith('~/') || path.startsWith('~\\')) return join(homeDirectory, path.slice(1));
  return isAbsolute(path) ? path : resolve(cwd, path);
}

/** A model reference with the path of `file:PATH`, or of a bare path to a GGUF file, made absolute; other references as they are. */
export function userModelRef(cli: Cli, ref: string): string {
  if (/^[^:]*\.gguf$/iu.test(ref)) return `file:${userPath(cli, ref)}`;
  return ref.startsWith('file:') && ref.length > 5 ? `file:${userPath(cli, ref.slice(5))}` : ref;
}

/** How long an interrupted command waits for its children, in milliseconds: little once its work is stored. */
const graceMs = { stored: 150, unknown: 1500 };

/**
 * Opens the assistant, of the running host or in this process, lends it, and closes it again. After an interrupt the process
 * does not wait for a slow close; children end by themselves when their parent is gone.
 */
export async function withAssistant<T>(cli: Cli, use: (assistant: Assistant, host: Host) => Promise<T>): Promise<T> {
  const host = await cli.loadHost();
  cli.signal.throwIfAborted();
  const open = await host.open();
  let grace = graceMs.unknown;
  try {
    const result = await use(open.assistant, host);
    grace = graceMs.stored;
    return result;
  } finally {
    await close(open, cli.signal, grace);
  }
}

async function close(open: OpenAssistant, signal: AbortSignal, grace: number): Promise<void> {
  const closed = Promise.resolve(open[Symbol.asyncDispose]());
  if (!signal.aborted) return closed;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, grace);
  });
  await Promise.race([closed.catch(() => undefined), late]);
  clearTimeout(timer);
}
