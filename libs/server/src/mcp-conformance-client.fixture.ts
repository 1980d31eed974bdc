import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMcpTools } from '@nootropic/plugin';

/** A program for https://github.com/modelcontextprotocol/conformance: it approves whatever the server has, and calls each of its tools once. */
const url = process.argv.at(-1) ?? '';
const folder = mkdtempSync(join(tmpdir(), 'nootropic-conformance-'));
const tools = createMcpTools({
  servers: { suite: { url, env: {}, enabled: true, hosts: [] } },
  approvals: join(folder, 'mcp.json'),
  version: '1.0.0',
  start: () => Promise.reject(new Error('There is no server of this machine.')),
  limits: { callMs: 15_000 },
});
try {
  const [server] = await tools.list();
  if (server?.state === 'failed') throw new Error(server.detail);
  if (server && server.tools.length > 0) await tools.approve('suite');
  for (const { name } of await tools.tools()) {
    const { content } = await tools.call(name, { a: 5, b: 3 }, AbortSignal.timeout(20_000));
    process.stdout.write(`${content}\n`);
  }
} finally {
  await tools[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}
