import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Assistant } from '@nootropic/contracts';
import { expect, it } from 'vitest';
import { everythingServer } from './mcp-everything.fixture.ts';
import { createMcpEndpoint } from './mcp-http.ts';
import { mountOf } from './mcp-mount.ts';
import { serve } from './serve.ts';

const suite = join(
  dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json')),
  'dist/index.js',
);

async function conformance(args: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nootropic-conformance-'));
  try {
    const child = spawn(process.execPath, [suite, ...args, '-o', folder], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    await new Promise((resolve) => child.once('close', resolve));
    return output;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The scenarios of the official suite against a server behind the same guard, endpoint and transports as the real one. No failure is expected. */
it('passes every scenario for servers of the official conformance suite', async () => {
  const mount = mountOf(createMcpEndpoint({ factory: everythingServer, retryMs: 500 }));
  await using served = await serve({
    assistant: {} as Assistant,
    token: 'a token of at least thirty-two characters',
    // The suite can send no key; host and origin are judged all the same.
    mounts: [{ ...mount, role: 'anyone' }],
  });
  const output = await conformance(['server', '--url', `${served.url}/mcp`, '--suite', 'all']);
  await mount[Symbol.asyncDispose]();
  const total = /Total: (\d+) passed, (\d+) failed/u.exec(output);
  const failed = output.split('\n').filter((line) => line.includes('✗'));
  expect(failed, output.slice(-4000)).toEqual([]);
  expect(Number(total?.[1]), output.slice(-4000)).toBeGreaterThanOrEqual(30);
  expect(Number(total?.[2])).toBe(0);
}, 120_000);
