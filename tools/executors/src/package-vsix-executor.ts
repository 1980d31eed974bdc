import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutorPlace } from './tiny-gguf-executor.ts';
import {
  contributionFaults,
  registryFaults,
  wordFaults,
  type ExtensionManifest,
  type Registrations,
} from './vsix-contributions.ts';

export interface PackageVsixExecutorOptions {
  /** Folder of the extension, relative to the workspace; it is built already. */
  readonly extension: string;
  /** Largest size in bytes. Default 1,000,000. */
  readonly mostBytes?: number;
}

const run = promisify(execFile);
/** What goes into the package, from the folder of the extension. */
const packed = ['dist', 'media', 'l10n', 'package.nls.json', 'README.md', 'CHANGELOG.md'];
/** Of `dist`: what the type checker leaves there, packages of before. */
const left = /^dist\/(types|types-webview)(\/|$)|\.vsix$|\.map$/u;
/** What only the workspace needs of package.json. */
const ownFields = ['devDependencies', 'nx', 'private', 'scripts'];

/**
 * The Nx executor `package-vsix`: puts a built extension into `dist/nootropic-VERSION.vsix`, one file for both registries. It fails, and leaves no file, where
 * what is contributed is not what the code registers, where a registry would not take it, where machine code is inside, and where it is too large.
 */
export async function runPackageVsix(
  { extension, mostBytes = 1_000_000 }: PackageVsixExecutorOptions,
  { root }: ExecutorPlace,
  print: (line: string) => unknown = (line) => process.stdout.write(`${line}\n`),
): Promise<{ success: boolean }> {
  const folder = resolve(root, extension);
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as ExtensionManifest;
  const out = join(folder, 'dist', `nootropic-${manifest.version}.vsix`);
  await rm(out, { force: true });
  const stage = await mkdtemp(join(tmpdir(), 'package-vsix-'));
  try {
    await fillStage(stage, { folder, root, manifest });
    const files = await filesOf(stage);
    const main = join(stage, manifest.main ?? '');
    const faults = [
      ...registryFaults(manifest, files),
      ...wordFaults(manifest, await wordsOf(stage)),
      ...(files.includes(relative(stage, main).split(sep).join('/'))
        ? contributionFaults(manifest, await registrationsOf(main, { stage, folder }))
        : []),
    ];
    for (const fault of faults) print(fault);
    if (faults.length > 0) return { success: false };
    await pack(folder, stage, out);
    const { size } = await stat(out);
    if (size > mostBytes) {
      print(`It is ${size} bytes, more than ${mostBytes}. Largest files:`);
      for (const line of await largest(stage, files)) print(line);
      await rm(out);
      return { success: false };
    }
    print(`${out}  ${size} bytes, ${files.length} files`);
    return { success: true };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function fillStage(
  stage: string,
  { folder, root, manifest }: { readonly folder: string; readonly root: string; readonly manifest: ExtensionManifest },
): Promise<void> {
  const shown = Object.fromEntries(Object.entries(manifest).filter(([name]) => !ownFields.includes(name)));
  await writeFile(join(stage, 'package.json'), `${JSON.stringify(shown, undefined, 2)}\n`);
  await cp(join(root, 'LICENSE'), join(stage, 'LICENSE'));
  for (const name of packed) {
    const from = join(folder, name);
    const isThere = await stat(from).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    await mkdir(dirname(join(stage, name)), { recursive: true });
    await cp(from, join(stage, name), {
      recursive: true,
      filter: (path) => !left.test(relative(folder, path).split(sep).join('/')),
    });
  }
}

/** The words that package.json names by `%key%`. */
async function wordsOf(stage: string): Promise<Readonly<Record<string, string>>> {
  try {
    return JSON.parse(await readFile(join(stage, 'package.nls.json'), 'utf8')) as Readonly<Record<string, string>>;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw cause;
  }
}

async function filesOf(stage: string): Promise<string[]> {
  const entries = await readdir(stage, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(stage, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

async function registrationsOf(
  main: string,
  { stage, folder }: { readonly stage: string; readonly folder: string },
): Promise<Registrations> {
  const recorder = join(import.meta.dirname, 'vsix-registrations.ts');
  const declarations = createRequire(join(folder, 'package.json')).resolve('@types/vscode/index.d.ts');
  const { stdout } = await run(process.execPath, [recorder, main, join(stage, 'package.json'), declarations]);
  const said = JSON.parse(stdout) as Registrations | { readonly failed: string };
  if ('failed' in said) throw new Error(`The extension cannot be activated: ${said.failed}`);
  return said;
}

async function pack(folder: string, stage: string, out: string): Promise<void> {
  const require = createRequire(join(folder, 'package.json'));
  const vsce = join(dirname(require.resolve('@vscode/vsce/package.json')), 'vsce');
  // Where the sources lie is not known to the package: addresses in its README are whole ones.
  await run(
    process.execPath,
    [vsce, 'package', '--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--out', out],
    { cwd: stage },
  );
}

async function largest(stage: string, files: readonly string[]): Promise<string[]> {
  const sized = await Promise.all(files.map(async (file) => ({ file, size: (await stat(join(stage, file))).size })));
  return sized
    .sort((a, b) => b.size - a.size)
    .slice(0, 8)
    .map(({ file, size }) => `  ${String(size).padStart(9)}  ${file}`);
}
