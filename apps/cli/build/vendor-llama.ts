import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';

/** What node-llama-cpp reads at run time beside its code. The rest of its `llama` folder, 34 MB, is for building from source. */
const dataFiles = ['binariesGithubRelease.json', 'llama.cpp.info.json', 'grammars'];

/** Tries a binary in a process of its own, which is started by this file's path. */
const tester = 'bindings/utils/testBindingBinary';

/**
 * Puts node-llama-cpp into `vendor/node-llama-cpp` of a folder, as one package without dependencies: its own 28, and the
 * half gigabyte of optional ones for graphics cards, would otherwise come with every installation, since an installed
 * package cannot take dependencies away from another.
 *
 * Its files find their data, and the process that tries a binary out, by their own address; that address stays what it
 * was although the code is bundled. Packages with the machine code are still found by name.
 */
export async function vendorLlama(folder: string): Promise<void> {
  const source = dirname(dirname(fileURLToPath(import.meta.resolve('node-llama-cpp'))));
  const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as {
    version: string;
    license: string;
  };
  const target = join(folder, 'vendor/node-llama-cpp');
  if (await isCurrent(target, manifest.version)) return;
  await rm(target, { recursive: true, force: true });
  await build({
    configFile: false,
    root: source,
    logLevel: 'warn',
    publicDir: false,
    ssr: { noExternal: true, target: 'node' },
    plugins: [sameAddress(join(source, 'dist'))],
    build: {
      ssr: true,
      target: 'node22',
      outDir: join(target, 'dist'),
      emptyOutDir: true,
      minify: false,
      license: { fileName: 'licenses.md' },
      reportCompressedSize: false,
      rolldownOptions: {
        input: { index: join(source, 'dist/index.js'), [tester]: join(source, 'dist', `${tester}.js`) },
        external: [/^@node-llama-cpp\//, /^@reflink\//, 'electron', 'typescript'],
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js', keepNames: true },
      },
    },
  });
  await mkdir(join(target, 'llama'), { recursive: true });
  for (const file of [...dataFiles.map((name) => `llama/${name}`), 'LICENSE'])
    await cp(join(source, file), join(target, file), { recursive: true });
  const { version, license } = manifest;
  await writeFile(
    join(target, 'package.json'),
    `${JSON.stringify({ name: 'node-llama-cpp', version, license, private: true, type: 'module', main: 'dist/index.js' }, null, 2)}\n`,
  );
}

async function isCurrent(target: string, version: string): Promise<boolean> {
  try {
    const found = createRequire(import.meta.url)(join(target, 'package.json')) as { version: string };
    return found.version === version;
  } catch {
    return false;
  }
}

/** In every bundled file, lets `import.meta.url` mean the address that the file had before. */
function sameAddress(folder: string): Plugin {
  return {
    name: 'nootropic:same-address',
    enforce: 'pre',
    transform(code, id) {
      if (!id.startsWith(folder) || !code.includes('import.meta.url')) return null;
      const file = relative(folder, id).split(sep).join('/');
      return { code: code.replaceAll('import.meta.url', `__addressOf__(${JSON.stringify(file)})`), map: null };
    },
    renderChunk(code, chunk) {
      const up = '../'.repeat(chunk.fileName.split('/').length - 1) || './';
      return code.replace(
        /__addressOf__\("([^"]+)"\)/g,
        (_all, file: string) => `new URL(${JSON.stringify(up + file)}, import.meta.url).href`,
      );
    },
  };
}
