import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  startScriptedServer,
  type RecordedRequest,
  type ScriptedAnswer,
  type ScriptedServer,
} from '@nootropic/testing';
import { chromium, type Browser, type FrameLocator, type Locator, type Page } from 'playwright-core';
import { installCodeServer, installExtension, startCodeServer, type CodeServer } from './code-server.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const extension = join(root, 'apps/vscode');
/** The built program; with `NOOTROPIC_E2E=source` the source. */
const program = join(
  root,
  process.env['NOOTROPIC_E2E'] === 'source' ? 'apps/cli/src/main.ts' : 'apps/cli/dist/main.js',
);
/** Where pictures go: with `UPDATE_IMAGES=1` into the docs, else into a folder of the system. */
const pictures =
  process.env['UPDATE_IMAGES'] === '1' ? join(root, 'docs/images') : join(tmpdir(), 'nootropic-pictures');

export interface EditorOptions {
  /** What the scripted model says to a request. */
  readonly answer: (request: RecordedRequest) => ScriptedAnswer;
  /** Files of the workspace, by their paths. */
  readonly files: Readonly<Record<string, string>>;
  /** Whether the workspace is one that nobody trusted. Default false. */
  readonly untrusted?: boolean;
  /** Leaves the program off the PATH. Default false. */
  readonly noProgram?: boolean;
  /** Installs the extension of this folder too, and leaves the editor's own chat on. */
  readonly neighbour?: string;
}

/** A real VS Code with the extension installed from its VSIX, on a folder of its own, in a browser. */
export interface OpenEditor extends AsyncDisposable {
  readonly page: Page;
  readonly workspace: string;
  readonly model: ScriptedServer;
  /** Runs the `nootropic` program in the same world as the extension, as a person would in a terminal; gives what it prints. */
  program(...args: string[]): Promise<string>;
  /** Runs a command of the editor by its title in the palette. */
  command(title: string): Promise<void>;
  openFile(path: string): Promise<void>;
  /** Puts the cursor at a line and a column, both counted from 1. */
  goTo(line: number, column: number): Promise<void>;
  /** Opens the menu of code actions at the cursor; gives the action of this title. */
  codeAction(title: string): Promise<Locator>;
  /** The page of the chat, inside of the frames that the editor puts around it. */
  readonly chat: FrameLocator;
  read(path: string): Promise<string>;
  /** Lines of the extension's log. */
  log(): Promise<string>;
  picture(name: string): Promise<string>;
}

/** The VSIX as `nx package vscode` leaves it. */
async function packedExtension(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(extension, 'package.json'), 'utf8')) as { version: string };
  const vsix = join(extension, 'dist', `nootropic-${version}.vsix`);
  if (process.env['NOOTROPIC_VSIX'] !== undefined) return process.env['NOOTROPIC_VSIX'];
  await run(
    process.execPath,
    [join(root, 'node_modules/nx/dist/bin/nx.js'), 'package', 'vscode', '--outputStyle=static'],
    {
      cwd: root,
      timeout: 300_000,
      // Of a test runner it says `test`, and the build would be one for development.
      env: { ...process.env, NODE_ENV: undefined },
    },
  );
  if (!existsSync(vsix)) throw new Error(`\`nx package vscode\` left no ${vsix}.`);
  return vsix;
}

async function packNeighbour(folder: string, place: string): Promise<string> {
  const vsix = join(place, 'neighbour.vsix');
  const vsce = join(root, 'node_modules/@vscode/vsce/vsce');
  await run(
    process.execPath,
    [vsce, 'package', '--allow-missing-repository', '--skip-license', '--no-dependencies', '--out', vsix],
    {
      cwd: folder,
    },
  );
  return vsix;
}

function findChromium(): string {
  const known = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const found = known.find((path) => path !== undefined && existsSync(path));
  if (found === undefined)
    throw new Error(
      'These tests need Chromium and found none. Install it (Debian: `apt-get install chromium`), or set CHROMIUM to the path of a Chromium or Chrome.',
    );
  return found;
}

const switches = [
  ...['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

async function fillWorkspace(place: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(place, path)), { recursive: true });
    await writeFile(join(place, path), text);
  }
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], { cwd: place });
  await git('init', '-q', '-b', 'main');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'Begin');
}

