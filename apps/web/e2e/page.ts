import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import * as http from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connect } from '@nootropic/client';
import type { Assistant } from '@nootropic/contracts';
import {
  startScriptedServer,
  type RecordedRequest,
  type ScriptedAnswer,
  type ScriptedServer,
} from '@nootropic/testing';
import { chromium, type Browser, type Page } from 'playwright-core';
import { makeSampleRepository } from './sample-repository.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** The built program; with `NOOTROPIC_E2E=source` the source, with the page as `vite build` left it in `apps/web`. */
const program = join(
  root,
  process.env['NOOTROPIC_E2E'] === 'source' ? 'apps/cli/src/main.ts' : 'apps/cli/dist/main.js',
);

/** Where pictures go: those of the docs with `UPDATE_IMAGES=1` into the docs, all others into a folder to look at them. */
const looks = join(tmpdir(), 'nootropic-pictures');
const pictures = process.env['UPDATE_IMAGES'] === '1' ? join(root, 'docs/images') : looks;

export interface StageOptions {
  /** What the scripted model says to a request. Default: a short sentence. */
  readonly answer?: (request: RecordedRequest) => ScriptedAnswer;
  /** A model reference in place of the scripted one, such as `file:…/tiny.gguf`. */
  readonly chat?: string;
  /** Files of the repository. Default: a small uploader in TypeScript. */
  readonly files?: Readonly<Record<string, string>>;
  /** Further environment of the host: settings as `NOOTROPIC_LOG_LEVEL`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A real host on a repository of its own, and a browser to look at it with. */
export interface Stage extends AsyncDisposable {
  /** The git repository that it works on. */
  readonly repository: string;
  readonly url: string;
  /** The host as an app has it. */
  readonly assistant: Assistant;
  readonly model: ScriptedServer;
  /** Signs a new browser window in and waits until the page is there. */
  open(options?: OpenOptions): Promise<OpenPage>;
}

export interface OpenOptions {
  /** Default 1280 by 800. `narrow`: 420 by 800. */
  readonly size?: 'wide' | 'narrow';
  /** Default `light`. */
  readonly theme?: 'light' | 'dark';
  /** Shown first: `#code?path=…`. Default: the chat. */
  readonly address?: string;
  /** Lets the first-run tour appear. Default: it is taken as seen. */
  readonly tour?: boolean;
  readonly reducedMotion?: boolean;
}

export interface AxeFault {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly string[];
}

export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors of scripts, what the policy refused, requests that failed, and requests to anywhere but the host. Must stay empty. */
  readonly trouble: readonly string[];
  /** What axe finds wrong in the page as it is now. */
  axe(): Promise<readonly AxeFault[]>;
  /** Keeps a picture for the docs as `NAME.png`; gives its path. */
  picture(name: string): Promise<string>;
  /** The same to be looked at only: it never goes into the docs. */
  look(name: string): Promise<string>;
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
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts all of it in folders of its own; what it started ends with it. */
export async function createStage(options: StageOptions = {}): Promise<Stage> {
  const executablePath = findChromium();
  if (!existsSync(program)) throw new Error(`${program} is missing: run \`npm run e2e\`, which builds it first.`);
  const folder = await mkdtemp(join(tmpdir(), 'nootropic-page-'));
  const repository = join(folder, 'parcels');
  await mkdir(repository);
  await makeSampleRepository(repository, options.files);
  const model = await startScriptedServer({
    http,
    contextLength: 32_768,
    ...(options.answer && { answer: options.answer }),
  });
  let host: ChildProcess | undefined;
  let browser: Browser | undefined;
  const stop = async (): Promise<void> => {
    await browser?.close();
    if (host && host.exitCode === null && host.signalCode === null) {
      const ended = once(host, 'exit');
      host.kill('SIGTERM');
      const late = setTimeout(() => host?.kill('SIGKILL'), 8000);
      await ended;
      clearTimeout(late);
    }
    await model[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    host = spawn(process.execPath, [program, 'serve', '--json'], {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        NOOTROPIC_HOME: join(folder, 'home'),
        NOOTROPIC_MODELS_CHAT: options.chat ?? `openai:tiny@${model.url}/v1`,
        NO_COLOR: '1',
        ...options.env,
      },
    });
    const { url, token } = await announced(host);
    const assistant = connect({ url, token });
    browser = await chromium.launch({ executablePath, args: switches });
    const running = browser;
    return {
      repository,
      url,
      assistant,
      model,
      open: (how = {}) => openPage({ browser: running, assistant, url, repository }, how),
      [Symbol.asyncDispose]: stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

/** The line with which the host says where it is. */
async function announced(host: ChildProcess): Promise<{ readonly url: string; readonly token: string }> {
  let said = '';
  host.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  if (!host.stdout) throw new Error('The host has no output.');
  for await (const line of createInterface({ input: host.stdout })) {
    if (line.startsWith('{')) return JSON.parse(line) as { url: string; token: string };
    said += `${line}\n`;
  }
  throw new Error(`The host did not start: ${said}`);
}

interface OpenWorld {
  readonly browser: Browser;
  readonly assistant: Assistant;
  readonly url: string;
  readonly repository: string;
}

async function openPage(world: OpenWorld, options: OpenOptions): Promise<OpenPage> {
  const { browser, assistant, url, repository } = world;
  const context = await browser.newContext({
    viewport: options.size === 'narrow' ? { width: 420, height: 800 } : { width: 1280, height: 800 },
    colorScheme: options.theme ?? 'light',
    reducedMotion: options.reducedMotion === true ? 'reduce' : 'no-preference',
    serviceWorkers: 'block',
  });
  if (options.tour !== true)
    await context.addInitScript(() => localStorage.setItem('nootropic.page.tour', JSON.stringify('seen')));
  const page = await context.newPage();
  const trouble = watch(page, url);
  const { code } = await assistant.host.signIn();
  await page.goto(`${url}/#${new URLSearchParams({ code, workspace: repository }).toString()}`);
  await page.locator('#content').waitFor();
  if (options.address !== undefined)
    await page.evaluate((address) => {
      location.hash = address;
    }, options.address);
  return {
    page,
    trouble,
    axe: () => runAxe(page),
    picture: (name) => shoot(page, join(pictures, `${name}.png`)),
    look: (name) => shoot(page, join(looks, `${name}.png`)),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

async function shoot(page: Page, path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  return await page.screenshot({ path, animations: 'disabled', caret: 'hide' }).then(() => path);
}

/** Fills with whatever a page must not do. */
function watch(page: Page, url: string): string[] {
  const trouble: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') trouble.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => trouble.push(`script: ${error.message}`));
  page.on('request', (request) => {
    const address = request.url();
    if (!address.startsWith(`${url}/`) && !address.startsWith('data:') && !address.startsWith('blob:'))
      trouble.push(`request to elsewhere: ${address}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 500) trouble.push(`answer ${String(response.status())}: ${response.url()}`);
  });
  return trouble;
}

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

async function runAxe(page: Page): Promise<readonly AxeFault[]> {
  await page.evaluate(await readFile(axeFile, 'utf8'));
  return await page.evaluate(async () => {
    interface Axe {
      run(
        root: Document,
        options: object,
      ): Promise<{
        violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
      }>;
    }
    const { axe } = globalThis as unknown as { axe: Axe };
    const { violations } = await axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      nodes: nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`),
    }));
  });
}
