import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configSchema, type ConfigInput } from '@nootropic/contracts';
import { createRecordingTelemetry } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMcpClient, type McpClient } from './mcp-client.ts';
import { resolvePaths } from './paths.ts';

const program = fileURLToPath(new URL('../../adapters/plugin/src/mcp-server.fixture.ts', import.meta.url));
const none = new AbortController().signal;

const tool = (name: string): object => ({
  ...{ name, description: `Does ${name}.` },
  inputSchema: { type: 'object', properties: { path: { type: 'string' } } },
});

describe('MCP servers of the configuration', () => {
  let base: string;
  let clients: McpClient[];
  beforeEach(async () => {
    base = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-mcp-client-')));
    clients = [];
  });
  afterEach(async () => {
    for (const { tools } of clients) await tools[Symbol.asyncDispose]();
    await rm(base, { recursive: true, force: true, maxRetries: 3 });
  });

  const open = (config: ConfigInput, fetch: typeof globalThis.fetch = globalThis.fetch): McpClient => {
    const env = { PATH: process.env['PATH'], HOME: join(base, 'home'), NOOTROPIC_HOME: join(base, 'own') };
    const made = createMcpClient({
      ...{ config: configSchema.parse(config), paths: resolvePaths(env), env, fetch, version: '1' },
      telemetry: createRecordingTelemetry(),
    });
    clients.push(made);
    return made;
  };

  it('has none where none is configured', async () => {
    const { configured, requests, tools } = open({});
    expect({ configured, list: await requests.list(), tools: await tools.tools() }).toEqual({
      ...{ configured: false, list: [], tools: [] },
    });
  });

  it.runIf(process.platform === 'linux')(
    'runs them in the sandbox: they read what their command names, and no keys',
    async () => {
      await mkdir(join(base, 'home/.ssh'), { recursive: true });
      await mkdir(join(base, 'server'));
      await writeFile(join(base, 'home/.ssh/id_ed25519'), 'KEY');
      await writeFile(join(base, 'server/tools.json'), JSON.stringify([tool('look')]));
      const left = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('nootropic-run-'));
      const before = await left();
      const { tools, requests } = open({
        mcp: { servers: { near: { command: [process.execPath, program, join(base, 'server/tools.json')] } } },
      });
      expect(await requests.list()).toMatchObject([{ name: 'near', state: 'waits-for-approval' }]);
      expect(await requests.approve({ name: 'near' })).toMatchObject({ state: 'ready' });
      const look = async (path: string) => (await tools.call('mcp_near_look', { path }, none)).content.split('\n\n')[1];
      expect(await look(join(base, 'server/tools.json'))).toContain('look');
      expect(await look(join(base, 'home/.ssh/id_ed25519'))).toBe('ENOENT');
      expect(await look(join(base, 'own/data/mcp.json'))).toBe('ENOENT');
      await tools[Symbol.asyncDispose]();
      expect((await left()).filter((name) => !before.includes(name))).toEqual([]);
    },
    60_000,
  );

  it('passes the scenarios of the official conformance suite for clients that need no sign-in', async () => {
    const suite = join(
      dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json')),
      'dist/index.js',
    );
    const command = `${process.execPath} ${fileURLToPath(new URL('./mcp-conformance-client.fixture.ts', import.meta.url))}`;
    const outcomes: string[] = [];
    for (const scenario of ['initialize', 'tools_call', 'sse-retry']) {
      const args = [suite, 'client', '--command', command, '--scenario', scenario, '-o', base];
      const child = spawn(process.execPath, args, { cwd: base, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
      const code = await new Promise((resolve) => child.once('close', resolve));
      outcomes.push(code === 0 ? scenario : `${scenario}: ${output.slice(-2000)}`);
    }
    expect(outcomes).toEqual(['initialize', 'tools_call', 'sse-retry']);
  }, 120_000);
});
