import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ExecutorPlace } from './tiny-gguf-executor.ts';

export interface PackageDesktopExecutorOptions {
  /** Folder of the app, relative to the workspace; it is built already. */
  readonly app: string;
  /** Folder of the command line that it ships, built too. */
  readonly commandLine: string;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** As electron-builder takes it; the app's `electron-builder.ts` exports it. */
interface BuilderConfiguration {
  readonly electronFuses?: unknown;
  readonly [name: string]: unknown;
}

interface Folders {
  readonly app: string;
  readonly commandLine: string;
  /** What is made: `app` with the code, `resources` with what lies beside it. */
  readonly out: string;
}

/** What of the app's `dist` goes into its archive. */
const shipped = /^(?:main\.js|link\.js|chunk-.*\.js|preload\.cjs|icon\.png|page)$/u;
/** The code that Nx's result is read for, see `exit-code-plugin.ts`: nothing is wrong, but this machine cannot do the rest. */
export const cannotGoOn = 'exit code 3';

/**
 * The Nx executor `package-desktop`: puts together the whole folder of the desktop app: its archive (asar), the command line and the Node that it brings, the
 * list of its fuses, and a configuration of electron-builder that electron-builder itself has checked. With Electron's binary at hand it goes on to the packaged
 * app, and reads its fuses back. Without, it stops there, says what is missing, and its last line is `exit code 3`.
 */
export async function runPackageDesktop(
  options: PackageDesktopExecutorOptions,
  { root }: ExecutorPlace,
  print: (line: string) => unknown = (line) => process.stdout.write(`${line}\n`),
): Promise<{ success: boolean }> {
  const app = resolve(root, options.app);
  const folders = { app, commandLine: resolve(root, options.commandLine), out: join(app, 'dist/package') };
  const require = createRequire(join(app, 'package.json'));
  const configuration = await readConfiguration(app);
  await rm(folders.out, { recursive: true, force: true });
  await layApp(folders, require);
  await layCommandLine(folders);
  await layNode(folders, require);
  const { createPackageWithOptions, listPackage } = (await import(
    pathToFileURL(require.resolve('@electron/asar')).href
  )) as typeof import('@electron/asar');
  const archive = join(folders.out, 'resources/app.asar');
  await createPackageWithOptions(join(folders.out, 'app'), archive, { unpack: '**/*.node' });
  await writeFile(join(folders.out, 'fuses.json'), `${JSON.stringify(configuration.electronFuses, undefined, 2)}\n`);
  const complete = {
    ...configuration,
    directories: { app: 'app', output: '../installers', buildResources: '../../build' },
  };
  await writeFile(join(folders.out, 'electron-builder.json'), `${JSON.stringify(complete, undefined, 2)}\n`);
  await checkConfiguration(complete, require);
  print(`${folders.out}`);
  print(`  resources/app.asar  ${listPackage(archive, { isPack: false }).length} entries`);
  print('  resources/cli, resources/node  the command line and the Node that runs it');
  print('  fuses.json, electron-builder.json  checked by electron-builder');
  if (!hasElectron(require)) {
    print('The binary of Electron is not here, so the package stops at the folder above.');
    print(
      'Get it with `npx install-electron` (it comes from github.com; ELECTRON_MIRROR names another place), or name a folder with it',
    );
    print(
      'in ELECTRON_OVERRIDE_DIST_PATH, and package again. Installers for every system come from the workflow desktop.',
    );
    print(cannotGoOn);
    return { success: false };
  }
  await build(folders, complete, require);
  const faults = await fuseFaults(join(app, 'dist/installers'), configuration.electronFuses, require);
  for (const fault of faults) print(fault);
  return { success: faults.length === 0 };
}

async function readConfiguration(app: string): Promise<BuilderConfiguration> {
  const { builderConfiguration } = (await import(pathToFileURL(join(app, 'electron-builder.ts')).href)) as {
    readonly builderConfiguration: BuilderConfiguration;
  };
  return builderConfiguration;
}

/** The app's own code. What it needs of machine code lies in `node_modules`, as Node looks for it. */
async function layApp({ app, out }: Folders, require: NodeJS.Require): Promise<void> {
  const { name, version, description, license } = await readManifest(app);
  const to = join(out, 'app');
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(join(app, 'dist')))
    if (shipped.test(entry)) await cp(join(app, 'dist', entry), join(to, entry), { recursive: true });
  if (!existsSync(join(to, 'main.js'))) throw new Error('The app is not built: run `npx nx build desktop`.');
  const own = { name: name.replace(/^@.*\//u, ''), version, description, license, type: 'module', main: 'main.js' };
  await writeFile(join(to, 'package.json'), `${JSON.stringify(own, undefined, 2)}\n`);
  await layPackages(['better-sqlite3'], { to, from: require });
}

async function layCommandLine({ commandLine, out }: Folders): Promise<void> {
  const to = join(out, 'resources/cli');
  await mkdir(to, { recursive: true });
  await cp(join(commandLine, 'dist'), join(to, 'dist'), {
    recursive: true,
    filter: (path) => !path.startsWith(join(commandLine, 'dist/types')),
  });
  await cp(join(commandLine, 'bin'), join(to, 'bin'), { recursive: true });
  const { name, version, license, dependencies = {}, optionalDependencies = {} } = await readManifest(commandLine);
  const own = { name, version, license, type: 'module', bin: { nootropic: 'bin/nootropic.js' } };
  await writeFile(join(to, 'package.json'), `${JSON.stringify(own, undefined, 2)}\n`);
  const names = [...Object.keys(dependencies), ...Object.keys(optionalDependencies)];
  await layPackages(names, { to, from: createRequire(join(commandLine, 'package.json')) });
}

async function layNode({ out }: Folders, require: NodeJS.Require): Promise<void> {
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const from = await realpath(join(dirname(require.resolve('node/package.json')), 'bin', file));
  await mkdir(join(out, 'resources/node'), { recursive: true });
  await cp(from, join(out, 'resources/node', file));
}

/** These packages and all that they need, side by side. One that is not there for this system is left out, as npm does with optional ones. */
async function layPackages(
  names: readonly string[],
  { to, from }: { readonly to: string; readonly from: NodeJS.Require },
): Promise<void> {
  const queue = names.map((name) => ({ name, from }));
  const seen = new Set<string>();
  for (let next = queue.shift(); next; next = queue.shift()) {
    const folder = folderOf(next.name, next.from);
    if (seen.has(next.name) || folder === undefined) continue;
    seen.add(next.name);
    await cp(await realpath(folder), join(to, 'node_modules', next.name), {
      recursive: true,
      filter: (path) => !path.slice(folder.length).includes('node_modules'),
    });
    const { dependencies = {}, optionalDependencies = {} } = await readManifest(folder);
    const nested = createRequire(join(folder, 'package.json'));
    for (const name of [...Object.keys(dependencies), ...Object.keys(optionalDependencies)])
      queue.push({ name, from: nested });
  }
}

function folderOf(name: string, require: NodeJS.Require): string | undefined {
  for (const place of require.resolve.paths(name) ?? []) {
    const folder = join(place, name);
    if (existsSync(join(folder, 'package.json'))) return folder;
  }
  return undefined;
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** By electron-builder's own rules; throws what it says. */
async function checkConfiguration(configuration: BuilderConfiguration, require: NodeJS.Require): Promise<void> {
  const builder = createRequire(require.resolve('electron-builder'));
  const { validateConfiguration } = builder('app-builder-lib/out/util/config/config') as {
    validateConfiguration(configuration: unknown, debug: { isEnabled: boolean; add(): void }): Promise<void>;
  };
  await validateConfiguration(configuration, { isEnabled: false, add: () => undefined });
}

function hasElectron(require: NodeJS.Require): boolean {
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  if (override !== undefined && override !== '') return existsSync(override);
  return existsSync(join(dirname(require.resolve('electron/package.json')), 'dist'));
}

/** The packaged app of this system; with `NOOTROPIC_INSTALLERS=true` its installers too. */
async function build({ out }: Folders, configuration: BuilderConfiguration, require: NodeJS.Require): Promise<void> {
  const { build: make } = require('electron-builder') as typeof import('electron-builder');
  const { version } = require('electron/package.json') as { version: string };
  await make({
    projectDir: out,
    dir: process.env['NOOTROPIC_INSTALLERS'] !== 'true',
    publish: 'never',
    config: { ...configuration, electronVersion: version } as never,
  });
}

/** The binary of the packaged app, by system. */
const binaries: Readonly<Partial<Record<NodeJS.Platform, RegExp>>> = {
  linux: /^linux[^/]*-unpacked\/nootropic$/u,
  darwin: /^mac[^/]*\/nootropic\.app\/Contents\/MacOS\/nootropic$/u,
  win32: /^win[^/]*-unpacked\/nootropic\.exe$/u,
};

/** Reads the fuses back from the binary: what is set wrong there. */
async function fuseFaults(installers: string, wanted: unknown, require: NodeJS.Require): Promise<string[]> {
  const { getCurrentFuseWire, FuseV1Options, FuseState } = (await import(
    pathToFileURL(require.resolve('@electron/fuses')).href
  )) as typeof import('@electron/fuses');
  const files = (await readdir(installers, { recursive: true })).map((path) => path.split(sep).join('/'));
  const binary = files.find((path) => binaries[process.platform]?.test(path));
  if (binary === undefined) return ['There is no packaged app whose fuses could be read.'];
  const wire = await getCurrentFuseWire(join(installers, binary));
  const fuses = Object.entries(wanted as Readonly<Record<string, boolean>>).filter(
    ([name]) => fuseNames[name] !== undefined,
  );
  return fuses.flatMap(([name, isOn]) => {
    const state = wire[FuseV1Options[fuseNames[name] as keyof typeof FuseV1Options]];
    return state === (isOn ? FuseState.ENABLE : FuseState.DISABLE) ? [] : [`The fuse ${name} is not as it was set.`];
  });
}

/** What electron-builder calls a fuse, and what Electron calls it. */
const fuseNames: Readonly<Record<string, string>> = {
  runAsNode: 'RunAsNode',
  enableNodeOptionsEnvironmentVariable: 'EnableNodeOptionsEnvironmentVariable',
  enableNodeCliInspectArguments: 'EnableNodeCliInspectArguments',
  enableCookieEncryption: 'EnableCookieEncryption',
  enableEmbeddedAsarIntegrityValidation: 'EnableEmbeddedAsarIntegrityValidation',
  onlyLoadAppFromAsar: 'OnlyLoadAppFromAsar',
  grantFileProtocolExtraPrivileges: 'GrantFileProtocolExtraPrivileges',
};
