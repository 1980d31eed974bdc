import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { exitCodes, NootropicError, type ExecuteEvent, type ExecuteLanguage } from '@nootropic/contracts';
import type { Command } from 'commander';
import {
  numberOption,
  userPath,
  withAssistant,
  withCommonOptions,
  workspaceOf,
  type Cli,
  type CommonOptions,
} from '../cli.ts';
import type { Finish } from '../program.ts';
import { readPipedText } from '../stdin-text.ts';

interface ExecuteOptions extends CommonOptions {
  readonly language?: ExecuteLanguage;
  readonly stdin?: boolean;
  readonly file?: string[];
  readonly workspace?: boolean;
  readonly seconds?: number;
  readonly memory?: number;
  readonly processes?: number;
  readonly languages?: boolean;
}

/** Written down again, and checked against the contract's, because importing that would load its schemas for `--help`. */
const endings: Readonly<Record<ExecuteLanguage, readonly string[]>> = {
  python: ['.py'],
  javascript: ['.js', '.mjs', '.cjs'],
  typescript: ['.ts', '.mts'],
  java: ['.java'],
  cpp: ['.cpp', '.cc', '.cxx'],
  c: ['.c'],
  bash: ['.sh', '.bash'],
};

export function addExecute(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('execute')
    .summary('run a program in the sandbox, without a network')
    .description(
      'Runs a program that need not be trusted: in the sandbox, without a network, in a folder in memory that is gone afterwards, within limits of time, memory, processes and output. Its output and its exit code are those of the command.',
    )
    .argument('[file]', 'the program; `-` reads it from standard input')
    .argument('[args...]', 'its arguments')
    .option(
      '--language <language>',
      `one of ${Object.keys(endings).join(', ')}; default: by the ending of the file`,
      languageOf,
    )
    .option('--stdin', 'give it what is piped in')
    .option('--file <path>', 'put this file beside it; may be given again', collect)
    .option('--workspace', 'let it read the current folder, at `workspace` in its temporary folder')
    .option('--seconds <number>', 'end it after so many (default: 30)', numberOption('--seconds', 1, 600))
    .option('--memory <number>', 'end it above so many mebibytes (default: 512)', numberOption('--memory', 16, 65_536))
    .option('--processes <number>', 'end it above so many (default: 64)', numberOption('--processes', 1, 4096))
    .option('--languages', 'only say what there is to run each language with');
  withCommonOptions(command, [
    ['nootropic execute main.py', 'a program of python'],
    ['echo "print(1)" | nootropic execute - --language python', 'from a pipe'],
    ['nootropic execute sum.js 1 2 --seconds 5 --memory 128', 'with arguments and limits'],
    ['nootropic execute --languages', 'what this machine can run'],
  ]).action((file: string | undefined, args: string[], options: ExecuteOptions) =>
    finish(() => (options.languages === true ? languages(cli, options) : execute(cli, { file, args }, options))),
  );
}

async function languages(cli: Cli, options: ExecuteOptions): Promise<void> {
  const all = await withAssistant(cli, (assistant) => assistant.execute.languages(undefined, { signal: cli.signal }));
  for (const each of all) {
    if (options.json === true) await cli.json(each);
    else
      await cli.out(
        `${each.language.padEnd(12)}${each.available ? cli.cell(each.program) : `-  ${cli.cell(each.hint)}`}\n`,
      );
  }
}

async function execute(
  cli: Cli,
  { file, args }: { readonly file: string | undefined; readonly args: readonly string[] },
  options: ExecuteOptions,
): Promise<number> {
  if (file === undefined)
    throw new NootropicError('USAGE', 'There is nothing to run.', { hint: 'Name a file, or `-`.' });
  if (file === '-' && options.stdin === true)
    throw new NootropicError('USAGE', 'Standard input holds the program already: --stdin does not go with `-`.');
  const language = options.language ?? languageByEnding(file);
  const { seconds, memory, processes } = options;
  const input = {
    ...{ language, args: [...args] },
    code: file === '-' ? ((await readPipedText(cli)) ?? '') : await readProgram(cli, file),
    ...(options.stdin === true && { stdin: (await readPipedText(cli)) ?? '' }),
    files: await Promise.all(
      (options.file ?? []).map(async (path) => ({ path: basename(path), text: await readProgram(cli, path) })),
    ),
    ...(options.workspace === true && { workspace: await workspaceOf(cli, options) }),
    limits: {
      ...(seconds !== undefined && { seconds }),
      ...(memory !== undefined && { memoryMebibytes: memory }),
      ...(processes !== undefined && { processes }),
    },
  };
  return withAssistant(cli, async (assistant) => {
    let end: Extract<ExecuteEvent, { type: 'end' }> | undefined;
    for await (const event of await assistant.execute.run(input, { signal: cli.signal })) {
      if (options.json === true) await cli.json(event);
      else if (event.type === 'output')
        await (event.stream === 'stdout' ? cli.out(cli.clean(event.text)) : cli.talk(cli.cleanTalk(event.text)));
      if (event.type === 'end') end = event;
    }
    cli.signal.throwIfAborted();
    if (options.json !== true && end) await cli.talk(noteOf(end));
    return end?.reason === 'exit' || end?.reason === 'signal' || end?.reason === 'compile'
      ? (end.exitCode ?? exitCodes.error)
      : exitCodes.error;
  });
}

const reasons = {
  time: 'its time was up',
  memory: 'it took more memory than it may',
  processes: 'it started more processes than it may',
  aborted: 'it was cancelled',
} as const;

function noteOf({ reason, truncated, exitCode }: Extract<ExecuteEvent, { type: 'end' }>): string {
  const ended = reason in reasons ? `Ended: ${reasons[reason as keyof typeof reasons]}.\n` : '';
  const signal = reason === 'signal' && exitCode !== null ? `A signal ended it (${exitCode - 128}).\n` : '';
  return `${ended}${signal}${truncated ? 'More was written than is kept.\n' : ''}`;
}

async function readProgram(cli: Cli, file: string): Promise<string> {
  try {
    return await readFile(userPath(cli, file), 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new NootropicError('PATH_NOT_FOUND', `There is no file ${file}.`, { cause });
    throw NootropicError.from(cause);
  }
}

function languageByEnding(file: string): ExecuteLanguage {
  const ending = extname(file).toLowerCase();
  const found = Object.entries(endings).find(([, known]) => known.includes(ending));
  if (found) return found[0] as ExecuteLanguage;
  throw new NootropicError('USAGE', `Which language ${file === '-' ? 'it' : file} is written in is not known.`, {
    hint: `Say it with --language: ${Object.keys(endings).join(', ')}.`,
  });
}

function languageOf(text: string): ExecuteLanguage {
  if (Object.hasOwn(endings, text)) return text as ExecuteLanguage;
  throw new NootropicError('USAGE', `\`${text}\` is no language that can be run.`, {
    hint: `Languages: ${Object.keys(endings).join(', ')}.`,
  });
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
