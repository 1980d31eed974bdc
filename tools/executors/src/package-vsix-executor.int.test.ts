import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runPackageVsix } from './package-vsix-executor.ts';
import {
  contributionFaults,
  registryFaults,
  wordFaults,
  type ExtensionManifest,
  type Registrations,
} from './vsix-contributions.ts';

const manifest = {
  name: 'sample',
  publisher: 'nobody',
  version: '1.2.3',
  license: 'MIT',
  description: 'A sample.',
  main: './dist/main.cjs',
  icon: 'media/icon.png',
  engines: { vscode: '^1.115.0' },
  activationEvents: ['onStartupFinished'],
  devDependencies: { '@types/vscode': '1.115.0' },
  contributes: {
    commands: [{ command: 'sample.go', title: 'Go' }],
    menus: { 'view/title': [{ command: 'sample.go' }] },
    keybindings: [{ command: 'sample.go', key: 'f8' }],
    viewsContainers: { activitybar: [{ id: 'sample', title: 'Sample', icon: 'media/icon.png' }] },
    views: { sample: [{ id: 'sample.view', name: 'View', type: 'webview' }] },
  },
};

const main = `
const vscode = require('vscode');
const { name } = require('./late.cjs');
class Item extends vscode.TreeItem { constructor() { super('x'); this.own = 1; } show() { return this.own; } }
exports.activate = async (context) => {
  if (new Item().show() === undefined) throw new Error('A class of the editor cannot be extended.');
  for (const folder of vscode.workspace.workspaceFolders ?? []) throw new Error(String(folder));
  setInterval(() => undefined, 1000);
  context.subscriptions.push(
    vscode.commands.registerCommand(name, () => undefined),
    vscode.commands.registerCommand('_sample.own', () => undefined),
    vscode.window.registerWebviewViewProvider('sample.view', {}),
  );
};
`;

describe('the executor package-vsix', () => {
  let root = '';
  let lines: string[] = [];
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'package-vsix-executor-'));
    lines = [];
    // Where it finds the packer and the declarations of the editor's API.
    await symlink(
      fileURLToPath(new URL('../../../node_modules', import.meta.url)),
      join(root, 'node_modules'),
      'junction',
    );
    await put('LICENSE', 'MIT');
    await put('apps/sample/README.md', '# Sample\n\nA sample.\n');
    await put('apps/sample/CHANGELOG.md', '# Changes\n');
    await put('apps/sample/media/icon.png', 'not looked at');
    await put('apps/sample/dist/main.cjs', main);
    await put('apps/sample/dist/late.cjs', `exports.name = 'sample.go';\n`);
    await put('apps/sample/dist/types/a.d.ts', 'export {};\n');
    await put('apps/sample/dist/nootropic-1.2.2.vsix', 'of before');
    await put('apps/sample/package.json', JSON.stringify(manifest));
  });
  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  async function put(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const run = (mostBytes?: number) =>
    runPackageVsix({ extension: 'apps/sample', ...(mostBytes !== undefined && { mostBytes }) }, { root }, (line) =>
      lines.push(line),
    );
  const left = async () =>
    (await readdir(join(root, 'apps/sample/dist'))).filter((name) => name === 'nootropic-1.2.3.vsix');

  it('packs what the editor needs, and nothing else', async () => {
    expect(await run(), lines.join('\n')).toEqual({ success: true });
    expect(lines.at(-1)).toMatch(/nootropic-1\.2\.3\.vsix {2}\d+ bytes, 7 files$/u);
    expect((await stat(join(root, 'apps/sample/dist/nootropic-1.2.3.vsix'))).size).toBeLessThan(10_000);
  });

  it('packs nothing where the code does not register what is contributed', async () => {
    await put('apps/sample/dist/late.cjs', `exports.name = 'sample.gone';\n`);
    expect(await run()).toEqual({ success: false });
    expect(lines).toEqual([
      'contributes.commands has "sample.go", which the code does not register.',
      'The code registers "sample.gone", which contributes.commands does not have.',
    ]);
    expect(await left()).toEqual([]);
  });

  it('packs nothing that is too large, and says what is', async () => {
    expect(await run(500)).toEqual({ success: false });
    expect(lines.join('\n')).toContain('dist/main.cjs');
    expect(await left()).toEqual([]);
  });

  it('packs no machine code', async () => {
    await put('apps/sample/dist/better.node', 'ELF');
    expect(await run()).toEqual({ success: false });
    expect(lines).toEqual(['dist/better.node is machine code, which belongs to the host.']);
  });
});

const none: Registrations = {
  commands: [],
  views: [],
  chatParticipants: [],
  languageModelTools: [],
  languageModelChatProviders: [],
  mcpServerDefinitionProviders: [],
};

describe('what is contributed', () => {
  it('is looked at for every kind, both ways', () => {
    const said: ExtensionManifest = {
      ...{ name: 'x', version: '1.0.0' },
      contributes: {
        chatParticipants: [{ id: 'p' }],
        languageModelTools: [{ name: 't' }],
        languageModelChatProviders: [{ vendor: 'v' }],
        mcpServerDefinitionProviders: [{ id: 'm' }],
        keybindings: [{ command: 'k' }],
        menus: { 'editor/context': [{ submenu: 's' }] },
      },
    };
    expect(contributionFaults(said, none)).toHaveLength(6);
    expect(
      contributionFaults({ name: 'x', version: '1.0.0' }, { ...none, views: ['w'], commands: ['a', 'a'] }),
    ).toEqual([
      'The code registers "a", which contributes.commands does not have.',
      'The code registers "a" twice.',
      'The code registers "w", which contributes.views does not have.',
    ]);
  });
});

describe('what a registry takes', () => {
  const files = ['README.md', 'CHANGELOG.md', 'LICENSE', 'media/icon.png', 'dist/main.cjs'];
  it.each([
    [{ enabledApiProposals: ['x'] }, 'proposed API'],
    [{ activationEvents: ['*'] }, 'activated at once'],
    [{ dependencies: { zod: '1' } }, 'dependencies'],
    [{ devDependencies: { '@types/vscode': '1.116.0' } }, 'newer than the oldest editor'],
    [{ engines: {} }, 'engines.vscode'],
    [{ publisher: undefined }, 'publisher'],
    [{ icon: 'media/other.png' }, 'media/other.png is missing'],
    [{ contributes: { walkthroughs: [{ media: { svg: 'media/step.svg' } }] } }, 'media/step.svg is missing'],
  ])('is not %j', (change, fault) => {
    expect(registryFaults({ ...manifest, ...change } as ExtensionManifest, files).join(' ')).toContain(fault);
    expect(registryFaults(manifest, files)).toEqual([]);
  });
});

describe('words', () => {
  it('are there where they are named, and named where they are', () => {
    const said: ExtensionManifest = { name: '%a%', version: '1.0.0', license: '%b%' };
    expect(wordFaults(said, { a: 'A', c: 'C' })).toEqual([
      'package.nls.json has no "b".',
      'package.nls.json has "c", which package.json does not use.',
    ]);
    expect(wordFaults(said, { a: 'A', b: 'B' })).toEqual([]);
  });
});
