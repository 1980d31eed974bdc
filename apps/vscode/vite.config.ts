import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const root = import.meta.dirname;
const production = { 'process.env.NODE_ENV': JSON.stringify('production') };

/** Two bundles: `dist/extension.cjs` for the editor's extension host, and `dist/webview` for the page of the chat. */
export default defineConfig({
  root,
  // The page is loaded from an address that is made anew for each window.
  base: './',
  define: production,
  oxc: { jsx: { runtime: 'automatic', development: false } },
  environments: {
    client: {
      build: {
        outDir: 'dist/webview',
        emptyOutDir: true,
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
        rolldownOptions: {
          input: { main: join(root, 'webview/main.tsx') },
          output: {
            entryFileNames: '[name].js',
            chunkFileNames: 'chunk-[name]-[hash].js',
            assetFileNames: '[name][extname]',
          },
        },
      },
    },
    extension: {
      consumer: 'server',
      resolve: { noExternal: true, external: ['vscode'], conditions: ['node', 'import', 'default'] },
      build: {
        ssr: true,
        target: 'node22',
        outDir: 'dist',
        // The page lies below, and `dist/types` belongs to the type checker.
        emptyOutDir: false,
        minify: true,
        sourcemap: false,
        reportCompressedSize: false,
        rolldownOptions: {
          input: { extension: join(root, 'src/extension.ts') },
          external: ['vscode'],
          // Importing an error from the contracts must not bring their schemas along: loading those does nothing but define them.
          treeshake: {
            moduleSideEffects: [
              { test: /\/libs\/(contracts|client)\/src\/|\/node_modules\/(zod|@orpc)\//, sideEffects: false },
            ],
          },
          // What is imported late lies in files of its own: in one file, all of the contracts would be made with the first error that is named.
          output: {
            format: 'cjs',
            entryFileNames: '[name].cjs',
            chunkFileNames: 'extension-[name].cjs',
            codeSplitting: {
              groups: [
                // What is named at once must not lie among what is loaded late.
                { name: 'errors', test: /\/libs\/contracts\/src\/errors\.ts$/, priority: 2 },
                { name: 'late', test: /\/node_modules\/(zod|@orpc)\/|\/libs\/(client|contracts)\/src\//, priority: 1 },
              ],
            },
          },
        },
      },
    },
  },
  builder: {
    async buildApp(builder) {
      for (const name of ['client', 'extension']) {
        const environment = builder.environments[name];
        if (environment) await builder.build(environment);
      }
    },
  },
  plugins: [nothingNative(), lightStart(), withoutLeftovers()],
});

/** Fails the build where the extension would need machine code: that belongs to the host. */
function nothingNative(): Plugin {
  return {
    name: 'nootropic:nothing-native',
    apply: 'build',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle))
        for (const id of chunk.type === 'chunk' ? chunk.moduleIds : [])
          if (/\.node$|\/libs\/(server|adapters|core)\/|\/better-sqlite3\/|\/node-llama-cpp\//.test(id))
            this.error(`${id} belongs to the host: the extension asks for it over the client.`);
    },
  };
}

/** Fails the build where activating the extension would load something large: what is loaded at once is our own, and the errors of the contracts. */
function lightStart(): Plugin {
  return {
    name: 'nootropic:light-start',
    apply: 'build',
    applyToEnvironment: ({ name }) => name === 'extension',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const atOnce = chunks.filter((chunk) => chunk.isEntry);
      for (const chunk of atOnce) {
        for (const id of chunk.moduleIds)
          if (!/\/apps\/vscode\/src\/|\/libs\/contracts\/src\/errors\.ts$|^\0/.test(id))
            this.error(
              `${id} would be loaded when the editor starts: import it where it is used, with \`await import\`.`,
            );
        for (const name of chunk.imports) {
          const next = chunks.find((other) => other.fileName === name);
          if (next && !atOnce.includes(next)) atOnce.push(next);
        }
      }
    },
  };
}

/** Removes files of earlier builds of the extension, whose folder is not emptied. */
function withoutLeftovers(): Plugin {
  return {
    name: 'nootropic:without-leftovers',
    apply: 'build',
    applyToEnvironment: ({ name }) => name === 'extension',
    async writeBundle({ dir = '' }, bundle) {
      for (const name of await readdir(dir)) if (name.endsWith('.cjs') && !(name in bundle)) await rm(join(dir, name));
    },
  };
}
