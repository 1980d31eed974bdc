import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { judgeByDiagnostics, parseColonLines, shownDiagnostics, type Checker, type Diagnostic } from './diagnostics.ts';
import { failed, passed, unable, type ChangedFile, type Judge, type Judging, type Verdict } from './judging.ts';
import { pythonPrograms } from './python-programs.ts';

export interface TypesJudgeOptions {
  /** Milliseconds for one checker. */
  readonly timeoutMs: number;
}

const ecmascript = new Set(['typescript', 'tsx', 'javascript']);

/** Files beyond the changed ones that are checked because they import them, through others too. */
const mostImporters = 200;

type Answer =
  | { readonly errors: readonly Diagnostic[]; readonly checked: number }
  | { readonly noApi: true }
  | { readonly none: true };

/** By the file that configures it: the folder is relative to the root. */
async function grouped(
  files: readonly ChangedFile[],
  names: readonly string[],
  { project }: Judging,
): Promise<Map<string, ChangedFile[]>> {
  const groups = new Map<string, ChangedFile[]>();
  for (const file of files) {
    const found = await project.nearest(file.path, names);
    if (found === undefined) continue;
    const config = posix.join(found.folder, found.name);
    groups.set(config, [...(groups.get(config) ?? []), file]);
  }
  return groups;
}

function parseTsc(text: string, folder: string): Diagnostic[] {
  return text.split('\n').flatMap((printed): Diagnostic[] => {
    const [, path, line, message] = /^(.+?)\((\d+),\d+\): error (TS\d+: .+)$/u.exec(printed) ?? [];
    if (path === undefined || line === undefined || message === undefined) return [];
    return [{ path: posix.join(folder, path), line: Number(line), text: message }];
  });
}

/** With the API of the project’s own TypeScript, else, where it has none, with its command line. */
async function typescriptVerdict(
  config: string,
  files: readonly ChangedFile[],
  { judging, timeoutMs }: { readonly judging: Judging; readonly timeoutMs: number },
): Promise<Verdict | undefined> {
  const name = 'types (tsc)';
  const { project, programs } = judging;
  const script = await project.script(posix.dirname(config), { package: 'typescript', bin: 'tsc' });
  if (script === undefined) return undefined;
  const request = {
    ...{ root: project.root, config: project.absolute(config), most: mostImporters },
    files: files.map(({ path, before = null, after = null }) => ({ path, before, after })),
  };
  const program = await readFile(new URL('./typescript-diagnostics.cjs', import.meta.url), 'utf8');
  const end = await programs.run({ argv: ['node', '-e', program], stdin: JSON.stringify(request), timeoutMs });
  if ('unable' in end) return unable(name, end.unable);
  let answer: Answer;
  try {
    answer = JSON.parse(end.stdout) as Answer;
  } catch {
    return unable(name, `it ended with ${String(end.exitCode)}: ${end.stderr.trim().slice(0, 600)}`);
  }
  if ('none' in answer) return undefined;
  if ('noApi' in answer) {
    const folder = posix.dirname(config);
    const argv = ['node', script, '--noEmit', '--pretty', 'false', '-p', posix.basename(config)] as const;
    return judgeByDiagnostics(
      {
        name,
        request: { argv, cwd: folder, timeoutMs },
        parse: ({ exitCode, stdout }) => {
          const found = parseTsc(stdout, folder);
          return found.length === 0 && exitCode !== 0 ? undefined : found;
        },
      },
      judging,
    );
  }
  return answer.errors.length === 0 ? passed(name) : failed(name, await shownDiagnostics(answer.errors, judging));
}

async function pythonCheckers(files: readonly ChangedFile[], judging: Judging, timeoutMs: number): Promise<Checker[]> {
  const { project } = judging;
  const there = files.filter(({ after }) => after !== undefined).map(({ path }) => path);
  if (there.length === 0) return [];
  const pyproject = (await project.text('pyproject.toml')) ?? '';
  const setup = (await project.text('setup.cfg')) ?? '';
  const program = await pythonPrograms(project);
  const usesMypy =
    pyproject.includes('[tool.mypy') ||
    setup.includes('[mypy') ||
    (await project.exists('mypy.ini')) ||
    (await project.exists('.mypy.ini'));
  const usesPyright = pyproject.includes('[tool.pyright') || (await project.exists('pyrightconfig.json'));
  const isError = (message: string): boolean => message.startsWith('error');
  const asked = (found: Diagnostic[], exitCode: number | null): Diagnostic[] | undefined =>
    found.length === 0 && exitCode !== 0 ? undefined : found;
  return [
    ...(usesMypy
      ? [
          {
            name: 'types (mypy)',
            request: {
              argv: [
                program('mypy'),
                '--no-color-output',
                '--no-error-summary',
                '--cache-dir=/dev/null',
                ...there,
              ] as const,
              timeoutMs,
            },
            parse: ({ stdout, exitCode }) => asked(parseColonLines(stdout, isError), exitCode),
          } satisfies Checker,
        ]
      : []),
    ...(usesPyright
      ? [
          {
            name: 'types (pyright)',
            request: { argv: [program('pyright'), ...there] as const, timeoutMs },
            parse: ({ stdout, exitCode }) =>
              asked(
                parseColonLines(stdout.replace(/^\s+/gmu, '').replace(/ - error: /gu, ': error: '), isError),
                exitCode,
              ),
          } satisfies Checker,
        ]
      : []),
  ];
}

