import type { IndexProgress, Knowledge } from '@nootropic/contracts';
import { createFakeParser, createMemoryFiles, createMemorySearchIndex, createScriptedModel } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { createKnowledge } from './knowledge.ts';
import type { IndexNote } from './index-notes.ts';
import { readSourceText } from './source-text.ts';
import { skippedByReason } from './index-notes.ts';

function setUp(note?: IndexNote) {
  const memory = createMemoryFiles(
    {
      'a.ts': 'export function alpha() {\n}\n',
      'b.ts': 'export function beta() {\n}\n',
      'pic.png': 'x',
      '.gitignore': 'out/\n',
    },
    { root: '/ws' },
  );
  const listed: string[] = [];
  let kept = note;
  const embedder = createScriptedModel({ script: [] });
  const index = createMemorySearchIndex({ dimensions: embedder.info.dimensions });
  const knowledge = createKnowledge({
    files: { ...memory, list: async (path) => (listed.push(path), memory.list(path)) },
    parser: createFakeParser(),
    index,
    embedder,
    watch: true,
    program: 1,
    notes: { read: async () => kept, write: async (given) => void (kept = given) },
  });
  return { memory, listed, knowledge, index, note: () => kept };
}

async function run(knowledge: Knowledge): Promise<IndexProgress> {
  let last: IndexProgress | undefined;
  for await (const progress of knowledge.refresh()) last = progress;
  if (last === undefined) throw new Error('nothing');
  return last;
}

describe('keeping up with a tree', () => {
  it('indexes a saved file by itself, and looks at nothing when nothing changed', async () => {
    const { memory, listed, index, ...opened } = setUp();
    await using knowledge = opened.knowledge;
    await run(knowledge);
    listed.length = 0;
    expect(await run(knowledge)).toMatchObject({ phase: 'done', filesEmbedded: 0 });
    expect(listed).toEqual([]);
    memory.write('b.ts', 'export function gamma() {\n}\n');
    await expect.poll(async () => (await index.symbols('gamma')).length).toBe(1);
    memory.remove('a.ts');
    await expect.poll(async () => (await index.files()).map(({ path }) => path)).not.toContain('a.ts');
    memory.write('out/c.ts', 'export function ignored() {\n}\n');
    memory.write('d.ts', 'export function delta() {\n}\n');
    await expect.poll(async () => (await index.symbols('delta')).length).toBe(1);
    expect(await index.symbols('ignored')).toEqual([]);
  });

  it('looks at the whole tree when what is ignored changed', async () => {
    const { memory, index, ...opened } = setUp();
    await using knowledge = opened.knowledge;
    memory.write('out/c.ts', 'export function hidden() {\n}\n');
    await run(knowledge);
    expect(await index.symbols('hidden')).toEqual([]);
    memory.write('.gitignore', '');
    await expect.poll(async () => (await index.symbols('hidden')).length).toBe(1);
  });

  it('says how it is', async () => {
    await using knowledge = setUp().knowledge;
    expect((await knowledge.status()).lastRun).toBeUndefined();
    await run(knowledge);
    const status = await knowledge.status();
    expect(status).toMatchObject({ files: 3, chunksWithoutVector: 0, watch: 'on', waitsFor: '', skippedFiles: [] });
    expect(status.lastRun).toMatchObject({ outcome: 'done', files: 3 });
    expect(status.skipped).toEqual([{ reason: 'binary', count: 1, examples: ['pic.png'] }]);
    expect((await knowledge.status({ skippedFiles: true })).skippedFiles).toEqual([
      { path: 'pic.png', reason: 'binary' },
    ]);
  });

  it('groups what was left out by its reason', () => {
    const skipped = ['a', 'b', 'c', 'd'].map((path) => ({ path, reason: `cannot be read: ${path}` }));
    expect(skippedByReason([{ path: 'x', reason: 'binary' }, ...skipped])).toEqual([
      { reason: 'cannot be read', count: 4, examples: ['a', 'b', 'c'] },
      { reason: 'binary', count: 1, examples: ['x'] },
    ]);
  });

  it('takes base64 for encoded data, and code for text', () => {
    const line = (at: number): string => btoa(`${Math.sin(at)}${Math.cos(at)}${Math.tan(at)}`).slice(0, 64);
    const encoded = Array.from({ length: 300 }, (_, at) => line(at)).join('\n');
    expect(readSourceText(new TextEncoder().encode(encoded))).toEqual({ reason: 'encoded data' });
    const code = Array.from(
      { length: 300 },
      (_, at) => `export const aVeryLongNameOfAConstantNumber${at} = someOtherFunction(${at});`,
    ).join('\n');
    expect(readSourceText(new TextEncoder().encode(code))).toEqual({ text: code });
  });
});
