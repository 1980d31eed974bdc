import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { grafanaDashboard } from './observability/grafana-dashboard.ts';
import { cliPage } from './reference/cli-page.ts';
import { configPage } from './reference/config-page.ts';
import { errorsPage } from './reference/errors-page.ts';
import { eventsPage } from './reference/events-page.ts';
import { metricsPage } from './reference/metrics-page.ts';
import { openApiPage } from './reference/openapi-document.ts';
import { workspaceRoot } from './workspace-root.ts';

/*
 * `npm run docs` writes the reference pages from the tables and schemas in the code; with `--check` it writes
 * nothing and fails when a page differs from them.
 */

const folder = join(workspaceRoot, 'docs/reference');
const { version } = JSON.parse(readFileSync(join(workspaceRoot, 'package.json'), 'utf8')) as { version: string };

const pages: Record<string, string> = {
  'errors.md': errorsPage(),
  'config.md': configPage(),
  'events.md': eventsPage(),
  'metrics.md': metricsPage(),
  'cli.md': await cliPage(),
  'openapi.json': await openApiPage(version),
  '../observability/dashboard.json': grafanaDashboard(),
};

function current(name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n');
  } catch {
    return undefined;
  }
}

const changed = Object.keys(pages).filter((name) => current(name) !== pages[name]);
if (process.argv.includes('--check')) {
  for (const name of changed) console.error(`docs/reference/${name} differs from the code: run \`npm run docs\`.`);
  process.exitCode = changed.length === 0 ? 0 : 1;
} else {
  mkdirSync(folder, { recursive: true });
  for (const name of changed) writeFileSync(join(folder, name), pages[name] ?? '');
  console.log(changed.length === 0 ? 'Nothing to write.' : `Written: ${changed.join(', ')}.`);
}
