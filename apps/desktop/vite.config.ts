import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const root = import.meta.dirname;
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };

/** The feed of new versions, as `electron-builder.ts` names it to the updater. Unset: the app never looks for one. */
const feed = process.env['NOOTROPIC_UPDATE_FEED'] ?? '';
const define = {
  'process.env.NODE_ENV': JSON.stringify('production'),
  NOOTROPIC_VERSION: JSON.stringify(version),
  NOOTROPIC_UPDATE_FEED: JSON.stringify(feed !== ''),
};

/** Four bundles: the page, `main.js` and `link.js` for Electron's own processes, and the preload script, which a sandbox wants in one CommonJS file. */
export default defineConfig({
  root,
  define,
  oxc: { jsx: { runtime: 'automatic', development: false } },
  environments: {
    client: {
      build: {
        outDir: 'dist/page',
        emptyOutDir: true,
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
        rolldownOptions: { input: { index: join(root, 'index.html') } },
      },
    },
    main: {
      consumer: 'server',
      define,
      resolve: { noExternal: true, external: ['electron'], conditions: ['node', 'import', 'default'] },
      build: {
        ssr: true,
        target: 'node24',
        outDir: 'dist',
        // The page lies below, and `dist/types` belongs to the type checker.
        emptyOutDir: false,
        minify: false,
        reportCompressedSize: false,
        rolldownOptions: {
          input: { main: join(root, 'src/main/main.ts'), link: join(root, 'src/link/main.ts') },
          external: ['electron', /^better-sqlite3($|\/)/],
          treeshake: {
            moduleSideEffects: [{ test: /\/libs\/contracts\/src\/|\/node_modules\/(zod|@orpc)\//, sideEffects: false }],
          },
          output: {
            format: 'es',
            entryFileNames: '[name].js',
            chunkFileNames: 'chunk-[name]-[hash].js',
            keepNames: true,
          },
        },
      },
    },
    preload: {
      consumer: 'server',
      define,
      resolve: { noExternal: true, external: ['electron'], conditions: ['import', 'default'] },
      build: {
        ssr: true,
        target: 'node24',
        outDir: 'dist',
        emptyOutDir: false,
        minify: false,
        reportCompressedSize: false,
        rolldownOptions: {
          input: { preload: join(root, 'src/preload/preload.ts') },
          external: ['electron'],
          output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
        },
      },
    },
  },
  builder: {
    async buildApp(builder) {
      for (const environment of Object.values(builder.environments))
        if (environment.name !== 'ssr') await builder.build(environment);
    },
  },
  plugins: [icon()],
});

function icon(): Plugin {
  return {
    name: 'nootropic:icon',
    apply: 'build',
    async writeBundle() {
      await copyFile(join(root, 'build/icon.png'), join(root, 'dist/icon.png'));
    },
  };
}
