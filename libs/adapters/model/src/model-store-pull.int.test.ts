import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as http from 'node:http';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { NootropicError, type DownloadFile, type ModelDownload } from '@nootropic/contracts';
import {
  startDownloadServer,
  tinyGgufBytes,
  type DownloadAnswer,
  type DownloadRequest,
  type DownloadServer,
} from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkGguf } from './gguf-check.ts';
import { createModelStore, type ModelStoreOptions } from './model-store.ts';

let dir = '';
let server: DownloadServer | undefined;
const files = new Map<string, Uint8Array>();
let answer: (request: DownloadRequest) => DownloadAnswer | undefined = () => undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nootropic-pull-'));
  files.clear();
  answer = () => undefined;
  server = await startDownloadServer(http, { files, answer: (request) => answer(request) });
});
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const place = (): string => join(dir, 'models');
const open = (options: Partial<ModelStoreOptions> = {}) =>
  createModelStore({ dir: place(), checkGguf, now: () => 1_000, retryMs: 5, ...options });

/** The tiny model, made longer, so that a download can be broken off. */
function model(seed = 0, more = 300_000): Uint8Array<ArrayBuffer> {
  const tiny = tinyGgufBytes();
  const bytes = new Uint8Array(tiny.length + more).fill(seed);
  bytes.set(tiny);
  return bytes;
}
function offer(bytes: Uint8Array, path = '/model.gguf'): DownloadFile {
  files.set(path, bytes);
  return { name: basename(path), url: `${server?.url}${path}`, bytes: bytes.length, sha256: sha(bytes) };
}
function download(...of: DownloadFile[]): ModelDownload {
  return { ref: `hf:owner/repo/model.gguf@${'a'.repeat(40)}`, name: 'model', license: 'mit', files: of };
}
async function failure(work: Promise<unknown>): Promise<NootropicError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!NootropicError.is(error)) throw new Error(`expected a NootropicError, got ${String(error)}`);
  return error;
}
const names = async (): Promise<string[]> => (await readdir(place()).catch(() => [])).sort();
const fromOf = (): number[] => server?.requests.map(({ from }) => from) ?? [];

