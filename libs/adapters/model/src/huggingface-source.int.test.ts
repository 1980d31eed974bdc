import { createHash } from 'node:crypto';
import * as http from 'node:http';
import { NootropicError } from '@nootropic/contracts';
import {
  startDownloadServer,
  tinyGgufBytes,
  type DownloadAnswer,
  type DownloadRequest,
  type DownloadServer,
} from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHuggingfaceFetch } from './huggingface-fetch.ts';
import { createHuggingfaceSource } from './huggingface-source.ts';

const commit = 'c0ffee'.padEnd(40, '0');
const tiny = tinyGgufBytes();
const oid = createHash('sha256').update(tiny).digest('hex');

let hub: DownloadServer;
let cdn: DownloadServer;
const cdnFiles = new Map<string, Uint8Array>();
let paths: string[] = [];
let special: (request: DownloadRequest) => DownloadAnswer | undefined = () => undefined;
let info: Record<string, unknown> = {};

const json = (value: unknown): DownloadAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

beforeEach(async () => {
  cdnFiles.clear();
  cdnFiles.set('/blob', tiny);
  paths = ['README.md', 'model-Q4_K_M.gguf', 'model-Q8_0.gguf'];
  special = () => undefined;
  info = { _id: '1', id: 'owner/repo', sha: commit, tags: ['gguf', 'license:apache-2.0'], gated: false };
  cdn = await startDownloadServer(http, { files: cdnFiles });
  hub = await startDownloadServer(http, {
    answer: (request) => {
      const own = special(request);
      if (own !== undefined) return own;
      const { path } = request;
      if (path.startsWith('/api/models/owner/repo/revision/')) return json(info);
      if (path.startsWith(`/api/models/owner/repo/tree/${commit}`))
        return json(
          paths.map((one) => ({
            type: 'file',
            path: one,
            size: tiny.length,
            oid: 'git',
            lfs: { oid, size: tiny.length, pointerSize: 1 },
          })),
        );
      if (path.startsWith(`/owner/repo/resolve/${commit}/`))
        return {
          status: 302,
          headers: { location: `${cdn.url}/blob`, 'x-linked-etag': `"${oid}"`, 'x-linked-size': String(tiny.length) },
        };
      if (path.startsWith('/api/models?'))
        return json([
          {
            _id: '1',
            id: 'a/b-GGUF',
            downloads: 7,
            tags: ['license:mit'],
            gated: 'auto',
            pipeline_tag: 'text-ranking',
          },
        ]);
      return undefined;
    },
  });
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await cdn[Symbol.asyncDispose]();
});

const source = (token?: string) =>
  createHuggingfaceSource({ fetch: globalThis.fetch, endpoint: hub.url, token, retryMs: 5 });
async function failure(work: Promise<unknown>): Promise<NootropicError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!NootropicError.is(error)) throw new Error(`expected a NootropicError, got ${String(error)}`);
  return error;
}

describe('resolve', () => {
  it('pins a repository to a commit, with size and hash', async () => {
    expect(await source().resolve('hf:owner/repo')).toEqual({
      ref: `hf:owner/repo/model-Q4_K_M.gguf@${commit}`,
      name: 'repo-Q4_K_M',
      license: 'apache-2.0',
      files: [
        {
          name: 'model-Q4_K_M.gguf',
          url: `${hub.url}/owner/repo/resolve/${commit}/model-Q4_K_M.gguf`,
          bytes: tiny.length,
          sha256: oid,
        },
      ],
    });
    expect(hub.requests[0]?.path).toContain('/revision/main?');
  });

  it('takes a revision, and its own pinned references', async () => {
    const pinned = await source().resolve('hf:owner/repo:q8_0@refs/pr/1');
    expect(hub.requests[0]?.path).toContain('/revision/refs%2Fpr%2F1?');
    expect(pinned.name).toBe('repo-Q8_0');
    expect(await source().resolve(pinned.ref)).toEqual(pinned);
  });

  it('gives all parts of a split model in order, also from its second part', async () => {
    paths = ['b/m-Q4_K_M-00002-of-00003.gguf', 'b/m-Q4_K_M-00003-of-00003.gguf', 'b/m-Q4_K_M-00001-of-00003.gguf'];
    const { ref, name, files } = await source().resolve('hf:owner/repo/b/m-Q4_K_M-00002-of-00003.gguf');
    expect(ref).toBe(`hf:owner/repo/b/m-Q4_K_M-00001-of-00003.gguf@${commit}`);
    expect(name).toBe('m-Q4_K_M');
    expect(files.map((file) => file.name)).toEqual([1, 2, 3].map((part) => `m-Q4_K_M-0000${part}-of-00003.gguf`));
    expect(files[0]?.url).toContain(`/${commit}/b/m-Q4_K_M-00001`);
  });

  it('reads size and hash from the file’s own headers where the list lacks them', async () => {
    special = ({ path }) => {
      if (path.startsWith('/api/models/owner/repo/tree/'))
        return json([{ type: 'file', path: 'm.gguf', size: 5, oid: 'git' }]);
      if (!path.startsWith('/owner/repo/resolve/')) return undefined;
      return {
        status: 206,
        headers: { 'x-linked-etag': `"${oid}"`, 'content-range': `bytes 0-0/${tiny.length}` },
        body: 'G',
      };
    };
    expect((await source().resolve('hf:owner/repo')).files[0]).toMatchObject({ bytes: tiny.length, sha256: oid });
  });

  it('refuses a file without a hash', async () => {
    special = ({ path }) => {
      if (path.startsWith('/api/models/owner/repo/tree/'))
        return json([{ type: 'file', path: 'm.gguf', size: 5, oid: 'git' }]);
      if (!path.startsWith('/owner/repo/resolve/')) return undefined;
      return { status: 206, headers: { etag: '"abc"', 'content-range': 'bytes 0-0/5' }, body: 'G' };
    };
    expect(await failure(source().resolve('hf:owner/repo'))).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining('SHA-256') as string,
    });
  });

  it.each([
    ['a repository that is not there', 404, 'MODEL_NOT_FOUND'],
    ['a private one', 401, 'DENIED'],
    ['one whose terms were not accepted', 403, 'DENIED'],
  ])('says what to do about %s', async (_what, status, code) => {
    special = () => ({ status, headers: { 'content-type': 'application/json' }, body: '{"error":"no"}' });
    const error = await failure(source().resolve('hf:owner/repo'));
    expect(error.code).toBe(code);
    if (status !== 404) expect(error.hint).toContain('HF_TOKEN');
    expect(hub.requests).toHaveLength(1);
  });

  it('does not try a gated model without a token', async () => {
    info = { ...info, gated: 'manual' };
    const error = await failure(source().resolve('hf:owner/repo'));
    expect(error.code).toBe('DENIED');
    expect(error.hint).toContain(`${hub.url}/owner/repo`);
    await source('hf_x').resolve('hf:owner/repo');
  });

  it('asks again after 503 and after 429, and says where nothing answers', async () => {
    let fails = 2;
    special = () =>
      (fails -= 1) >= 0 ? { status: fails === 1 ? 503 : 429, headers: { 'retry-after': '0' } } : undefined;
    await source().resolve('hf:owner/repo');
    const dead = createHuggingfaceSource({ fetch: globalThis.fetch, endpoint: 'http://127.0.0.1:9', retryMs: 1 });
    expect(await failure(dead.resolve('hf:owner/repo'))).toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      message: expect.stringContaining('127.0.0.1:9') as string,
    });
  });

  it('ends when it is told to, and names an answer that is none', async () => {
    expect(await failure(source().resolve('hf:owner/repo', AbortSignal.abort()))).toMatchObject({ code: 'ABORTED' });
    special = () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' });
    expect(await failure(source().resolve('hf:owner/repo'))).toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      message: expect.stringContaining('not understood') as string,
    });
  });
});

