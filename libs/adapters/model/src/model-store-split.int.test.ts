import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyGgufBytes, writeGguf } from '@nootropic/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkGguf } from './gguf-check.ts';
import { createModelStore } from './model-store.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nootropic-split-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** The tiny model as the first of two parts: `split.no` and `split.count` are put before its other values. */
function firstPart(): Uint8Array {
  const tiny = Buffer.from(tinyGgufBytes());
  const text = (value: string): Buffer => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(value.length));
    return Buffer.concat([length, Buffer.from(value)]);
  };
  const uint16 = (key: string, value: number): Buffer =>
    Buffer.concat([text(key), Buffer.from([2, 0, 0, 0, value, 0])]);
  const values = [uint16('split.no', 0), uint16('split.count', 2)];
  // The place of the tensors is counted in blocks of 32 bytes, and must stay.
  const length = values.reduce((sum, one) => sum + one.length, 0) + 21;
  values.push(Buffer.concat([text('x'), Buffer.from([8, 0, 0, 0]), text('y'.repeat(32 - (length % 32)))]));
  const head = Buffer.from(tiny.subarray(0, 24));
  head.writeBigUInt64LE(head.readBigUInt64LE(16) + 3n, 16);
  return Buffer.concat([head, ...values, tiny.subarray(24)]);
}

function secondPart(): Uint8Array {
  return writeGguf({
    metadata: { 'split.no': { type: 'uint16', value: 1 }, 'split.count': { type: 'uint16', value: 2 } },
    tensors: [{ name: 'blk.9.extra.weight', dimensions: [32, 4], type: 'F32', values: new Float32Array(128) }],
  });
}

it('a split model is counted with all its parts, once it is in the store', async () => {
  const path = join(dir, 'm-00001-of-00002.gguf');
  await writeFile(path, firstPart());
  await writeFile(join(dir, 'm-00002-of-00002.gguf'), secondPart());
  const alone = join(dir, 'alone.gguf');
  await writeFile(alone, firstPart());
  const part = await checkGguf(alone);
  const stored = await createModelStore({ dir: join(dir, 'models'), checkGguf }).import(path);
  const whole = await checkGguf(stored.path);
  expect(whole.header.tensorBytes).toBe(part.header.tensorBytes + 512);
  expect(whole.header.tensors?.at(-1)?.name).toBe('blk.9.extra.weight');
  expect(whole.bytes).toBe(stored.bytes);
  await rm(stored.path.replace('-00001-', '-00002-'));
  await expect(checkGguf(stored.path)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
});
