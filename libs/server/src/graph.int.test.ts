import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, type Composition } from './compose.ts';

const files: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "root", "private": true }',
  'packages/log/package.json': '{ "name": "@acme/log", "exports": "./src/index.ts" }',
  'packages/log/src/index.ts': `export { createLog as makeLog } from './log.ts';\nexport type { Log } from './log.ts';\n`,
  'packages/log/src/log.ts': `export interface Log { write(line: string): void }
export function createLog(): Log {
  return { write: (line) => format(line) };
}
function format(line: string): void {
  console.log(line);
}
`,
  'packages/app/src/app.ts': `import { makeLog, type Log } from '@acme/log';
export class App {
  private readonly log: Log = makeLog();
  run(): void {
    this.log.write('hi');
  }
}
`,
  'packages/app/src/main.js': `const { App } = require('./app');\nfunction main() {\n  new App().run();\n}\nmain();\n`,
  'packages/app/src/app.test.ts': `import { App } from './app.ts';\nit('runs', () => { new App().run(); });\n`,
  'py/acme/__init__.py': '',
  'py/acme/store.py': `class Base:\n    pass\n\nclass Store(Base):\n    def save_all(self):\n        return helper()\n\ndef helper():\n    return 1\n`,
  'py/acme/cli.py': `from .store import Store as S, helper\n\ndef main():\n    s = S()\n    helper()\n`,
  'py/tests/test_store.py': `from acme.store import Store\n\ndef test_save():\n    Store().save_all()\n`,
  'go/go.mod': 'module example.com/tool\n',
  'go/store/store.go': `package store\n\nfunc Open() int { return size() }\n`,
  'go/store/size.go': `package store\n\nfunc size() int { return 1 }\n`,
  'go/main.go': `package main\n\nimport "example.com/tool/store"\n\nfunc main() {\n\tstore.Open()\n}\n`,
  'rust/Cargo.toml': '[package]\nname = "tool"\n',
  'rust/src/lib.rs': `pub mod store;\npub mod app;\n`,
  'rust/src/store.rs': `pub trait Keep {}\npub struct Log;\nimpl Keep for Log {}\npub fn open_log() -> Log { Log }\n`,
  'rust/src/app.rs': `use crate::store::{open_log, Log};\n\npub fn start() -> Log {\n    open_log()\n}\n`,
  'java/src/com/acme/Disk.java': `package com.acme;\n\npublic class Disk {\n  public void sync() {}\n}\n`,
  'java/src/com/acme/Fast.java': `package com.acme;\n\npublic class Fast extends Disk {\n}\n`,
  'java/src/com/other/Main.java': `package com.other;\n\nimport com.acme.Disk;\n\npublic class Main {\n  void go() { new Disk().sync(); }\n}\n`,
  'c/net.h': `int net_open(int port);\n`,
  'c/net.c': `#include "net.h"\nint net_open(int port) { return port; }\n`,
  'c/main.c': `#include "net.h"\nint main(void) { return net_open(1); }\n`,
};

let base: string;
let workspace: string;
let composed: Composition;

beforeAll(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'nootropic-graph-')));
  workspace = join(base, 'ws');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=a@example.com', ...args], { cwd: workspace });
  git('init', '-q');
  git('add', '-A');
  git('commit', '-q', '-m', 'Begin');
  composed = await compose({ env: { ...process.env, NOOTROPIC_HOME: join(base, 'home') } });
});
afterAll(async () => {
  await composed[Symbol.asyncDispose]();
  rmSync(base, { recursive: true, force: true });
});

type Ask = 'callers' | 'callees' | 'impact' | 'tests' | 'path';

async function ask(question: Ask, symbol: string, to?: string): Promise<string[]> {
  const { nodes } = await composed.assistant.graph({
    workspace,
    ask: question,
    symbol,
    ...(to !== undefined && { to }),
  });
  return nodes.map(({ symbol: found, relation, strength }) => {
    const name = found.name === '' ? found.path : `${found.path}:${found.name}`;
    return `${strength === 'name' ? '~' : ''}${relation} ${name}`;
  });
}

describe('the graph of real sources', () => {
  it.each([
    [
      'a package of the workspace, and a file that passes it on under another name',
      'createLog',
      'calls packages/app/src/app.ts:App',
    ],
    ['require', 'App', 'calls packages/app/src/main.js:main'],
    ['Python, relative and renamed', 'Store', 'calls py/acme/cli.py:main'],
    ['a class that derives from it', 'Base', 'derives from py/acme/store.py:Store'],
    ['Go, by the import path', 'store.go:Open', 'calls go/main.go:main'],
    ['Go, in the same folder', 'size', 'calls go/store/store.go:Open'],
    ['Rust', 'open_log', 'calls rust/src/app.rs:start'],
    ['Java, imported', 'Disk', 'calls java/src/com/other/Main.java:Main.go'],
    ['Java, of the same package', 'Disk', 'derives from java/src/com/acme/Fast.java:Fast'],
    ['C, declared in a header', 'net.c:net_open', 'calls c/main.c:main'],
  ])('knows callers through %s', async (_, symbol, caller) => {
    expect(await ask('callers', symbol)).toContain(caller);
  });

  it('knows tests, impact and paths, and who changed a symbol last', async () => {
    expect(await ask('tests', 'App')).toEqual(['tests packages/app/src/app.test.ts']);
    expect(await ask('tests', 'Store')).toContain('tests py/tests/test_store.py:test_save');
    expect(await ask('path', 'go/main.go:main', 'size')).toEqual([
      ' go/main.go:main',
      'called by go/store/store.go:Open',
      'called by go/store/size.go:size',
    ]);
    const impact = await composed.assistant.graph({ workspace, ask: 'impact', symbol: 'createLog' });
    expect(impact.nodes.map(({ symbol }) => symbol.path)).toContain('packages/app/src/main.js');
    expect(impact.history?.lastChange).toMatchObject({ author: 'Ada', message: 'Begin' });
  });

  it('follows the tree: a call that is written is known at once', async () => {
    writeFileSync(join(workspace, 'go/store/more.go'), 'package store\n\nfunc More() int { return size() }\n');
    expect(await ask('callers', 'size')).toContain('calls go/store/more.go:More');
    rmSync(join(workspace, 'go/store/more.go'));
    expect(await ask('callers', 'size')).not.toContain('calls go/store/more.go:More');
  });

  it('draws a map within its budget', async () => {
    const map = await composed.assistant.map({ workspace, tokens: 200, focus: ['packages/app', 'nobody'] });
    expect(map.tokens).toBeLessThanOrEqual(200);
    expect(map.text).toContain('packages/log/src/log.ts');
    expect(map.unknownFocus).toEqual(['nobody']);
  });

  it('refuses a path without an end', async () => {
    await expect(composed.assistant.graph({ workspace, ask: 'path', symbol: 'size' })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
  });
});