describe('the token', () => {
  it('goes to the endpoint and not where it redirects to', async () => {
    const fetch = createHuggingfaceFetch({ fetch: globalThis.fetch, endpoint: hub.url, token: 'hf_secret' });
    const { files } = await source('hf_secret').resolve('hf:owner/repo');
    const response = await fetch(files[0]?.url ?? '', { headers: { range: 'bytes=0-3' } });
    expect(await response.text()).toBe('GGUF');
    expect(hub.requests.map(({ headers }) => headers['authorization'])).toEqual(
      hub.requests.map(() => 'Bearer hf_secret'),
    );
    expect(cdn.requests.map(({ headers }) => headers['authorization'])).toEqual([undefined]);
    expect(cdn.requests[0]?.headers['range']).toBe('bytes=0-3');
    await fetch(`${cdn.url}/blob`);
    expect(cdn.requests.at(-1)?.headers['authorization']).toBeUndefined();
  });

  it('does not go over a connection that others can read', async () => {
    const seen: (string | null)[] = [];
    const fetch = createHuggingfaceFetch({
      fetch: async (_url, init) => {
        seen.push(new Headers(init?.headers).get('authorization'));
        return new Response('');
      },
      endpoint: 'http://mirror.test',
      token: 'hf_secret',
    });
    await fetch('http://mirror.test/x');
    expect(seen).toEqual([null]);
  });

  it('is not followed from an encrypted place to one that is not, nor for ever', async () => {
    const to = (location: string) =>
      createHuggingfaceFetch({ fetch: async () => new Response(null, { status: 302, headers: { location } }) });
    expect(await failure(to('http://cdn.test/x')('https://huggingface.co/x'))).toMatchObject({
      code: 'SOURCE_UNREACHABLE',
    });
    expect(await failure(to('https://huggingface.co/x')('https://huggingface.co/x'))).toMatchObject({
      message: expect.stringContaining('more than 5') as string,
    });
  });
});

it('searches models in GGUF form', async () => {
  expect(await source().search('coder', { limit: 3 })).toEqual([
    {
      ref: 'hf:a/b-GGUF',
      name: 'a/b-GGUF',
      source: 'huggingface',
      role: 'reranking',
      license: 'mit',
      downloads: 7,
      note: 'Asks to accept its terms, and for a token.',
    },
  ]);
  expect(hub.requests[0]?.path).toMatch(/[?&]filter=gguf(&|$)/);
  expect(hub.requests[0]?.path).toContain('search=coder');
});

it('reads the header by ranges, without downloading', async () => {
  const long = new Uint8Array(tiny.length + 6_000_000);
  long.set(tiny);
  cdnFiles.set('/blob', long);
  const download = await source().resolve('hf:owner/repo');
  const header = await source().header(download);
  expect(header.architecture).toBe('llama');
  expect(header.vocabulary).toBeGreaterThan(200);
  expect(header.tensorBytes).toBe(header.tensors?.reduce((sum, { bytes }) => sum + bytes, 0));
  expect(header.tensorBytes).toBeGreaterThan(0);
  expect(cdn.requests.every(({ headers }) => headers['range'] !== undefined)).toBe(true);
  expect(cdn.requests.length).toBeLessThanOrEqual(2);
});
