import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { GgufValue } from './gguf-format.ts';
import { toHalf, writeGguf } from './gguf-writer.ts';
import { fromHalf, readGguf, readTensor } from './gguf-reader.ts';
import { damageGguf } from './damage-gguf.ts';
import { tinyEmbeddingGgufBytes, tinyGgufBytes, tinyRerankerGgufBytes } from './tiny-gguf.ts';
import { tinyGguf, type FileWriter } from './tiny-gguf-file.ts';
import { createTinyTokenizer } from './tiny-tokenizer.ts';

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

describe('the GGUF writer', () => {
  it('writes values of every type, which the reader gives back', () => {
    const metadata: Record<string, GgufValue> = {
      a: { type: 'uint8', value: 255 },
      b: { type: 'int8', value: -128 },
      c: { type: 'uint16', value: 65_535 },
      d: { type: 'int16', value: -32_768 },
      e: { type: 'uint32', value: 4_294_967_295 },
      f: { type: 'int32', value: -2_147_483_648 },
      g: { type: 'float32', value: 0.5 },
      h: { type: 'bool', value: true },
      i: { type: 'string', value: 'Ünï\n🦙' },
      j: { type: 'uint64', value: 2n ** 64n - 1n },
      k: { type: 'int64', value: -5n },
      l: { type: 'float64', value: Math.PI },
      m: { type: 'array', of: 'string', value: ['', 'x'] },
      n: { type: 'array', of: 'bool', value: [true, false] },
      o: { type: 'array', of: 'int64', value: [-1n] },
      p: { type: 'array', of: 'array', value: [{ type: 'array', of: 'uint8', value: [1, 2] }] },
    };
    const read = readGguf(writeGguf({ metadata, tensors: [] }));
    const plain = (value: GgufValue): unknown =>
      value.type === 'array' && value.of === 'array' ? value.value.map(plain) : value.value;
    expect([...read.metadata]).toEqual(Object.entries(metadata).map(([key, value]) => [key, plain(value)]));
  });

  it('starts every tensor at a multiple of the alignment', () => {
    const values = Float32Array.from({ length: 3 }, (_, i) => i + 0.25);
    const bytes = writeGguf({
      metadata: {},
      alignment: 64,
      tensors: ['a', 'b', 'c'].map((name) => ({ name, dimensions: [3], type: name === 'b' ? 'F16' : 'F32', values })),
    });
    const file = readGguf(bytes);
    expect(file.dataOffset % 64).toBe(0);
    expect(file.tensors.map((tensor) => tensor.offset)).toEqual([0, 64, 128]);
    for (const name of ['a', 'b', 'c']) expect(readTensor(bytes, file, name)).toEqual(values);
    expect(bytes.length).toBe(file.dataOffset + 192);
  });

  it('writes Q8_0 as blocks of a scale and 32 bytes', () => {
    const values = Float32Array.from({ length: 64 }, (_, i) => i - 32);
    const bytes = writeGguf({ metadata: {}, tensors: [{ name: 'a', dimensions: [32, 2], type: 'Q8_0', values }] });
    const { dataOffset } = readGguf(bytes);
    const view = new DataView(bytes.buffer, dataOffset);
    const back = Array.from({ length: 64 }, (_, i) => {
      const block = i < 32 ? 0 : 34;
      return fromHalf(view.getUint16(block, true)) * view.getInt8(block + 2 + (i % 32));
    });
    values.forEach((value, i) => expect(Math.abs((back[i] ?? NaN) - value)).toBeLessThan(0.2));
  });

  it('refuses values that do not fill the dimensions', () => {
    const tensor = { name: 'a', dimensions: [2, 2], type: 'F32', values: new Float32Array(3) } as const;
    expect(() => writeGguf({ metadata: {}, tensors: [tensor] })).toThrow(RangeError);
  });

  it('rounds to the nearest half-precision number, ties to even', () => {
    expect([0, -0, 1, -2, 65504, 65520, 2 ** -24, 2 ** -25, 1 + 2 ** -11, 1 + 3 * 2 ** -11].map(toHalf)).toEqual([
      0, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x7c00, 1, 0, 0x3c00, 0x3c02,
    ]);
    for (let bits = 0; bits < 0x7c00; bits++) expect(toHalf(fromHalf(bits))).toBe(bits);
    fc.assert(
      fc.property(fc.double({ min: -65000, max: 65000, noNaN: true }), (value) => {
        const bits = toHalf(value);
        const error = Math.abs(fromHalf(bits) - value);
        for (const other of [bits - 1, bits + 1]) {
          if ((other & 0x8000) === (bits & 0x8000) && other >= 0) {
            expect(error).toBeLessThanOrEqual(Math.abs(fromHalf(other) - value));
          }
        }
      }),
    );
  });
});

