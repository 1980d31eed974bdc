import { copyFile, cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { grammarFiles } from '@nootropic/parser';
import { defineConfig, type Plugin } from 'vite';
import { vendorLlama } from './build/vendor-llama.ts';

const root = import.meta.dirname;
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
const modelProcess = join(root, '../../libs/server/src/processes/model-process.ts');
const keychainChild = join(root, '../../libs/adapters/storage/src/keychain-child.ts');

/** Packages that hold machine code. Everything else goes into the bundle. */
const external = [
  /^better-sqlite3($|\/)/,
  /^@napi-rs\/keyring($|\/)/,
  /^@parcel\/watcher($|\/)/,
  /^@lancedb\/lancedb-/,
];

export default defineConfig({
  root,
  // React holds a second, slower copy of itself for development.
  define: { NOOTROPIC_VERSION: JSON.stringify(version), 'process.env.NODE_ENV': JSON.stringify('production') },
  plugins: [vendoredLlama(), grammars(), besideTheBundle(), apiDocs(), page(), lightStart(), withoutLeftovers()],
  ssr: { noExternal: true, external: [], target: 'node' },
  resolve: { conditions: ['node', 'import', 'default'] },
  build: {
    ssr: true,
    target: 'node22',
    outDir: 'dist',
    // `dist/types` belongs to the type checker, and `dist/vendor` is made anew only for another version.
    emptyOutDir: false,
    minify: false,
    sourcemap: false,
    license: { fileName: 'vendor/licenses.md' },
    reportCompressedSize: false,
    rolldownOptions: {
      // The WebAssembly engine of the parser holds an `eval` that it never reaches.
      checks: { eval: false },
      input: {
        main: join(root, 'src/main.ts'),
        ...(existsSync(modelProcess) ? { 'model-process': modelProcess } : {}),
        'index-process': join(root, '../../libs/server/src/processes/index-process.ts'),
        'parser-worker': join(root, '../../libs/server/src/processes/parser-worker.ts'),
        'pattern-worker': join(root, '../../libs/server/src/processes/pattern-worker.ts'),
        'keychain-child': keychainChild,
        'network-bridge': join(root, '../../libs/adapters/workspace/src/network-bridge.ts'),
      },
      external,
      // Importing an error from the contracts must not bring their schemas along: loading those does nothing but define them.
      treeshake: {
        moduleSideEffects: [{ test: /\/libs\/contracts\/src\/|\/node_modules\/(zod|@orpc)\//, sideEffects: false }],
      },
      // Flat: files are found beside the bundle by `new URL('./name', import.meta.url)`.
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunk-[name]-[hash].js', keepNames: true },
    },
  },
});

/** node-llama-cpp finds its own files by where they lie, so it is not bundled but put beside the bundle, without what only its build from source needs. */
function vendoredLlama(): Plugin {
  return {
    name: 'nootropic:vendored-llama',
    apply: 'build',
    enforce: 'pre',
    async buildStart() {
      await vendorLlama(join(root, 'dist'));
    },
    resolveId: (id) =>
      id === 'node-llama-cpp'
        ? { id: './vendor/node-llama-cpp/dist/index.js', external: true, moduleSideEffects: false }
        : null,
  };
}

/** Copies the WebAssembly files that the parser asks for to `dist/grammars`. */
function grammars(): Plugin {
  return {
    name: 'nootropic:grammars',
    apply: 'build',
    async writeBundle() {
      const require = createRequire(join(root, '../../libs/adapters/parser/package.json'));
      await mkdir(join(root, 'dist/grammars'), { recursive: true });
      for (const [name, from] of Object.entries(grammarFiles))
        await copyFile(require.resolve(from), join(root, 'dist/grammars', name));
    },
  };
}

/** Copies what modules look for beside themselves: the weights of the built-in embedder, and what asks a workspace's own TypeScript. */
function besideTheBundle(): Plugin {
  return {
    name: 'nootropic:beside-the-bundle',
    apply: 'build',
    async writeBundle() {
      for (const from of ['model/src/builtin-weights.bin', 'reflexion/src/typescript-diagnostics.cjs'])
        await copyFile(join(root, '../../libs/adapters', from), join(root, 'dist', basename(from)));
    },
  };
}

/** Copies the viewer of the API's document, which the host serves at `/api-docs`. */
function apiDocs(): Plugin {
  return {
    name: 'nootropic:api-docs',
    apply: 'build',
    async writeBundle() {
      const require = createRequire(join(root, '../../libs/server/package.json'));
      await mkdir(join(root, 'dist/api-docs'), { recursive: true });
      for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js'])
        await copyFile(require.resolve(`swagger-ui-dist/${name}`), join(root, 'dist/api-docs', name));
    },
  };
}

/** Copies the page that `serve` serves; `web:build` makes it, and Nx runs that first. */
function page(): Plugin {
  return {
    name: 'nootropic:page',
    apply: 'build',
    async writeBundle() {
      await rm(join(root, 'dist/page'), { recursive: true, force: true });
      await cp(join(root, '../web/dist/page'), join(root, 'dist/page'), { recursive: true });
    },
  };
}

/**
 * Fails the build when `--version`, `--help` or `completion` would load something heavy: everything that is
 * imported at once, from `main` and from the program, must be our own, commander, or Node's.
 */
function lightStart(): Plugin {
  return {
    name: 'nootropic:light-start',
    apply: 'build',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const queue = chunks.filter(
        (chunk) =>
          (chunk.isEntry && chunk.name === 'main') || chunk.moduleIds.some((id) => id.endsWith('/cli/src/start.ts')),
      );
      const seen = new Set(queue);
      for (const chunk of queue) {
        for (const id of chunk.moduleIds) {
          const allowed = /\/apps\/cli\/src\/|\/libs\/contracts\/src\/errors\.ts$|\/node_modules\/commander\/|^\0/.test(
            id,
          );
          if (!allowed)
            this.error(`${id} would be loaded by every command, even by --help: import it where it is used.`);
        }
        for (const name of chunk.imports) {
          const next = chunks.find((other) => other.fileName === name);
          if (next && !seen.has(next)) {
            seen.add(next);
            queue.push(next);
          }
        }
      }
    },
  };
}

/** Removes the code of earlier builds. It is done last, so that a program that runs meanwhile keeps its files as long as it can. */
function withoutLeftovers(): Plugin {
  return {
    name: 'nootropic:without-leftovers',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      for (const name of await readdir(dir)) if (name.endsWith('.js') && !(name in bundle)) await rm(join(dir, name));
    },
  };
}
