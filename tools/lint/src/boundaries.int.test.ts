import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dependencyConstraints, layers, platforms } from './layers.ts';
import { createScratchWorkspace, type ScratchWorkspace } from './scratch-workspace.ts';

interface Message {
  ruleId: string | null;
  message: string;
}

/** One planted file each: what it holds, and the rule that must speak of it. */
const planted: Record<string, { text: string; rule: string }> = {
  'libs/any/src/built-in.ts': {
    text: "import { readFile } from 'node:fs/promises';\nexport const read = readFile;\n",
    rule: 'no-restricted-imports',
  },
  'libs/any/src/bare-built-in.ts': {
    text: "import { readFile } from 'fs/promises';\nexport const read = readFile;\n",
    rule: 'no-restricted-imports',
  },
  'libs/any/src/dynamic-built-in.ts': {
    text: "export const read = () => import('node:fs');\n",
    rule: 'no-restricted-syntax',
  },
  'libs/any/src/node-global.ts': { text: 'export const home = process.cwd();\n', rule: 'no-restricted-globals' },
  'libs/web/src/built-in.ts': {
    text: "import { readFile } from 'node:fs/promises';\nexport const read = readFile;\n",
    rule: 'no-restricted-imports',
  },
  'libs/any/src/editor.ts': {
    text: "import { window } from 'vscode';\nexport const shown = window;\n",
    rule: 'no-restricted-imports',
  },
  'libs/web/src/desktop.ts': {
    text: "import { app } from 'electron';\nexport const shown = app;\n",
    rule: 'no-restricted-imports',
  },
  'libs/adapters/node/src/desktop.ts': {
    text: "import { app } from 'electron';\nexport const shown = app;\n",
    rule: 'no-restricted-imports',
  },
  'libs/adapters/node/src/database.ts': {
    text: "import Database from 'better-sqlite3';\nexport const open = Database;\n",
    rule: 'no-restricted-imports',
  },
  'libs/adapters/node/src/database-type.ts': {
    text: "import type Database from 'better-sqlite3';\nexport type Open = Database.Database;\n",
    rule: 'no-restricted-imports',
  },
  'libs/adapters/node/src/vectors.ts': {
    text: "export const open = () => import('@lancedb/lancedb');\n",
    rule: 'no-restricted-syntax',
  },
  'libs/adapters/node/src/llama.ts': {
    text: "import { getLlama } from 'node-llama-cpp';\nexport const open = getLlama;\n",
    rule: 'no-restricted-imports',
  },
  'libs/adapters/node/src/log.ts': {
    text: "import { pino } from 'pino';\nexport const open = pino;\n",
    rule: 'no-restricted-imports',
  },
  'libs/adapters/node/src/watcher.ts': {
    text: "import { subscribe } from '@parcel/watcher';\nexport const open = subscribe;\n",
    rule: 'no-restricted-imports',
  },
  'libs/adapters/node/src/grammar.ts': {
    text: "import { Parser } from 'web-tree-sitter';\nexport const open = Parser;\n",
    rule: 'no-restricted-imports',
  },
  'libs/any/src/deep.ts': {
    text: "import { thing } from '@nootropic/to-contract/src/index.ts';\nexport const same = thing;\n",
    rule: 'no-restricted-imports',
  },
  'libs/any/src/sideways.ts': {
    text: "import { thing } from '../../web/src/index.ts';\nexport const same = thing;\n",
    rule: '@nx/enforce-module-boundaries',
  },
  'libs/any/src/fake.ts': {
    text: "import { thing } from '@nootropic/to-testing';\nexport const same = thing;\n",
    rule: '@nx/enforce-module-boundaries',
  },
  'libs/any/src/mock.test.ts': {
    text: "import { vi } from 'vitest';\nvi.mock('./index.ts');\n",
    rule: 'no-restricted-syntax',
  },
  'libs/any/src/helpers.ts': { text: 'export const one = 1;\n', rule: 'local/file-name' },
  'libs/any/src/camelCase.ts': { text: 'export const one = 1;\n', rule: 'local/file-name' },
  'libs/any/src/four.ts': {
    text: 'export const sum = (a: number, b: number, c: number, d: number) => a + b + c + d;\n',
    rule: 'max-params',
  },
  'libs/any/src/long.ts': {
    text: Array.from({ length: 601 }, (_, line) => `export const line${line} = ${line};\n`).join(''),
    rule: 'max-lines',
  },
  'libs/any/src/loud.ts': { text: "console.log('loud');\nexport {};\n", rule: 'no-console' },
  'libs/any/src/nameless.ts': { text: 'const one = 1;\nexport default one;\n', rule: 'no-restricted-syntax' },
  'libs/any/src/unused.ts': { text: 'const one = 1;\nexport {};\n', rule: '@typescript-eslint/no-unused-vars' },
  'libs/any/src/untyped.ts': { text: 'export const one: any = 1;\n', rule: '@typescript-eslint/no-explicit-any' },
  'libs/any/src/value-import.ts': {
    text: "import { Thing } from './thing.ts';\nexport const one: Thing = 1;\n",
    rule: '@typescript-eslint/consistent-type-imports',
  },
  'libs/any/src/floating.ts': {
    text: 'async function work() {}\nexport const start = () => {\n  work();\n};\n',
    rule: '@typescript-eslint/no-floating-promises',
  },
  'libs/any/src/unfinished.ts': { text: '// TODO: the rest\nexport {};\n', rule: 'no-warning-comments' },
  'libs/any/src/switch.ts': {
    text: "export function size(kind: 'a' | 'b') {\n  switch (kind) {\n    case 'a':\n      return 1;\n  }\n  return 0;\n}\n",
    rule: '@typescript-eslint/switch-exhaustiveness-check',
  },
};

