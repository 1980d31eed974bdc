import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Source, SourceList } from './source-list.ts';

/** Downloads a package unless it is there, proves its SHA-256 and unpacks it; nothing in it is run. Gives the folder. */
export async function fetchSource(
  source: Source,
  {
    cache,
    mirrors,
    fetch = globalThis.fetch,
  }: { cache: string; mirrors: SourceList['mirrors']; fetch?: typeof globalThis.fetch },
): Promise<string> {
  const archive = join(cache, 'archives', source.sha256);
  const folder = join(cache, 'unpacked', source.sha256.slice(0, 16));
  if (await exists(folder)) return folder;
  if (!(await exists(archive))) {
    const bytes = await download(source, mirrors, fetch);
    await mkdir(join(cache, 'archives'), { recursive: true });
    await writeFile(`${archive}.part`, bytes);
    await rename(`${archive}.part`, archive);
  }
  prove(source, await readFile(archive));
  const part = `${folder}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  if (source.kind === 'deb') await run('dpkg-deb', ['--extract', archive, part]);
  else await run('tar', ['--extract', '--no-same-owner', '--file', archive, '--directory', part]);
  await rename(part, folder);
  return folder;
}

async function download(
  source: Source,
  mirrors: SourceList['mirrors'],
  fetch: typeof globalThis.fetch,
): Promise<Uint8Array> {
  const others = mirrors
    .filter(({ from }) => source.url.startsWith(from))
    .map(({ from, to }) => source.url.replace(from, to));
  const faults: string[] = [];
  for (const url of [source.url, ...others]) {
    try {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${response.status}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      prove(source, bytes);
      return bytes;
    } catch (cause) {
      faults.push(`${url}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  throw new Error(`${source.name} ${source.version} cannot be had. ${faults.join('; ')}`);
}

function prove(source: Source, bytes: Uint8Array): void {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== source.sha256)
    throw new Error(`${source.name} ${source.version} has SHA-256 ${sha256}, not ${source.sha256}.`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Runs a program to its end, with its messages on ours. */
export async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}.`);
}
