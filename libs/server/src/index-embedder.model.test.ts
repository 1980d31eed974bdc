import { mkdir, mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyEmbeddingGguf } from '@nootropic/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compose, type Composition } from './compose.ts';

let base: string;
let root: string;
let model: string;
const count = 30;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'index-embedder-')));
  root = join(base, 'tree');
  await mkdir(root);
  for (let at = 0; at < count; at += 1) {
    await writeFile(join(root, `f${at}.ts`), `export function walrus${at}() {\n  return ${at};\n}\n`);
  }
  model = `file:${await tinyEmbeddingGguf({ fs: { mkdir, readFile, writeFile, rename, rm }, dir: base })}`;
});
afterEach(() => rm(base, { recursive: true, force: true, maxRetries: 5 }));

const open = (embedding?: string): Promise<Composition> =>
  compose({
    env: { ...process.env, NOOTROPIC_HOME: join(base, 'home') },
    stays: true,
    flags: { log: { level: 'silent' }, ...(embedding && { models: { embedding } }) },
  });

async function refresh({ assistant }: Composition) {
  let last: { chunksEmbedded: number; phase: string } | undefined;
  for await (last of await assistant.index.refresh({ workspace: root }));
  return last;
}

it('makes vectors by a model of the host, beside those of the model before, which are there again when that one is back', async () => {
  {
    await using host = await open();
    expect(await refresh(host)).toMatchObject({ phase: 'done', chunksEmbedded: count });
  }
  {
    await using host = await open(model);
    expect(await refresh(host)).toMatchObject({ phase: 'done', chunksEmbedded: count });
    const status = await host.assistant.index.status({ workspace: root });
    expect(status).toMatchObject({ embedder: model, vectors: count, chunksWithoutVector: 0 });
    const { hits, notices } = await host.assistant.search({ workspace: root, query: 'walrus7', explain: true });
    expect(notices).toEqual([]);
    expect(hits[0]).toMatchObject({ path: 'f7.ts' });
    expect(hits[0]?.signals?.map(({ signal }) => signal)).toContain('vector');
    await writeFile(join(root, 'f7.ts'), 'export function seal() {\n  return 7;\n}\n');
    await expect
      .poll(async () => (await host.assistant.search({ workspace: root, query: 'seal' })).hits[0]?.path, {
        timeout: 15_000,
      })
      .toBe('f7.ts');
  }
  await using host = await open();
  expect(await refresh(host)).toMatchObject({ phase: 'done', chunksEmbedded: 1 });
}, 60_000);