/** Looks much like the planted files, and is right. */
const clean: Record<string, string> = {
  'libs/any/src/thing.ts': 'export type Thing = number;\n',
  'libs/any/src/web-standard.ts':
    "import type { Thing } from './thing.ts';\nexport const bytes = (size: Thing) => new Uint8Array(size);\n",
  'libs/any/src/real.test.ts':
    "import { tmpdir } from 'node:os';\nimport { thing } from '@nootropic/to-testing';\nimport { expect, it } from 'vitest';\n\nit('holds', () => expect(thing).not.toBe(tmpdir()));\n",
  'libs/adapters/sqlite/src/database.ts':
    "import Database from 'better-sqlite3';\nexport const open = () => new Database(':memory:');\n",
  'libs/adapters/node/src/built-in.ts': "export { readFile } from 'node:fs/promises';\n",
  'libs/adapters/node/src/mock.test.ts': "import { vi } from 'vitest';\nvi.mock('./index.ts');\n",
};

function mayImport(kind: 'layer' | 'platform', from: string, to: string): boolean {
  const constraint = dependencyConstraints('source').find(({ sourceTag }) => sourceTag === `${kind}:${from}`);
  return constraint?.onlyDependOnLibsWithTags.includes(`${kind}:${to}`) ?? false;
}

const importOf = (name: string) => `import { thing } from '@nootropic/${name}';\nexport const same = thing;\n`;

/** Sources and targets are different projects, since two that import each other are reported as a circle instead. */
function plantLayers(scratch: ScratchWorkspace): void {
  for (const to of layers)
    scratch.addProject(`libs/to-${to}`, { name: `to-${to}`, tags: [`layer:${to}`, 'platform:any'] });
  for (const from of layers) {
    scratch.addProject(`libs/from-${from}`, { name: `from-${from}`, tags: [`layer:${from}`, 'platform:any'] });
    for (const to of layers) scratch.write(`libs/from-${from}/src/to-${to}.ts`, importOf(`to-${to}`));
  }
}

function plantPlatforms(scratch: ScratchWorkspace): void {
  for (const to of platforms)
    scratch.addProject(`libs/on-${to}`, { name: `on-${to}`, tags: ['layer:contract', `platform:${to}`] });
  for (const from of platforms) {
    scratch.addProject(`libs/seen-by-${from}`, { name: `seen-by-${from}`, tags: ['layer:app', `platform:${from}`] });
    for (const to of platforms) scratch.write(`libs/seen-by-${from}/src/on-${to}.ts`, importOf(`on-${to}`));
  }
}

describe('the rules of the house', () => {
  let scratch: ScratchWorkspace;
  const reports = new Map<string, Message[]>();

  beforeAll(() => {
    scratch = createScratchWorkspace();
    plantLayers(scratch);
    plantPlatforms(scratch);
    scratch.addProject('libs/any', { name: 'any', tags: ['layer:engine', 'platform:any'] });
    scratch.addProject('libs/web', { name: 'web', tags: ['layer:ui', 'platform:web'] });
    scratch.addProject('libs/adapters/node', { name: 'node', tags: ['layer:adapter', 'platform:node'] });
    scratch.addProject('libs/adapters/sqlite', { name: 'sqlite', tags: ['layer:driver', 'platform:node'] });
    for (const [path, { text }] of Object.entries(planted)) scratch.write(path, text);
    for (const [path, text] of Object.entries(clean)) scratch.write(path, text);

    const { output } = scratch.nx('run', 'lint:lint-everything', '--outputStyle=static');
    const report = readReport(join(scratch.root, 'report.json'), output);
    for (const { filePath, messages } of report)
      reports.set(relative(scratch.root, filePath).replaceAll('\\', '/'), messages);
  }, 300_000);

  afterAll(() => scratch[Symbol.dispose]());

  const rulesFor = (path: string) => reports.get(path)?.map(({ ruleId, message }) => ruleId ?? message);

  it.each(Object.entries(planted))('reports %s', (path, { rule }) => {
    expect(rulesFor(path)).toContain(rule);
  });

  it.each(Object.keys(clean))('accepts %s', (path) => {
    expect(rulesFor(path)).toEqual([]);
  });

  it.each(layers)('lets layer:%s see what the table says and no more', (from) => {
    for (const to of layers) {
      const expected = mayImport('layer', from, to) ? [] : ['@nx/enforce-module-boundaries'];
      expect(rulesFor(`libs/from-${from}/src/to-${to}.ts`), `${from} → ${to}`).toEqual(expected);
    }
  });

  it.each(platforms)('lets platform:%s see what the table says and no more', (from) => {
    for (const to of platforms) {
      const expected = mayImport('platform', from, to) ? [] : ['@nx/enforce-module-boundaries'];
      expect(rulesFor(`libs/seen-by-${from}/src/on-${to}.ts`), `${from} → ${to}`).toEqual(expected);
    }
  });

  it('fails the lint target that `check` runs, not only a report', () => {
    const { status, output } = scratch.nx('run', 'from-engine:lint', '--outputStyle=static');
    expect(output).toContain('--max-warnings=0');
    expect(output).toContain('@nx/enforce-module-boundaries');
    expect(status).not.toBe(0);
  }, 120_000);

  it('passes the lint target of a project that has nothing wrong', () => {
    const { status, output } = scratch.nx('run', 'to-engine:lint', '--outputStyle=static');
    expect(status, output).toBe(0);
  }, 120_000);
});

function readReport(path: string, output: string): { filePath: string; messages: Message[] }[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { filePath: string; messages: Message[] }[];
  } catch (cause) {
    throw new Error(`ESLint wrote no report:\n${output}`, { cause });
  }
}