async function goCheckers(files: readonly ChangedFile[], judging: Judging, timeoutMs: number): Promise<Checker[]> {
  const checkers: Checker[] = [];
  for (const [config, own] of await grouped(files, ['go.mod'], judging)) {
    const folder = posix.dirname(config);
    const packages = [...new Set(own.map(({ path }) => `./${posix.relative(folder, posix.dirname(path))}`))];
    checkers.push({
      name: 'types (go vet)',
      request: {
        argv: ['go', 'vet', ...packages],
        cwd: folder,
        timeoutMs,
        env: { GOCACHE: '/tmp/nootropic-go-build' },
      },
      parse({ exitCode, stderr }) {
        const found = parseColonLines(stderr, undefined, folder);
        return found.length === 0 && exitCode !== 0 ? undefined : found;
      },
    });
  }
  return checkers;
}

interface CargoMessage {
  readonly reason?: string;
  readonly message?: {
    readonly level?: string;
    readonly message?: string;
    readonly spans?: readonly {
      readonly file_name: string;
      readonly line_start: number;
      readonly is_primary: boolean;
    }[];
  };
}

/** Messages of `cargo --message-format=json`, one on each line. */
export function parseCargo(text: string, folder: string): Diagnostic[] {
  return text.split('\n').flatMap((line): Diagnostic[] => {
    if (!line.startsWith('{')) return [];
    try {
      const { reason, message } = JSON.parse(line) as CargoMessage;
      const span = message?.spans?.find(({ is_primary: primary }) => primary);
      if (reason !== 'compiler-message' || message?.level !== 'error' || span === undefined) return [];
      return [{ path: posix.join(folder, span.file_name), line: span.line_start, text: message.message ?? 'error' }];
    } catch {
      return [];
    }
  });
}

async function rustCheckers(files: readonly ChangedFile[], judging: Judging, timeoutMs: number): Promise<Checker[]> {
  const checkers: Checker[] = [];
  for (const config of (await grouped(files, ['Cargo.toml'], judging)).keys()) {
    const folder = posix.dirname(config);
    const argv = ['cargo', 'check', '--offline', '--quiet', '--all-targets', '--message-format=json'] as const;
    checkers.push({
      name: 'types (cargo check)',
      // What it builds goes where nothing is kept.
      request: { argv, cwd: folder, timeoutMs, env: { CARGO_TARGET_DIR: '/tmp/nootropic-cargo-target' } },
      parse({ exitCode, stdout }) {
        const found = parseCargo(stdout, folder);
        return found.length === 0 && exitCode !== 0 ? undefined : found;
      },
    });
  }
  return checkers;
}

/** Types, by what the project itself has for them: TypeScript, mypy, pyright, `go vet`, `cargo check`. */
export function createTypesJudge({ timeoutMs }: TypesJudgeOptions): Judge {
  return async function* judge(judging) {
    const of = (...languages: string[]): ChangedFile[] =>
      judging.changed.filter(({ language }) => language !== undefined && languages.includes(language));
    for (const [config, files] of await grouped(of(...ecmascript), ['tsconfig.json', 'jsconfig.json'], judging)) {
      const verdict = await typescriptVerdict(config, files, { judging, timeoutMs });
      if (verdict) yield verdict;
    }
    const checkers = [
      ...(await pythonCheckers(of('python'), judging, timeoutMs)),
      ...(await goCheckers(of('go'), judging, timeoutMs)),
      ...(await rustCheckers(of('rust'), judging, timeoutMs)),
    ];
    for (const checker of checkers) yield await judgeByDiagnostics(checker, judging);
  };
}
