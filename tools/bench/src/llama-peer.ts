import { existsSync, readFileSync } from 'node:fs';
import { access, constants, cp, mkdir, rename, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { runProgram } from './other-program.ts';

export const llamaPrograms = ['llama-bench', 'llama-server', 'llama-batched-bench'] as const;
export type LlamaProgram = (typeof llamaPrograms)[number];

/** llama.cpp's own programs. */
export interface LlamaPeer {
  /** Where they come from and whether they are of the version that node-llama-cpp holds, in words. */
  readonly origin: string;
  readonly env: NodeJS.ProcessEnv;
  /** Absolute path. */
  path(program: LlamaProgram): string;
}

export interface LlamaPeerSearch {
  /** Folder to keep a build in. */
  readonly cache: string;
  /** The workspace. */
  readonly root: string;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
  readonly run?: typeof runProgram;
}

/**
 * llama-bench, llama-server and llama-batched-bench: in the folder `LLAMA_BIN`; else built earlier, or now, from the source that lies in
 * node-llama-cpp, and so of the same version (some minutes, once); else on the `PATH`. Otherwise why there are none.
 */
export async function findLlamaPeer(search: LlamaPeerSearch): Promise<LlamaPeer | string> {
  const env = search.env ?? process.env;
  const tag = bundledTag(search.root);
  const chosen = env['LLAMA_BIN'];
  if (chosen !== undefined && chosen !== '') {
    if (!(await holdsPrograms(chosen))) return `LLAMA_BIN names ${chosen}, which lacks ${llamaPrograms.join(' or ')}`;
    return peerAt(chosen, await originOf(chosen, 'from LLAMA_BIN', { tag, ...search }), env);
  }
  const built = join(search.cache, `llama.cpp-${tag}`);
  if (!(await holdsPrograms(built))) {
    const why = await build(search, tag, built);
    if (why !== undefined) {
      const onPath = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
      for (const folder of onPath) {
        if (await holdsPrograms(folder))
          return peerAt(folder, await originOf(folder, 'from the PATH', { tag, ...search }), env);
      }
      return why;
    }
  }
  return peerAt(built, `${tag}, built from the source inside node-llama-cpp`, env);
}

function bundleFolder(root: string): string {
  return join(root, 'node_modules/node-llama-cpp/llama');
}

function bundledTag(root: string): string {
  const text = readFileSync(join(bundleFolder(root), 'binariesGithubRelease.json'), 'utf8');
  return (JSON.parse(text) as { release: string }).release;
}

function fileName(program: LlamaProgram): string {
  return process.platform === 'win32' ? `${program}.exe` : program;
}

async function holdsPrograms(folder: string): Promise<boolean> {
  const found = await Promise.allSettled(
    llamaPrograms.map((program) => access(join(folder, fileName(program)), constants.X_OK)),
  );
  return found.every(({ status }) => status === 'fulfilled');
}

function peerAt(folder: string, origin: string, env: NodeJS.ProcessEnv): LlamaPeer {
  // The libraries lie beside the programs.
  const libraries = [folder, env['LD_LIBRARY_PATH']].filter(Boolean).join(delimiter);
  return { origin, env: { ...env, LD_LIBRARY_PATH: libraries }, path: (program) => join(folder, fileName(program)) };
}

async function originOf(
  folder: string,
  from: string,
  { tag, run = runProgram, signal }: LlamaPeerSearch & { tag: string },
): Promise<string> {
  const peer = peerAt(folder, '', process.env);
  let said = '';
  // It says its version on stderr.
  await run(peer.path('llama-server'), ['--version'], {
    signal,
    env: peer.env,
    onOutput: (text) => (said += text),
  }).catch(() => undefined);
  const version = /version: (\S+)/.exec(said)?.[1] ?? 'unknown';
  const same = version.split('-')[0] === tag.replace(/^v/, '');
  return `version ${version}, ${from}${same ? '' : `; node-llama-cpp holds another one, ${tag}`}`;
}

/** Builds the programs into `target`, which appears whole or not at all. Why it could not, or nothing. */
async function build(search: LlamaPeerSearch, tag: string, target: string): Promise<string | undefined> {
  const { say, signal, run = runProgram } = search;
  const bundle = join(bundleFolder(search.root), 'gitRelease.bundle');
  if (!existsSync(bundle)) return 'node-llama-cpp holds no source to build llama.cpp from';
  for (const [tool, why] of [
    ['git', 'git'],
    ['cmake', 'cmake'],
    [process.env['CXX'] ?? 'c++', 'a C++ compiler'],
  ] as const) {
    const there = await run(tool, ['--version'], { signal }).then(
      () => true,
      () => false,
    );
    signal.throwIfAborted();
    if (!there) return `there is no llama.cpp on the PATH, and no ${why} to build it with`;
  }
  const draft = `${target}.${process.pid}.part`;
  say(`building llama.cpp ${tag} for comparison; once, some ten minutes`);
  try {
    await mkdir(draft, { recursive: true });
    const source = join(draft, 'source');
    const output = join(draft, 'build');
    await run('git', ['clone', '--quiet', bundle, source], { signal });
    const settings = ['CMAKE_BUILD_TYPE=Release', 'CMAKE_BUILD_RPATH=$ORIGIN', 'LLAMA_CURL=OFF', 'LLAMA_BUILD_UI=OFF'];
    const skipped = ['LLAMA_BUILD_TESTS=OFF', 'LLAMA_BUILD_EXAMPLES=OFF'];
    const flags = [...settings, ...skipped].map((setting) => `-D${setting}`);
    await run('cmake', ['-S', source, '-B', output, ...flags], { signal });
    const nice = process.platform === 'win32' ? [] : ['nice', '-n', '19'];
    const [command = 'cmake', ...args] = [...nice, 'cmake', '--build', output, '-j', '2', '--config', 'Release'];
    let told = 0;
    await run(command, [...args, '--target', ...llamaPrograms], {
      signal,
      onOutput(text) {
        const percent = Number(shareDone(text) ?? 0);
        if (percent >= told + 10) say(`building llama.cpp: ${(told = percent)} %`);
      },
    });
    const made = [join(output, 'bin/Release'), join(output, 'bin')].find((folder) => existsSync(folder)) ?? output;
    await mkdir(dirname(target), { recursive: true });
    await cp(made, `${draft}/bin`, { recursive: true, verbatimSymlinks: true });
    await rename(`${draft}/bin`, target);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return `llama.cpp could not be built: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Percent done in what make (`[ 42%]`) or ninja (`[21/50]`) prints, of the last line that tells. */
export function shareDone(text: string): number | undefined {
  const found = [...text.matchAll(/\[ *(\d+)(%|\/(\d+))\]/g)].at(-1);
  if (found === undefined) return undefined;
  return found[2] === '%' ? Number(found[1]) : Math.floor((Number(found[1]) / Number(found[3])) * 100);
}
