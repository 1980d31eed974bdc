import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assistant, CompletionEvent } from '@nootropic/contracts';
import { tinyGguf } from '@nootropic/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, type Composition } from './compose.ts';

type End = Extract<CompletionEvent, { type: 'end' }>;

let dir = '';
let workspace = '';
let composed: Composition;
let assistant: Assistant;

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'nootropic-completions-'));
  workspace = join(dir, 'project');
  await fs.mkdir(join(workspace, 'src'), { recursive: true });
  await fs.writeFile(join(workspace, 'src/store.ts'), 'export class Store {\n  append(event: string): void {}\n}\n');
  await fs.writeFile(join(workspace, '.gitignore'), 'generated/\n');
  const model = await tinyGguf({ fs, dir });
  composed = await compose({
    env: { ...process.env, NOOTROPIC_HOME: join(dir, 'home') },
    flags: { log: { level: 'silent' }, models: { chat: `file:${model}`, contextLength: 2048, threads: 1, gpu: 'off' } },
  });
  ({ assistant } = composed);
  for await (const progress of await assistant.index.refresh({ workspace })) expect(progress.phase).toBeDefined();
});

afterAll(async () => {
  await composed[Symbol.asyncDispose]();
  await fs.rm(dir, { recursive: true, force: true, maxRetries: 5 });
});

const lines = Array.from({ length: 20 }, (_, at) => `const before${String(at)} = new Store();\n`).join('');
const prefix = `import { Store } from './store.ts';\n\n${lines}const last = `;

async function ask(path: string, text: string, purpose: 'show' | 'warm' = 'show'): Promise<End> {
  const input = { workspace, path, prefix: text, suffix: '\nlast();\n', purpose };
  let end: End | undefined;
  for await (const event of await assistant.completions.complete(input)) if (event.type === 'end') end = event;
  if (end === undefined) throw new Error('It ended without an end.');
  return end;
}

describe('completions on a model of this machine', () => {
  it('reads what the file imports, and with the next key only what is new', async () => {
    const first = await ask('src/new.ts', prefix, 'warm');
    expect(first.context).toContainEqual(expect.objectContaining({ path: 'src/store.ts', role: 'definition' }));
    expect(first.tokensRead).toBeGreaterThan(50);
    const next = await ask('src/new.ts', `${prefix}b`);
    expect(next.tokensReused).toBeGreaterThan(first.tokensRead * 0.9);
    expect(next.tokensRead).toBeLessThanOrEqual(8);
  });

  it.each(['.env', 'generated/a.ts', '../outside.ts'])('does not complete %s', async (path) => {
    expect(await ask(path, 'const a = ')).toMatchObject({ reason: 'nothing', text: '', tokensRead: 0 });
  });

  it('says that it can, once the model is there', async () => {
    await ask('src/new.ts', prefix);
    expect(await assistant.completions.state({ workspace })).toMatchObject({ state: 'ready', detail: '' });
  });
});
