import { posix } from 'node:path';
import { judgeByDiagnostics, parseColonLines, type Checker, type Diagnostic } from './diagnostics.ts';
import type { ChangedFile, Judge, Judging } from './judging.ts';
import { isRecord, type Project } from './project.ts';
import { pythonPrograms } from './python-programs.ts';

export interface LintJudgeOptions {
  /** Milliseconds for one linter. */
  readonly timeoutMs: number;
}

const eslintConfigs = [
  ...['js', 'mjs', 'cjs', 'ts', 'mts', 'cts'].map((ending) => `eslint.config.${ending}`),
  ...['', '.js', '.cjs', '.json', '.yaml', '.yml'].map((ending) => `.eslintrc${ending}`),
];

interface EslintFile {
  readonly filePath: string;
  readonly messages: readonly {
    readonly severity: number;
    readonly line?: number;
    readonly message: string;
    readonly ruleId: string | null;
  }[];
}

/** Errors of `eslint --format json`. What is a warning to the project is none of a judge’s business. */
export function parseEslint(text: string): Diagnostic[] | undefined {
  // A rule or a configuration may print before the report, which is one line.
  const report = text.split('\n').findLast((line) => line.startsWith('['));
  try {
    return (JSON.parse(report ?? '') as EslintFile[]).flatMap(({ filePath, messages }) =>
      messages
        .filter(({ severity }) => severity === 2)
        .map(({ line = 1, message, ruleId }) => ({
          path: filePath,
          line,
          text: ruleId === null ? message : `${message} (${ruleId})`,
        })),
    );
  } catch {
    return undefined;
  }
}

async function eslintFolder(path: string, project: Project): Promise<string | undefined> {
  const found = await project.nearest(path, eslintConfigs);
  if (found) return found.folder;
  const manifest = await project.nearest(path, ['package.json']);
  if (manifest === undefined) return undefined;
  const content = await project.json(posix.join(manifest.folder, manifest.name));
  return isRecord(content?.['eslintConfig']) ? manifest.folder : undefined;
}

async function ecmascriptCheckers(
  files: readonly ChangedFile[],
  { project }: Judging,
  timeoutMs: number,
): Promise<Checker[]> {
  const byFolder = new Map<string, string[]>();
  for (const { path } of files) {
    const folder = await eslintFolder(path, project);
    if (folder !== undefined) byFolder.set(folder, [...(byFolder.get(folder) ?? []), posix.relative(folder, path)]);
  }
  const checkers: Checker[] = [];
  for (const [folder, paths] of byFolder) {
    const script = await project.script(folder, { package: 'eslint', bin: 'eslint' });
    if (script === undefined) continue;
    checkers.push({
      name: 'lint (eslint)',
      request: {
        ...{ argv: ['node', script, '--format', 'json', '--quiet', '--', ...paths], cwd: folder, timeoutMs },
        env: { NX_DAEMON: 'false' },
      },
      // 2: its configuration is broken, which no change of a file of code did.
      parse: ({ exitCode, stdout }) => (exitCode === 0 || exitCode === 1 ? parseEslint(stdout) : undefined),
    });
  }
  const biome = files[0] && (await project.nearest(files[0].path, ['biome.json', 'biome.jsonc']));
  const script = biome && (await project.script(biome.folder, { package: '@biomejs/biome', bin: 'biome' }));
  if (biome && script !== undefined) {
    const paths = files.map(({ path }) => posix.relative(biome.folder, path));
    checkers.push({
      name: 'lint (biome)',
      request: {
        argv: ['node', script, 'lint', '--diagnostic-level=error', '--reporter=github', ...paths],
        ...{ cwd: biome.folder, timeoutMs },
      },
      parse({ exitCode, stdout }) {
        const found = stdout.split('\n').flatMap((printed): Diagnostic[] => {
          const [, path, line, text] = /^::error .*?file=([^,]+),line=(\d+).*?::(.+)$/u.exec(printed) ?? [];
          return path === undefined || text === undefined
            ? []
            : [{ path: posix.join(biome.folder, path), line: Number(line), text }];
        });
        return found.length === 0 && exitCode !== 0 ? undefined : found;
      },
    });
  }
  return checkers;
}

async function pythonCheckers(
  files: readonly ChangedFile[],
  { project }: Judging,
  timeoutMs: number,
): Promise<Checker[]> {
  const first = files[0];
  if (first === undefined) return [];
  const configured =
    (await project.nearest(first.path, ['ruff.toml', '.ruff.toml'])) !== undefined ||
    ((await project.text('pyproject.toml')) ?? '').includes('[tool.ruff');
  if (!configured) return [];
  const program = await pythonPrograms(project);
  const argv = [program('ruff'), 'check', '--no-cache', '--quiet', '--output-format', 'concise'] as const;
  return [
    {
      name: 'lint (ruff)',
      request: { argv: [...argv, ...files.map(({ path }) => path)], timeoutMs },
      parse: ({ exitCode, stdout }) => (exitCode === 0 || exitCode === 1 ? parseColonLines(stdout) : undefined),
    },
  ];
}

async function goCheckers(files: readonly ChangedFile[], { project }: Judging, timeoutMs: number): Promise<Checker[]> {
  const first = files[0];
  const config =
    first &&
    (await project.nearest(first.path, ['.golangci.yml', '.golangci.yaml', '.golangci.toml', '.golangci.json']));
  if (config === undefined) return [];
  const touched = new Set(files.map(({ path }) => path));
  const folders = [...new Set(files.map(({ path }) => `./${posix.relative(config.folder, posix.dirname(path))}`))];
  return [
    {
      name: 'lint (golangci-lint)',
      request: {
        argv: ['golangci-lint', 'run', '--allow-parallel-runners', ...folders],
        ...{ cwd: config.folder, timeoutMs },
        env: { GOCACHE: '/tmp/nootropic-go-build', GOLANGCI_LINT_CACHE: '/tmp/nootropic-golangci' },
      },
      parse: ({ exitCode, stdout }) =>
        exitCode === 0 || exitCode === 1
          ? parseColonLines(stdout, undefined, config.folder).filter(({ path }) => touched.has(path))
          : undefined,
    },
  ];
}

/** Lint errors in changed files, by the linters that the project configures: ESLint, Biome, Ruff, golangci-lint. */
export function createLintJudge({ timeoutMs }: LintJudgeOptions): Judge {
  return async function* judge(judging) {
    const there = judging.changed.filter(({ after }) => after !== undefined);
    const of = (...languages: string[]): ChangedFile[] =>
      there.filter(({ language }) => language !== undefined && languages.includes(language));
    const checkers = [
      ...(await ecmascriptCheckers(of('typescript', 'tsx', 'javascript'), judging, timeoutMs)),
      ...(await pythonCheckers(of('python'), judging, timeoutMs)),
      ...(await goCheckers(of('go'), judging, timeoutMs)),
    ];
    for (const checker of checkers) yield await judgeByDiagnostics(checker, judging);
  };
}