describe('the tiny models', () => {
  it('are the same bytes everywhere', async () => {
    expect(await sha256(tinyGgufBytes())).toBe('6aecd33ea77dfdc2428e91a2bd6be01705b36871dec795eaca7d1a163e55cf29');
    expect(await sha256(tinyEmbeddingGgufBytes())).toBe(
      '13edaccee52a2ecf92e82f3f0cf0c23b29e3919a5f549b7c0f2b9469a707f797',
    );
    expect(await sha256(tinyGgufBytes({ callsTools: true }))).not.toBe(await sha256(tinyGgufBytes()));
    expect(await sha256(tinyGgufBytes({ thinks: true }))).not.toBe(await sha256(tinyGgufBytes()));
    expect(await sha256(tinyRerankerGgufBytes())).toBe(
      '8d77c087b347dbccdc38aced827ac7d35f73bcdf1c14491dd55a244cb457da84',
    );
    expect(await sha256(tinyGgufBytes({ seed: 9 }))).not.toBe(await sha256(tinyGgufBytes()));
  });

  it('are smaller than 1 MB and end with the last tensor', () => {
    for (const bytes of [
      tinyGgufBytes(),
      tinyGgufBytes({ thinks: true }),
      tinyEmbeddingGgufBytes(),
      tinyRerankerGgufBytes(),
    ]) {
      expect(bytes.length).toBeLessThan(1_000_000);
      const file = readGguf(bytes);
      const last = file.tensors.at(-1);
      const width = last?.type === 1 ? 2 : 4;
      const length = last?.dimensions.reduce((product, dimension) => product * dimension, width) ?? 0;
      expect(file.dataOffset + (last?.offset ?? 0) + length).toBe(bytes.length);
      expect(new Set(file.tensors.map((tensor) => tensor.name)).size).toBe(file.tensors.length);
    }
  });

  it('name the tokens that end, and those that fill in the middle', () => {
    const { metadata } = readGguf(tinyGgufBytes());
    const tokens = metadata.get('tokenizer.ggml.tokens') as string[];
    const kinds = metadata.get('tokenizer.ggml.token_type') as number[];
    const named = (key: string): string | undefined => tokens[Number(metadata.get(`tokenizer.ggml.${key}_token_id`))];
    expect(['bos', 'eos', 'eot', 'fim_pre', 'fim_suf', 'fim_mid'].map(named)).toEqual([
      '<|endoftext|>',
      '<|im_end|>',
      '<|im_end|>',
      '<|fim_prefix|>',
      '<|fim_suffix|>',
      '<|fim_middle|>',
    ]);
    expect(kinds[tokens.indexOf('<|im_end|>')]).toBe(3);
    expect(kinds[tokens.indexOf('<tool_call>')]).toBe(4);
    expect(metadata.get('llama.vocab_size')).toBe(tokens.length);
    expect(new Set(tokens).size).toBe(tokens.length);
  });

  it('have 256 byte tokens and a token for what every merge joins', () => {
    const tokenizer = createTinyTokenizer();
    expect(tokenizer.tokens.slice(0, 256).every((token) => [...token].length === 1)).toBe(true);
    for (const merge of tokenizer.merges) {
      const [left = '', right = ''] = merge.split(' ');
      expect([left, right, left + right].map((token) => tokenizer.id(token)).every((id) => id >= 0)).toBe(true);
    }
    expect(tokenizer.merges.length).toBeGreaterThan(200);
  });
});

describe('tinyGguf', () => {
  function memoryDisk(files = new Map<string, Uint8Array>()): {
    fs: FileWriter;
    files: Map<string, Uint8Array>;
    writes: string[];
  } {
    const writes: string[] = [];
    const fs: FileWriter = {
      mkdir: () => Promise.resolve(),
      readFile: async (path) => files.get(path) ?? (await Promise.reject(new Error('ENOENT'))),
      writeFile: (path, data) => Promise.resolve(void (files.set(path, data), writes.push(path))),
      rename: async (from, to) => {
        const data = files.get(from);
        if (!data) throw new Error('ENOENT');
        files.delete(from);
        files.set(to, data);
      },
      rm: (path) => Promise.resolve(files.delete(path)),
    };
    return { fs, files, writes };
  }

  it('writes once, under a name that holds the hash', async () => {
    const disk = memoryDisk();
    const path = await tinyGguf({ fs: disk.fs, dir: '/cache' });
    expect(path).toBe(`/cache/tiny-chat-${(await sha256(tinyGgufBytes())).slice(0, 12)}.gguf`);
    expect(await tinyGguf({ fs: disk.fs, dir: '/cache' })).toBe(path);
    expect(disk.writes).toHaveLength(1);
    expect([...disk.files.keys()]).toEqual([path]);
  });

  it('replaces a file that was damaged', async () => {
    const disk = memoryDisk();
    const path = await tinyGguf({ fs: disk.fs, dir: '/cache' });
    disk.files.set(path, new Uint8Array(5));
    await tinyGguf({ fs: disk.fs, dir: '/cache' });
    expect(await sha256(new Uint8Array(disk.files.get(path) ?? []))).toBe(await sha256(tinyGgufBytes()));
  });

  it('leaves no part behind when two ask at once', async () => {
    const disk = memoryDisk();
    const place = { fs: disk.fs, dir: '/cache' };
    const [first, second] = await Promise.all([tinyGguf(place), tinyGguf(place)]);
    expect(first).toBe(second);
    expect([...disk.files.keys()]).toEqual([first]);
  });

  it('fails, and cleans up, where the disk is full', async () => {
    const disk = memoryDisk();
    const fs: FileWriter = { ...disk.fs, rename: () => Promise.reject(new Error('ENOSPC')) };
    await expect(tinyGguf({ fs, dir: '/cache' })).rejects.toThrow('ENOSPC');
    expect(disk.files.size).toBe(0);
  });
});

describe('damageGguf', () => {
  const sound = tinyGgufBytes();

  it('gives the same damage for the same seed, and never the original', () => {
    const same = (a: Uint8Array, b: Uint8Array): boolean =>
      a.length === b.length && a.every((byte, at) => byte === b[at]);
    const copies = Array.from({ length: 70 }, (_, seed) => damageGguf(sound, seed));
    copies.forEach((copy, seed) => {
      expect(same(copy, sound)).toBe(false);
      expect(same(copy, damageGguf(sound, seed))).toBe(true);
    });
    expect(copies.some((copy) => copy.length < sound.length)).toBe(true);
    expect(same(tinyGgufBytes(), sound)).toBe(true);
  });
});
