import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRecordingTelemetry, startScriptedServer, type ScriptedAnswer } from '@nootropic/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { asActor, openAudit } from './audit.ts';
import { compose } from './compose.ts';

/** Reads a turn to its end. */
async function drain(turn: Promise<AsyncIterable<unknown>>): Promise<void> {
  const events = (await turn)[Symbol.asyncIterator]();
  while ((await events.next()).done !== true);
}

let dir = '';
beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-audit-')));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
});

it('writes down what a task did, what a person set, and the life of the host', async () => {
  const script: ScriptedAnswer[] = [
    {
      text: ['I make it.\n```js\nexport const a = 1;\n```\n'],
      toolCalls: [{ id: 'c1', name: 'write', arguments: { path: 'new.mjs' } }],
    },
    { toolCalls: [{ id: 'c2', name: 'run', arguments: { line: 'cat new.mjs' } }] },
  ];
  const server = await startScriptedServer({
    http,
    contextLength: 32_768,
    answer: () => script.shift() ?? { text: ['Done.'] },
  });
  const env = { ...process.env, NOOTROPIC_HOME: join(dir, 'own') };
  const workspace = join(dir, 'work');
  await mkdir(workspace);
  {
    await using composed = await compose({ env, stays: true, flags: { log: { level: 'silent' } } });
    const { assistant } = composed;
    const model = `openai:tiny@${server.url}/v1`;
    await drain(assistant.send({ workspace, text: 'Make it.', model, mode: 'auto' }));
    await assistant.changes.undo({ workspace, dryRun: true });
    await assistant.changes.undo({ workspace });
    await asActor('zed', () => assistant.trust.set({ workspace, trusted: true }));
    await assistant.config.set({ key: 'answer.maxTokens', value: 512 });
    await expect(assistant.config.set({ key: 'no.such', value: 1 })).rejects.toThrow();
  }
  await using composed = await compose({ env, flags: { log: { level: 'silent' } } });
  const rows = (await composed.assistant.audit.list({ limit: 100 })).toReversed();
  expect(rows.map(({ actor, action }) => `${actor} ${action}`)).toEqual([
    'local host-start',
    'agent change',
    'agent run',
    'local undo',
    'zed trust',
    'local config',
    'local host-stop',
  ]);
  expect(rows[1]?.detail).toMatchObject({ path: 'new.mjs', change: 'created' });
  expect(rows[2]?.detail).toMatchObject({ tool: 'run', detail: 'cat new.mjs' });
  expect(rows[5]?.detail).toEqual({ key: 'answer.maxTokens', value: '512' });
  expect(await composed.assistant.audit.verify()).toEqual({ ok: true, entries: 7, anchor: 'matches' });
  await server[Symbol.asyncDispose]();
});

it('lets the work go on where it cannot write, and counts it', async () => {
  await writeFile(join(dir, 'file'), 'no folder');
  const telemetry = createRecordingTelemetry();
  const paths = { audit: join(dir, 'file', 'audit.db'), auditAnchor: join(dir, 'file', 'anchor') };
  await using audit = openAudit({ paths, telemetry, now: Date.now });
  await audit.write('run', { line: 'x' });
  expect(telemetry.total('nootropic_audit_failures_total')).toBe(1);
  expect(telemetry.lines).toMatchObject([{ level: 'error', fields: { action: 'run' } }]);
});
