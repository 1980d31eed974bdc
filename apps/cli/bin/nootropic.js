#!/usr/bin/env node
// npm links this file before anything is built, so it is plain JavaScript that any Node can read.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(fileURLToPath(main))) {
  await import(main.href);
} else {
  process.stderr.write('error: nootropic is not built yet.\n→ Run `npm run build` in its repository.\n');
  process.exitCode = 1;
}
