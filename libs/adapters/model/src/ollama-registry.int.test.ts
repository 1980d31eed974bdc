import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import { startDownloadServer, tinyGgufBytes, type DownloadAnswer, type DownloadServer } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkGguf } from './gguf-check.ts';
import { createModelStore } from './model-store.ts';
import { createOllamaRegistrySource } from './ollama-registry.ts';

const tiny = tinyGgufBytes();
const hash = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
const digest = `sha256:${hash(tiny)}`;
const license = '\n  Apache License\n  Version 2.0\n';
const licenseDigest = `sha256:${hash(license)}`;

let registry: DownloadServer;
const files = new Map<string, Uint8Array>();
let layers: unknown = [];
let failed: DownloadAnswer | undefined;

beforeEach(async () => {
  failed = undefined;
  layers = [
    { mediaType: 'application/vnd.ollama.image.model', digest, size: tiny.length },
    { mediaType: 'application/vnd.ollama.image.template', digest: `sha256:${'1'.repeat(64)}`, size: 3 },
    { mediaType: 'application/vnd.ollama.image.license', digest: licenseDigest, size: license.length },
  ];
  files.clear();
  files.set(`/v2/library/qwen3/blobs/${digest}`, tiny);
  files.set(`/v2/library/qwen3/blobs/${licenseDigest}`, new TextEncoder().encode(license));
  registry = await startDownloadServer(http, {
    files,
    answer: ({ path }) => {
      if (failed !== undefined) return failed;
      return path.startsWith('/v2/library/qwen3/manifests/')
        ? { status: 200, body: JSON.stringify({ schemaVersion: 2, layers }) }
        : undefined;
    },
  });
});
afterEach(() => registry[Symbol.asyncDispose]());

const source = () => createOllamaRegistrySource({ fetch: globalThis.fetch, registry: registry.url, retryMs: 5 });
async function failure(work: Promise<unknown>): Promise<NootropicError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!NootropicError.is(error)) throw new Error(`expected a NootropicError, got ${String(error)}`);
  return error;
}

describe('the Ollama registry', () => {
  it('resolves a name to the bytes of its model layer', async () => {
    const download = await source().resolve('ollama:qwen3:0.6b');
    expect(download).toEqual({
      ref: `ollama:qwen3:0.6b@${digest}`,
      name: 'qwen3-0.6b',
      license: 'Apache License',
      files: [
        {
          name: 'qwen3-0.6b.gguf',
          url: `${registry.url}/v2/library/qwen3/blobs/${digest}`,
          bytes: tiny.length,
          sha256: hash(tiny),
        },
      ],
    });
    expect(registry.requests[0]).toMatchObject({
      path: '/v2/library/qwen3/manifests/0.6b',
      headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json' },
    });
    expect((await source().header(download)).architecture).toBe('llama');
  });

  it('is pulled from like every source', async () => {
    const dir = await fs.mkdtemp(join(tmpdir(), 'nootropic-registry-'));
    try {
      const stored = await createModelStore({ dir, checkGguf }).pull(await source().resolve('ollama:qwen3'));
      expect(stored).toMatchObject({ name: 'qwen3', sha256: hash(tiny), source: `ollama:qwen3:latest@${digest}` });
    } finally {
      await fs.rm(dir, { recursive: true, force: true });
    }
  });

  it('keeps to a pin when the tag has moved', async () => {
    const old = new Uint8Array(1234);
    const pin = `sha256:${hash(old)}`;
    files.set(`/v2/library/qwen3/blobs/${pin}`, old);
    expect(await source().resolve(`ollama:qwen3:latest@${pin}`)).toMatchObject({
      ref: `ollama:qwen3:latest@${pin}`,
      files: [{ bytes: 1234, sha256: hash(old) }],
    });
  });

  it.each(['sha256:../../../etc/passwd', `sha256:${'A'.repeat(64)}`, `sha512:${'a'.repeat(64)}`, 5])(
    'uses no digest that is none: %s',
    async (wrong) => {
      layers = [{ mediaType: 'application/vnd.ollama.image.model', digest: wrong, size: 5 }];
      expect(await failure(source().resolve('ollama:qwen3'))).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
      expect(registry.requests).toHaveLength(1);
    },
  );

  it('refuses what has no GGUF file, and a name that is none', async () => {
    layers = [];
    expect(await failure(source().resolve('ollama:qwen3'))).toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    for (const ref of ['ollama:', 'ollama:a/b/c', 'ollama:../x', 'ollama:a:b:c', 'qwen3'])
      expect(await failure(source().resolve(ref))).toMatchObject({ code: 'MODEL_REF_INVALID' });
    expect(await failure(source().resolve('ollama:absent'))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('resolves a model whose licence cannot be read', async () => {
    files.delete(`/v2/library/qwen3/blobs/${licenseDigest}`);
    expect((await source().resolve('ollama:qwen3')).license).toBeUndefined();
  });

  it('looks up a query as a name', async () => {
    expect(await source().search('Qwen3')).toEqual([
      { ref: 'ollama:qwen3', name: 'qwen3', source: 'ollama', bytes: tiny.length, license: 'Apache License' },
    ]);
    expect(await source().search('something for code')).toEqual([]);
    expect(await source().search('absent')).toEqual([]);
    failed = { status: 500 };
    expect(await failure(source().search('qwen3'))).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  });
});
