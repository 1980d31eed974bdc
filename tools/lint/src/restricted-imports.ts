import { builtinModules } from 'node:module';
import type { Linter } from 'eslint';
import { type Project, tagOf } from './projects.ts';

/** A vendor's package is known to one project; everything else goes through the port that this project implements. */
const vendorHomes: Readonly<Record<string, string>> = {
  'better-sqlite3': 'libs/adapters/sqlite',
  'node-llama-cpp': 'libs/adapters/model',
  ollama: 'libs/adapters/model',
  openai: 'libs/adapters/model',
  '@huggingface/gguf': 'libs/adapters/model',
  '@lancedb/lancedb': 'libs/adapters/search',
  'apache-arrow': 'libs/adapters/search',
  'web-tree-sitter': 'libs/adapters/parser',
  '@vscode/tree-sitter-wasm': 'libs/adapters/parser',
  'tree-sitter-c': 'libs/adapters/parser',
  pino: 'libs/adapters/observability',
  'pino-roll': 'libs/adapters/observability',
  'prom-client': 'libs/adapters/observability',
  '@parcel/watcher': 'libs/adapters/workspace',
};

/** The benchmarks hold what is built here against the packages by themselves. */
const peersOf = 'tools/bench';
/** The host is tested through the packages that its clients use. */
const clientsOf = 'libs/server';
const clients: ReadonlySet<string> = new Set(['ollama', 'openai']);

export const testFiles = ['**/*.test.ts', '**/*.test.tsx', '**/*.fixture.ts', '**/e2e/**/*.ts'];

const nodeModules = ['node:*', ...builtinModules.filter((name) => !name.startsWith('_') && !name.includes('/'))];
const nodeGlobals = ['process', 'Buffer', 'global', '__dirname', '__filename', 'setImmediate'];

interface Ban {
  /** Package names; a trailing `*` stands for whatever follows. */
  names: string[];
  message: string;
}

function bansFor(project: Project, kind: 'source' | 'test', entries: readonly string[]): Ban[] {
  const platform = tagOf(project, 'platform');
  const bans: Ban[] = [
    {
      names: ['@nootropic/*/*', ...entries.map((entry) => `!${entry}`)],
      message: 'Import a package by its entry points only.',
    },
  ];
  if (platform !== 'hybrid') bans.push({ names: ['vscode', 'electron'], message: `Not in platform:${platform}.` });
  if (kind === 'source' && (platform === 'any' || platform === 'web')) {
    bans.push({
      names: nodeModules,
      message: `platform:${platform} has no Node built-ins: take what you need as an argument.`,
    });
  }
  for (const [name, home] of Object.entries(vendorHomes)) {
    const isClient = kind === 'test' && project.root === clientsOf && clients.has(name);
    if (project.root !== home && project.root !== peersOf && !isClient)
      bans.push({ names: [name], message: `Only ${home} imports ${name}; use the port it implements.` });
  }
  return bans;
}

function patterns(bans: Ban[]) {
  return bans.map(({ names, message }) => ({
    group: names.flatMap((name) => (name.includes('*') ? [name] : [name, `${name}/*`])),
    message,
  }));
}

function dynamicImports(bans: Ban[]) {
  return bans.map(({ names, message }) => {
    const written = (list: string[]) => list.map((name) => RegExp.escape(name).replaceAll('\\*', '.+')).join('|');
    const alternatives = written(names.filter((name) => !name.startsWith('!')));
    const allowed = written(names.filter((name) => name.startsWith('!')).map((name) => name.slice(1)));
    // A selector holds its expression between slashes, so one inside has to be written as a code.
    const within = (text: string) => text.replaceAll('\\/', '\\u002f').replaceAll('/', '\\u002f');
    const except = allowed === '' ? '' : `(?!(${within(allowed)})$)`;
    const expression = `^${except}(${within(alternatives)})($|\\u002f)`;
    return { selector: `ImportExpression[source.value=/${expression}/]`, message };
  });
}

/** The syntax that a kind of file may not use, as `no-restricted-syntax` takes it. */
export interface SyntaxBan {
  selector: string;
  message: string;
}

/**
 * One configuration for each project's sources and one for its tests: which modules and globals they may not name,
 * by the project's platform and by whose vendor a package is. `syntax` is added to what is banned by syntax,
 * since a later configuration of one rule replaces the earlier.
 */
export function restrictedImports(
  projects: readonly Project[],
  syntax: (project: Project) => SyntaxBan[],
): Linter.Config[] {
  const entries = projects.flatMap((project) => project.entries);
  return projects.flatMap((project) => {
    const files = [`${project.root}/**/*.ts`, `${project.root}/**/*.tsx`];
    const tests = testFiles.map((pattern) => `${project.root}/${pattern}`);
    const restricted = (kind: 'source' | 'test'): Linter.RulesRecord => ({
      'no-restricted-imports': ['error', { patterns: patterns(bansFor(project, kind, entries)) }],
      'no-restricted-syntax': ['error', ...syntax(project), ...dynamicImports(bansFor(project, kind, entries))],
    });
    const webStandardsOnly = ['any', 'web'].includes(tagOf(project, 'platform') ?? '');
    return [
      {
        name: `${project.name}/source`,
        files,
        ignores: tests,
        rules: {
          ...restricted('source'),
          ...(webStandardsOnly ? { 'no-restricted-globals': ['error', ...nodeGlobals] } : {}),
        },
      },
      { name: `${project.name}/tests`, files: tests, rules: restricted('test') },
    ];
  });
}
