import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelRoles } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { catalogueCandidates, catalogueHeader, loadCatalogue } from './catalogue.ts';
import { parseHuggingfaceRef } from './huggingface-ref.ts';

const catalogue = await loadCatalogue();

/**
 * Bytes of the published files. What is not tensors in them - the header with its vocabulary - takes 1 to 16 MB, so they prove
 * the shapes to a fraction of a percent.
 */
const published: readonly (readonly [name: string, quantisation: string, bytes: number])[] = [
  ['Qwen2.5-Coder 1.5B Instruct', 'Q4_K_M', 1_117_320_736],
  ['Qwen2.5-Coder 3B Instruct', 'Q4_K_M', 2_104_932_768],
  ['Qwen2.5-Coder 7B Instruct', 'Q4_K_M', 4_683_073_952],
  ['Qwen2.5-Coder 14B Instruct', 'Q4_K_M', 8_988_110_272],
  ['Qwen3 0.6B', 'Q8_0', 639_446_688],
  ['Qwen3 1.7B', 'Q8_0', 1_834_426_016],
  ['Qwen3 4B', 'Q4_K_M', 2_497_280_256],
  ['Qwen3 8B', 'Q4_K_M', 5_027_783_488],
  ['Qwen3 14B', 'Q4_K_M', 9_001_752_960],
  ['Qwen3 30B-A3B', 'Q4_K_M', 18_556_686_912],
  ['Llama 3.2 1B Instruct', 'Q4_K_M', 807_694_464],
  ['Llama 3.2 3B Instruct', 'Q4_K_M', 2_019_377_696],
  ['Gemma 3 1B', 'Q4_K_M', 806_058_272],
  ['Gemma 3 4B', 'Q4_K_M', 2_489_757_856],
  ['Phi-4 mini Instruct', 'Q4_K_M', 2_491_874_272],
  ['SmolLM3 3B', 'Q4_K_M', 1_915_305_312],
  ['gpt-oss 20B', 'MXFP4', 12_109_566_560],
  ['Qwen3 Embedding 0.6B', 'Q8_0', 639_150_592],
];

describe('the catalogue', () => {
  it.each(published)('has the shape of %s', (name, quantisation, bytes) => {
    const entry = catalogue.models.find((one) => one.name === name);
    if (entry === undefined) throw new Error(`there is no ${name}`);
    const tensors = catalogueHeader(entry, quantisation as 'Q4_K_M').tensorBytes;
    expect(bytes - tensors).toBeGreaterThan(0);
    // The biases of gpt-oss' experts are not counted.
    expect(bytes - tensors).toBeLessThan(name.startsWith('gpt-oss') ? 42e6 : 8e6);
  });

  it('names each model and each repository once, with references that are understood', () => {
    const names = catalogue.models.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const role of modelRoles) {
      for (const { listing } of catalogueCandidates(catalogue, role)) {
        expect(parseHuggingfaceRef(listing.ref).quantisation).toBeDefined();
      }
    }
    const repos = catalogue.models.map(({ repo }) => repo);
    expect(new Set(repos).size).toBe(repos.length);
  });

  it('has heads that can share keys, and blocks that fill rows', () => {
    for (const { name, shape } of catalogue.models) {
      expect(shape.heads % shape.kvHeads, name).toBe(0);
      expect(shape.width % 32, name).toBe(0);
    }
  });

  it('has models for each role, best first, that can do what the role asks', () => {
    for (const role of modelRoles) {
      const candidates = catalogueCandidates(catalogue, role);
      expect(candidates.length, role).toBeGreaterThan(1);
      const ranks = candidates.map(({ entry }) => entry.ranks[role] ?? 0);
      expect(ranks).toEqual([...ranks].sort((a, b) => b - a));
      expect(candidates.every(({ listing }) => listing.role === role && (listing.bytes ?? 0) > 0)).toBe(true);
    }
    expect(catalogueCandidates(catalogue, 'completion').every(({ entry }) => entry.fillsGaps)).toBe(true);
    // On the smallest machine that is planned for, each role has something.
    for (const role of modelRoles)
      expect(catalogueCandidates(catalogue, role).some(({ header }) => header.tensorBytes < 1e9)).toBe(true);
  });

  it('gives headers as a file has them', () => {
    const [entry] = catalogue.models.filter(({ name }) => name === 'Qwen3 30B-A3B');
    if (entry === undefined) throw new Error('it is gone');
    const header = catalogueHeader(entry);
    expect(header).toMatchObject({
      architecture: 'qwen3moe',
      vocabulary: 151_936,
      metadata: {
        'general.architecture': 'qwen3moe',
        'general.file_type': 15,
        'qwen3moe.block_count': 48,
        'qwen3moe.attention.head_count_kv': 4,
        'qwen3moe.attention.key_length': 128,
        'qwen3moe.expert_count': 128,
      },
    });
    expect(header.tensors?.filter(({ type }) => type === 'F32').length).toBeGreaterThan(0);
    expect(catalogueHeader(entry, 'Q8_0').tensorBytes).toBeGreaterThan(1.7 * header.tensorBytes);
  });

  it('is refused where it does not have its form', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'nootropic-catalogue-'));
    const file = join(dir, 'catalogue.json');
    try {
      const [first] = catalogue.models;
      await writeFile(file, JSON.stringify({ date: catalogue.date, models: [{ ...first, ranks: { chat: 'good' } }] }));
      await expect(loadCatalogue(file)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
      await writeFile(file, JSON.stringify({ date: catalogue.date, models: [first] }));
      expect((await loadCatalogue(file)).models).toEqual([first]);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});