/** What `nootropic` is on the PATH: the program of this repository. The editor takes the PATH of the person's login shell. */
async function putOnPath(home: string, bin: string): Promise<void> {
  const file = join(bin, 'nootropic');
  await writeFile(file, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  await chmod(file, 0o755);
  await writeFile(join(home, '.profile'), `PATH="${bin}:$PATH"\nexport PATH\n`);
}

export async function openEditor(options: EditorOptions): Promise<OpenEditor> {
  const executablePath = findChromium();
  await installCodeServer();
  const vsix = await packedExtension();
  const place = await mkdtemp(join(tmpdir(), 'nootropic-editor-'));
  const workspace = join(place, 'parcels');
  const bin = join(place, 'bin');
  await mkdir(workspace);
  await fillWorkspace(workspace, options.files);
  await mkdir(bin);
  if (options.noProgram !== true) await putOnPath(place, bin);
  const model = await startScriptedServer({ http, contextLength: 32_768, answer: options.answer });
  const reference = `openai:tiny@${model.url}/v1`;
  const env: Record<string, string> = {
    PATH: [bin, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
    HOME: place,
    NOOTROPIC_HOME: join(place, 'home'),
    NOOTROPIC_MODELS_CHAT: reference,
    NOOTROPIC_MODELS_COMPLETION: reference,
    NO_COLOR: '1',
  };
  const runProgram = async (...args: string[]): Promise<string> => {
    const { stdout } = await run(process.execPath, [program, ...args], { cwd: workspace, env, timeout: 60_000 });
    return stdout;
  };
  let server: CodeServer | undefined;
  let browser: Browser | undefined;
  const stop = async (): Promise<void> => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    // What the extension started outlives the editor, as it should; not the test.
    await runProgram('stop', '--force').catch(() => undefined);
    await model[Symbol.asyncDispose]();
    await rm(place, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };
  try {
    const { neighbour, untrusted } = options;
    const where = { place, env, restricted: untrusted === true, ownChat: neighbour !== undefined };
    await installExtension(vsix, where);
    if (neighbour !== undefined) await installExtension(await packNeighbour(neighbour, place), where);
    server = await startCodeServer(where);
    browser = await chromium.launch({ executablePath, args: switches });
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    // Ends what hangs; a machine that does much else may take long.
    page.setDefaultTimeout(180_000);
    await page.goto(`${server.url}/?folder=${encodeURIComponent(workspace)}`, { timeout: 120_000 });
    await page.locator('.monaco-workbench').waitFor({ timeout: 120_000 });
    const command = async (title: string): Promise<void> => {
      const input = page.locator('.quick-input-widget input');
      const found = page.locator('.quick-input-list .monaco-list-row.focused', { hasText: title });
      // The palette has the commands that were there when it was opened, and those of the extension come a moment after the editor.
      for (let tries = 0; tries < 20; tries += 1) {
        await page.keyboard.press('F1');
        await input.waitFor();
        await input.fill(`>${title}`);
        const isThere = await found.waitFor({ timeout: 5000 }).then(
          () => true,
          () => false,
        );
        await page.keyboard.press(isThere ? 'Enter' : 'Escape');
        if (!isThere) continue;
        // The command may open a list in the same place.
        await found.waitFor({ state: 'hidden' }).catch(() => undefined);
        return;
      }
      throw new Error(`The editor has no command ${title}.`);
    };
    return {
      ...{ page, workspace, model, command, program: runProgram },
      async openFile(path) {
        await page.keyboard.press('Control+P');
        const input = page.locator('.quick-input-widget input');
        await input.waitFor();
        await input.fill(path);
        // Which row is chosen by itself depends on what was opened before.
        await page
          .locator('.quick-input-list .monaco-list-row', { hasText: path.split('/').at(-1) ?? path })
          .first()
          .click();
        await page.locator('.tab.active', { hasText: path.split('/').at(-1) ?? path }).waitFor();
        await page.locator('.editor-instance .view-lines').first().waitFor();
      },
      async goTo(line, column) {
        await page.keyboard.press('Control+G');
        const input = page.locator('.quick-input-widget input');
        await input.waitFor();
        await input.fill(`:${line}:${column}`);
        await page.keyboard.press('Enter');
        await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
      },
      async codeAction(title) {
        // The extension starts after the editor, and the menu has the actions that were there when it was opened.
        await page.locator('.statusbar-item', { hasText: 'nootropic' }).waitFor();
        const action = page.locator('.action-widget').getByText(title);
        for (let tries = 0; tries < 20; tries += 1) {
          await page.keyboard.press('Control+.');
          const isThere = await action.waitFor({ timeout: 5000 }).then(
            () => true,
            () => false,
          );
          if (isThere) return action;
          await page.keyboard.press('Escape');
        }
        throw new Error(`The editor has no code action ${title} here.`);
      },
      chat: page.frameLocator('iframe.webview').frameLocator('iframe#active-frame'),
      read: (path) => readFile(join(workspace, path), 'utf8'),
      log: () => readLog(join(place, 'data')),
      async picture(name) {
        await mkdir(pictures, { recursive: true });
        const path = join(pictures, `${name}.png`);
        await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
        return path;
      },
      [Symbol.asyncDispose]: stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

/** What the extension wrote into its output, of the newest window. */
async function readLog(data: string): Promise<string> {
  const { stdout } = await run('find', [join(data, 'logs'), '-name', '*nootropic*.log']);
  const files = stdout.split('\n').filter(Boolean).sort();
  return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n');
}