describe('pull', () => {
  it('takes a model in, with where it came from, and leaves nothing else', async () => {
    const bytes = model();
    const seen: [number, number][] = [];
    const stored = await open().pull(download(offer(bytes)), { onProgress: (done, total) => seen.push([done, total]) });
    expect(stored).toMatchObject({
      name: 'model',
      bytes: bytes.length,
      sha256: sha(bytes),
      role: 'chat',
      importedAt: 1_000,
      source: `hf:owner/repo/model.gguf@${'a'.repeat(40)}`,
      license: 'mit',
    });
    expect(sha(await readFile(stored.path))).toBe(sha(bytes));
    expect(await names()).toEqual([basename(stored.path), 'model.json'].sort());
    expect(seen.at(0)).toEqual([0, bytes.length]);
    expect(seen.at(-1)).toEqual([bytes.length, bytes.length]);
    expect(await open().list()).toEqual([stored]);
    expect(server?.requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('does not download what is there, and remembers where it came from', async () => {
    const bytes = model();
    const file = join(dir, 'mine.gguf');
    await writeFile(file, bytes);
    const imported = await open().import(file);
    const pulled = await open().pull(download(offer(bytes)));
    expect(pulled).toEqual({ ...imported, source: `hf:owner/repo/model.gguf@${'a'.repeat(40)}`, license: 'mit' });
    expect(await open().list()).toEqual([pulled]);
    expect(server?.requests).toEqual([]);
  });

  it('goes on by range over broken connections, as long as each brings something', async () => {
    const bytes = model();
    answer = () => ({ cutAfter: 20_000 });
    const stored = await open().pull(download(offer(bytes)));
    expect(sha(await readFile(stored.path))).toBe(sha(bytes));
    expect(fromOf().length).toBeGreaterThan(8);
    expect(fromOf()).toEqual([...fromOf()].sort((a, b) => a - b));
    const resumed = server?.requests.find(({ headers }) => headers['range'] !== undefined);
    expect(resumed?.headers['if-range']).toMatch(/^"/);
  });

  it('gives up on a place that brings nothing more, keeps what came, and goes on later', async () => {
    const bytes = model();
    answer = ({ from }) => (from === 0 ? { cutAfter: 50_000 } : { cutAfter: 0 });
    const item = download(offer(bytes));
    expect(await failure(open().pull(item))).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(await open().list()).toEqual([]);
    expect(await names()).toEqual([`pull-${sha(bytes)}.journal`, `pull-${sha(bytes)}.part`]);
    answer = () => undefined;
    const before = server?.requests.length ?? 0;
    await open().pull(item);
    expect(fromOf().slice(before)).toEqual([50_000]);
  });

  it('ends a silent connection and goes on with another', async () => {
    const bytes = model();
    answer = () => ((server?.requests.length ?? 0) === 1 ? { stallAfter: 30_000 } : undefined);
    const stored = await open({ silenceMs: 300 }).pull(download(offer(bytes)));
    expect(sha(await readFile(stored.path))).toBe(sha(bytes));
    expect(fromOf()).toEqual([0, 30_000]);
  });

  it('starts again where the place sends the whole instead of a range', async () => {
    const bytes = model();
    answer = ({ from }) =>
      from === 0 && (server?.requests.length ?? 0) === 1 ? { cutAfter: 70_000 } : { wholeFile: true };
    const stored = await open().pull(download(offer(bytes)));
    expect(sha(await readFile(stored.path))).toBe(sha(bytes));
    expect(fromOf()).toEqual([0, 70_000]);
  });

  it.each([
    ['of the same length', 300_000],
    ['of another length', 200_000],
  ])('starts again where the place holds something else under the address now, %s', async (_what, more) => {
    const bytes = model(0);
    const item = download(offer(bytes));
    answer = () => ({ cutAfter: 70_000 });
    const stopped = new AbortController();
    await failure(
      open().pull(item, { signal: stopped.signal, onProgress: (done) => void (done >= 60_000 && stopped.abort()) }),
    );
    answer = () => undefined;
    // The address holds other bytes; they are not the promised ones, so this can only fail, and keep nothing of either.
    files.set('/model.gguf', model(1, more));
    expect(await failure(open().pull(item))).toMatchObject({ code: 'DOWNLOAD_CORRUPT' });
    expect(await names()).toEqual([]);
    // The reference resolved anew.
    const changed = download(offer(model(1, more)));
    const stored = await open().pull(changed);
    expect(stored.sha256).toBe(changed.files[0]?.sha256);
    expect(await names()).toHaveLength(2);
  });

  it('throws away what is left of a reference that means other bytes now, and only that', async () => {
    answer = () => ({ cutAfter: 10_000 });
    const cut = async (item: ModelDownload): Promise<void> => {
      const stopped = new AbortController();
      await failure(
        open().pull(item, { signal: stopped.signal, onProgress: (done) => void (done >= 10_000 && stopped.abort()) }),
      );
    };
    const old = download(offer(model(1)));
    const other = { ...download(offer(model(2))), ref: `hf:owner/other/model.gguf@${'b'.repeat(40)}` };
    await cut({ ...old, files: [{ ...(old.files[0] as DownloadFile), url: `${server?.url}/model.gguf` }] });
    await cut(other);
    expect(await names()).toHaveLength(4);
    answer = () => undefined;
    await open().pull({ ...download(offer(model(3))), ref: `hf:owner/repo/model.gguf@${'c'.repeat(40)}` });
    const left = await names();
    expect(left.filter((name) => name.startsWith('pull-'))).toEqual([
      `pull-${other.files[0]?.sha256}.journal`,
      `pull-${other.files[0]?.sha256}.part`,
    ]);
  });

  it('leaves alone what another download may be using', async () => {
    answer = () => ({ cutAfter: 10_000 });
    const stopped = new AbortController();
    await failure(
      open().pull(download(offer(model(1))), {
        signal: stopped.signal,
        onProgress: (done) => void (done >= 10_000 && stopped.abort()),
      }),
    );
    answer = () => undefined;
    await writeFile(join(place(), `pull-${'d'.repeat(64)}.${process.pid}-abc.lock`), '');
    await open().pull(download(offer(model(2))));
    expect((await names()).filter((name) => name.endsWith('.part'))).toHaveLength(1);
  });

  it('downloads once more after a wrong byte, and gives up after two', async () => {
    const bytes = model();
    answer = () => ((server?.requests.length ?? 0) === 1 ? { wrongByteAt: 12_345 } : undefined);
    const stored = await open().pull(download(offer(bytes)));
    expect(sha(await readFile(stored.path))).toBe(sha(bytes));
    expect(fromOf()).toEqual([0, 0]);

    const other = model(9);
    answer = () => ({ wrongByteAt: 12_345 });
    expect(await failure(open().pull(download(offer(other))))).toMatchObject({ code: 'DOWNLOAD_CORRUPT' });
    expect(await open().list()).toEqual([stored]);
    expect(await names()).toHaveLength(2);
  });

  it('waits as long as it is asked to, and not for an hour', async () => {
    const bytes = model();
    answer = () => ((server?.requests.length ?? 0) < 3 ? { status: 429, headers: { 'retry-after': '0' } } : undefined);
    await open().pull(download(offer(bytes)));
    expect(server?.requests).toHaveLength(3);
    answer = () => ({ status: 429, headers: { 'retry-after': '3600' } });
    expect(await failure(open().pull(download(offer(model(5)))))).toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      message: expect.stringContaining('3600 s') as string,
    });
    expect(server?.requests).toHaveLength(4);
  });

  it.each([
    [401, 'DENIED'],
    [403, 'DENIED'],
    [404, 'MODEL_NOT_FOUND'],
    [400, 'SOURCE_UNREACHABLE'],
  ])('does not ask again after status %i', async (status, code) => {
    answer = () => ({ status });
    expect(await failure(open().pull(download(offer(model()))))).toMatchObject({ code });
    expect(server?.requests).toHaveLength(1);
  });

  it('asks again after a server’s fault', async () => {
    answer = () => ((server?.requests.length ?? 0) < 3 ? { status: 503 } : undefined);
    await open().pull(download(offer(model())));
    expect(server?.requests).toHaveLength(3);
  });

  it('refuses before the first byte what does not fit on the disk, with the numbers', async () => {
    const error = await failure(
      open({ freeBytes: async () => 200_000_000 }).pull(
        download({ ...offer(model()), bytes: 4_700_000_000, sha256: 'c'.repeat(64) }),
      ),
    );
    expect(error.code).toBe('DISK_FULL');
    expect(error.message).toContain('4.7 GB');
    expect(error.message).toContain('0.2 GB');
    expect(server?.requests).toEqual([]);
  });

  it('keeps what is there when the disk becomes full, and goes on when it is not', async () => {
    const bytes = model();
    let room = 100_000;
    const write: ModelStoreOptions['write'] = async (file, piece, position) => {
      const fits = Math.min(piece.length, room - position);
      await file.write(piece, 0, fits, position);
      if (fits < piece.length) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    };
    const item = download(offer(bytes));
    const error = await failure(open({ write }).pull(item));
    expect(error).toMatchObject({ code: 'DISK_FULL', message: expect.stringContaining('are kept') as string });
    expect(await open().list()).toEqual([]);
    room = Infinity;
    const stored = await open({ write }).pull(item);
    expect(sha(await readFile(stored.path))).toBe(sha(bytes));
    expect(fromOf()).toEqual([0, 100_000]);
  });

  it('finds a really full disk', async ({ skip }) => {
    const small = join(dir, 'small');
    await mkdir(small);
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', small]);
    skip(mount.status !== 0, 'no file system can be mounted here');
    try {
      const bytes = model();
      const item = download(offer(bytes));
      const store = createModelStore({ dir: small, checkGguf, retryMs: 5, freeBytes: async () => Infinity });
      expect(await failure(store.pull(item))).toMatchObject({ code: 'DISK_FULL' });
      expect(await store.list()).toEqual([]);
      expect(spawnSync('mount', ['-o', 'remount,size=4m', small]).status).toBe(0);
      expect(sha(await readFile((await store.pull(item)).path))).toBe(sha(bytes));
      expect(fromOf()[1]).toBeGreaterThan(0);
    } finally {
      spawnSync('umount', [small]);
    }
  });

  it('stopped by its caller keeps what is there', async () => {
    const bytes = model();
    const item = download(offer(bytes));
    const stopped = new AbortController();
    answer = () => ({ stallAfter: 90_000 });
    const work = open().pull(item, {
      signal: stopped.signal,
      onProgress: (done) => void (done >= 90_000 && stopped.abort()),
    });
    expect(await failure(work)).toMatchObject({ code: 'ABORTED' });
    answer = () => undefined;
    await open().pull(item);
    expect(fromOf()).toEqual([0, 90_000]);
  });

  it('by two at once downloads once', async () => {
    const item = download(offer(model()));
    const [first, second] = await Promise.all([open().pull(item), open().pull(item)]);
    expect(second).toEqual(first);
    expect(server?.requests).toHaveLength(1);
    expect(await names()).toHaveLength(2);
  });

  it('refuses to wait for ever for another program, and passes over one that is gone', async () => {
    const item = download(offer(model()));
    await mkdir(place());
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    try {
      const lock = `pull-${item.files[0]?.sha256}.${other.pid}-abc.lock`;
      await writeFile(join(place(), lock), '');
      expect(await failure(open({ silenceMs: 500 }).pull(item))).toMatchObject({
        code: 'STORE_BUSY',
        hint: expect.stringContaining(lock) as string,
      });
    } finally {
      const gone = new Promise((done) => other.once('close', done));
      other.kill('SIGKILL');
      await gone;
    }
    await open({ silenceMs: 500 }).pull(item);
    expect(await names()).toHaveLength(2);
  });

  it('refuses the promised bytes where they are no sound model, and keeps nothing', async () => {
    const damaged = model().subarray(0, 3_000);
    expect(await failure(open().pull(download(offer(damaged))))).toMatchObject({ code: 'MODEL_FILE_INVALID' });
    expect(await names()).toEqual([]);
  });

  it.each([
    ['no hash', { sha256: '' }],
    ['a path for a hash', { sha256: '../../etc/passwd' }],
    ['no length', { bytes: 0 }],
  ])('refuses a download with %s', async (_what, wrong) => {
    expect(await failure(open().pull(download({ ...offer(model()), ...wrong })))).toMatchObject({
      code: 'DOWNLOAD_CORRUPT',
    });
    expect(server?.requests).toEqual([]);
  });
});

describe('split models', () => {
  const second = (): Uint8Array => new Uint8Array(50_000).fill(3).map((byte, at) => 'GGUF'.charCodeAt(at) || byte);

  it('keep the names that llama.cpp finds the parts by, and are removed whole', async () => {
    const item = download(offer(model(), '/m-00001-of-00002.gguf'), offer(second(), '/m-00002-of-00002.gguf'));
    const stored = await open().pull(item);
    const stem = `model-${item.files[0]?.sha256.slice(0, 12)}`;
    expect(await names()).toEqual([`${stem}-00001-of-00002.gguf`, `${stem}-00002-of-00002.gguf`, 'model.json']);
    expect(stored.path).toBe(join(place(), `${stem}-00001-of-00002.gguf`));
    expect(stored.bytes).toBe(model().length + 50_000);
    expect(await open().list()).toEqual([stored]);
    await rm(join(place(), `${stem}-00002-of-00002.gguf`));
    expect(await open().list()).toEqual([]);
    // Only what is missing is downloaded again.
    await open().pull(item);
    expect(server?.requests.slice(2).map(({ path }) => path)).toEqual(['/m-00002-of-00002.gguf']);
    await open().remove('model');
    expect(await names()).toEqual([]);
  });

  it('refuse a part that is no GGUF file', async () => {
    const item = download(offer(model(), '/m-1.gguf'), offer(new Uint8Array(500), '/m-2.gguf'));
    expect(await failure(open().pull(item))).toMatchObject({ code: 'MODEL_FILE_INVALID' });
    expect(await names()).toEqual([]);
  });

  it('are imported whole, by their first part', async () => {
    await writeFile(join(dir, 'm-00001-of-00002.gguf'), model());
    expect(await failure(open().import(join(dir, 'm-00001-of-00002.gguf')))).toMatchObject({ code: 'PATH_NOT_FOUND' });
    await writeFile(join(dir, 'm-00002-of-00002.gguf'), second());
    expect(await failure(open().import(join(dir, 'm-00002-of-00002.gguf')))).toMatchObject({
      code: 'MODEL_FILE_INVALID',
      message: expect.stringContaining('m-00001-of-00002.gguf') as string,
    });
    const stored = await open().import(join(dir, 'm-00001-of-00002.gguf'));
    expect(stored).toMatchObject({ name: 'm', bytes: model().length + 50_000 });
    expect(await names()).toHaveLength(3);
    expect(await open().import(join(dir, 'm-00001-of-00002.gguf'))).toEqual(stored);
  });
});

describe('remove and saveProfile', () => {
  it('remove the entry and its file, and not what it was linked from', async () => {
    const file = join(dir, 'mine.gguf');
    await writeFile(file, model());
    const stored = await open().import(file);
    expect(await open().remove('mine')).toEqual(stored);
    expect(await names()).toEqual([]);
    expect((await readFile(file)).length).toBe(model().length);
    expect(await failure(open().remove('mine'))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('keep what was measured, and a model whose measurements cannot be read', async () => {
    const stored = await open().pull(download(offer(model())));
    const profile = {
      measuredAt: 5,
      machine: 'a laptop',
      threads: 2,
      promptSpeed: 100,
      writeSpeed: 10,
      memory: 1e9,
      loadMs: 500,
      toolCalls: null,
      edits: { replace: 0.9 },
    };
    expect(await open().saveProfile('model', profile)).toEqual({ ...stored, profile });
    expect(await open().show('model')).toEqual({ ...stored, profile });
    await writeFile(join(place(), 'model.json'), JSON.stringify({ ...stored, profile: { measuredAt: 'lately' } }));
    expect(await open().show('model')).toEqual(stored);
  });
});
