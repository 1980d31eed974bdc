import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { metricsTable } from '@nootropic/observability';
import { compose, serve } from '@nootropic/server';
import { startScriptedServer, type ScriptedAnswer } from '@nootropic/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workspaceRoot } from '../workspace-root.ts';
import { grafanaDashboard } from './grafana-dashboard.ts';

const folder = join(workspaceRoot, 'docs/observability');
const run = promisify(execFile);
const promtool = await run('promtool', ['--version']).then(
  () => true,
  () => false,
);

/** What only shows where something went wrong, filled the memory, or left the machine: its place in the scrape is looked at, not its value. */
const notToday = [
  ...['nootropic_queue_refused_total', 'nootropic_model_evictions_total', 'nootropic_telemetry_rejected_total'],
  ...['nootropic_egress_connections_total', 'nootropic_egress_bytes_total'],
];

/** Reads a turn to its end. */
async function drain(turn: Promise<AsyncIterable<unknown>>): Promise<void> {
  const events = (await turn)[Symbol.asyncIterator]();
  while ((await events.next()).done !== true);
}

let dir = '';
let scrape = '';

beforeAll(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-scrape-')));
  const workspace = join(dir, 'work');
  await mkdir(workspace);
  await writeFile(join(workspace, 'add.mjs'), 'export const add = (a, b) => a + b;\n');
  const script: ScriptedAnswer[] = [
    { text: ['It is ', 'in ', 'add.mjs.'], pieceDelayMs: 5 },
    { toolCalls: [{ id: 'c1', name: 'run', arguments: { line: 'cat add.mjs' } }] },
    {
      text: ['I add it.\n```js\nexport const sub = (a, b) => a - b;\n```\n'],
      toolCalls: [{ id: 'c2', name: 'write', arguments: { path: 'sub.mjs' } }],
    },
    { toolCalls: [{ id: 'c3', name: 'run', arguments: { line: 'touch made.txt' } }] },
  ];
  const server = await startScriptedServer({
    http,
    contextLength: 32_768,
    answer: () => script.shift() ?? { text: ['Done ', 'it.'] },
  });
  const env = { ...process.env, NOOTROPIC_HOME: join(dir, 'own') };
  const model = `openai:tiny@${server.url}/v1`;
  const token = 't'.repeat(43);
  {
    await using open = await compose({
      env,
      stays: true,
      version: '1.2.3',
      flags: { log: { level: 'silent' }, models: { completion: model } },
    });
    const { assistant, telemetry } = open;
    await using served = await serve({ assistant, token, telemetry });
    await drain(assistant.send({ workspace, text: 'Where is add?', model }));
    await assistant.trust.set({ workspace, trusted: true });
    for await (const event of await assistant.send({
      workspace,
      text: 'Add sub.',
      model,
      mode: 'auto-edit',
      attended: true,
    }))
      if (event.type === 'approval-request')
        await assistant.answer({
          sessionId: event.sessionId,
          requestId: String(event['requestId']),
          decision: 'allow',
        });
    await drain(
      assistant.send({
        workspace,
        text: 'Where?',
        model: 'openai:tiny@http://127.0.0.1:1/v1',
      }),
    );
    await assistant.search({ workspace, query: 'add' });
    await drain(
      assistant.completions.complete({ workspace, path: 'add.mjs', prefix: 'const three = add(', suffix: '\n' }),
    );
    await assistant.completions.report({
      ...{ shown: 2, accepted: 1, fromCache: 1, acceptedCharacters: 9, retainedCharacters: 8, wastedTokens: 3 },
    });
    const { job } = await assistant.jobs.add({ kind: 'index', payload: { workspace } });
    for await (const { state } of await assistant.jobs.watch({ id: job.id }))
      if (state === 'done' || state === 'dead') break;
    const headers = { authorization: `Bearer ${token}` };
    await (await fetch(`${served.url}/metrics`, { headers })).text();
    scrape = await (await fetch(`${served.url}/metrics`, { headers })).text();
  }
  await server[Symbol.asyncDispose]();
}, 120_000);

afterAll(async () => {
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
});

/** Names in expressions, without what Prometheus adds to histograms. */
function namesIn(text: string): Set<string> {
  return new Set(
    [...text.matchAll(/\bnootropic_[a-z_]+/gu)].map(([name]) => name.replace(/_(?:bucket|sum|count)$/u, '')),
  );
}

const expressionsOf = (dashboard: string): string[] =>
  (JSON.parse(dashboard) as { panels: { targets?: { expr: string }[] }[] }).panels.flatMap(({ targets = [] }) =>
    targets.map(({ expr }) => expr),
  );

describe('a live scrape', () => {
  it('shows every metric of the table, with a value', () => {
    for (const { name, type } of metricsTable) expect(scrape).toContain(`# TYPE ${name} ${type}`);
    const without = metricsTable
      .map(({ name }) => name)
      .filter((name) => !new RegExp(`^${name}(?:_count)?(?:\\{[^}]*\\})? [^ ]+$`, 'mu').test(scrape));
    expect(without.filter((name) => !notToday.includes(name))).toEqual([]);
  });

  it('has few series, and no path, session or question in a label', () => {
    const series = scrape.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(series.length).toBeLessThan(1_500);
    expect(scrape).not.toContain(dir);
    expect(scrape).not.toMatch(/Where is add|made\.txt|[0-9a-f]{8}-[0-9a-f]{4}/u);
    expect(scrape).toContain('nootropic_build_info{version="1.2.3"');
  });

  it.skipIf(!promtool)('passes promtool, where it is installed', async () => {
    const checking = run('promtool', ['check', 'metrics']);
    checking.child.stdin?.end(scrape);
    const { stdout, stderr } = await checking;
    expect(`${stdout}${stderr}`).toBe('');
  });
});

describe('the dashboard', () => {
  const dashboard = readFileSync(join(folder, 'dashboard.json'), 'utf8');

  it('is what the code makes of the table', () => {
    expect(dashboard).toBe(grafanaDashboard());
  });

  it('shows every metric, and none that is not in the scrape', () => {
    const shown = namesIn(expressionsOf(dashboard).join('\n'));
    expect([...shown].sort()).toEqual(metricsTable.map(({ name }) => name).sort());
    for (const name of shown) expect(scrape).toContain(`# TYPE ${name} `);
    for (const expression of expressionsOf(dashboard)) expect(expression).toContain('instance=~"$instance"');
  });

  it.skipIf(!promtool)('asks in expressions that Prometheus understands', async () => {
    const rules = expressionsOf(dashboard).map((expr, nth) => ({
      record: `panel:${nth}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
    }));
    const file = join(dir, 'panels.yml');
    await writeFile(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    const { stdout } = await run('promtool', ['check', 'rules', '--lint=none', file]);
    expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`);
  });
});

describe('the alerts', () => {
  const alerts = readFileSync(join(folder, 'alerts.yml'), 'utf8');

  it('rest on metrics that there are', () => {
    for (const name of namesIn(alerts)) expect(metricsTable.map((each) => each.name)).toContain(name);
    expect(alerts.match(/- alert:/gu)?.length).toBeGreaterThan(8);
  });

  it.skipIf(!promtool)('are silent when all is well and fire when it is not', async () => {
    expect((await run('promtool', ['check', 'rules', join(folder, 'alerts.yml')])).stdout).toContain('SUCCESS');
    expect((await run('promtool', ['test', 'rules', join(folder, 'alerts.test.yml')])).stdout).toContain('SUCCESS');
  });
});
