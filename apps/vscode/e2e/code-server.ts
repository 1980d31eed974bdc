import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
/** VS Code 1.139.1 as a server, which a browser opens. */
const version = '4.139.1';
const folder = join(root, 'node_modules/.cache/nootropic/code-server');
const package_ = join(folder, 'node_modules/code-server');
const entry = join(package_, 'out/node/entry.js');
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
/** A first installation fetches some 600 MB. */
const installMs = 900_000;

/**
 * Installs VS Code where it is not there yet, into a folder of its own that only the cache knows. The packages' own scripts are not run:
 * most of what they would build (terminals, a keychain, Kerberos) no test needs, and it would need compilers and headers that a machine may not have.
 */
export async function installCodeServer(): Promise<void> {
  const mark = join(folder, `ready-${version}`);
  if (existsSync(mark) && existsSync(entry)) return;
  await mkdir(folder, { recursive: true });
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save'];
  const options = { timeout: installMs, maxBuffer: 50_000_000 };
  await run(npm, [...install, '--prefix', folder, `code-server@${version}`], { ...options, cwd: folder });
  // Its own script would do this: the editor has packages of its own.
  const editor = join(package_, 'lib/vscode');
  for (const part of [editor, join(editor, 'extensions')])
    await run(npm, [...install, '--omit=dev', '--prefix', part], { ...options, cwd: part });
  // Writes logs; without it the editor works all the same, and says so again and again.
  await run(npm, ['rebuild', '@vscode/spdlog'], { ...options, cwd: editor }).catch(() => undefined);
  await writeFile(mark, '');
}

export interface CodeServerOptions {
  /** A folder that ends with the test: settings, extensions and the home of the editor lie in it. */
  readonly place: string;
  readonly env: Readonly<Record<string, string>>;
  /** Default false: everything is trusted. Else nothing is, until a person says so. */
  readonly restricted?: boolean;
  /** Leaves the editor's own chat on. Default false: it would ask a person to sign in somewhere. */
  readonly ownChat?: boolean;
}

export interface CodeServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** What it printed so far. */
  readonly log: () => string;
}

/** Settings of a person who wants it quiet. */
const settings = {
  'telemetry.telemetryLevel': 'off',
  'workbench.startupEditor': 'none',
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'editor.minimap.enabled': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  'remote.autoForwardPorts': false,
  'security.workspace.trust.startupPrompt': 'never',
  'typescript.disableAutomaticTypeAcquisition': true,
};

function argumentsOf(place: string): string[] {
  return [
    ...['--user-data-dir', join(place, 'data'), '--extensions-dir', join(place, 'extensions')],
    ...['--config', join(place, 'config.yaml'), '--disable-telemetry', '--disable-update-check'],
  ];
}

/** Puts a VSIX into the editor, as a person would with `Install from VSIX`. */
export async function installExtension(
  vsix: string,
  { place, env, ownChat = false }: CodeServerOptions,
): Promise<void> {
  await writeFile(join(place, 'config.yaml'), 'auth: none\ncert: false\n');
  await mkdir(join(place, 'data/User'), { recursive: true });
  await writeFile(
    join(place, 'data/User/settings.json'),
    JSON.stringify({ ...settings, 'chat.disableAIFeatures': !ownChat }),
  );
  await run(process.execPath, [entry, ...argumentsOf(place), '--install-extension', vsix], { env, timeout: 120_000 });
}

export async function startCodeServer({ place, env, restricted = false }: CodeServerOptions): Promise<CodeServer> {
  let said = '';
  const child = spawn(
    process.execPath,
    [
      entry,
      ...argumentsOf(place),
      ...['--auth', 'none', '--bind-addr', '127.0.0.1:0', '--disable-getting-started-override', '--log', 'info'],
      ...(restricted ? [] : ['--disable-workspace-trust']),
    ],
    { cwd: place, env, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const stop = () => end(child);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      said += `${line}\n`;
      const [, url] = /HTTP server listening on (http:\/\/127\.0\.0\.1:\d+)/u.exec(line) ?? [];
      if (url === undefined) continue;
      child.stdout.on('data', (data: Buffer) => (said += data.toString('utf8')));
      return { url, log: () => said, [Symbol.asyncDispose]: stop };
    }
  } catch (cause) {
    await stop();
    throw cause;
  }
  throw new Error(`code-server did not start: ${said}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(late);
}
