import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const commit = 'c0ffee'.padEnd(40, '0');
const repo = 'owner/parcels-GGUF';
const file = 'parcels-Q4_K_M.gguf';
/** Bytes that are sent of a slow download, at most. */
const atOnce = 160_000;

export interface SlowRegistry extends AsyncDisposable {
  readonly url: string;
  /** A reference of the one model that it has. */
  readonly ref: string;
  /** How often a download was begun. */
  began(): number;
  /** Whether downloads stop short of their end. Default: no. */
  pace(slow: boolean): void;
}

/** A registry as Hugging Face is one, on the loopback, with one model. */
export async function startSlowRegistry(model: Uint8Array): Promise<SlowRegistry> {
  const oid = createHash('sha256').update(model).digest('hex');
  let slow = false;
  let begun = 0;
  const send = (response: ServerResponse, from: number, to: number): void => {
    const body = model.subarray(from, to);
    if (!slow) {
      response.end(body);
      return;
    }
    begun += 1;
    // A download may ask for small parts: none of them comes whole.
    response.write(body.subarray(0, Math.min(atOnce, Math.ceil(body.length / 2))));
  };
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const json = (value: unknown): void => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(value));
    };
    if (path.startsWith(`/api/models/${repo}/revision/`))
      return json({ _id: '1', id: repo, sha: commit, tags: ['gguf', 'license:apache-2.0'], gated: false });
    if (path.startsWith(`/api/models/${repo}/tree/${commit}`))
      return json([
        { type: 'file', path: file, size: model.length, oid: 'git', lfs: { oid, size: model.length, pointerSize: 1 } },
      ]);
    if (!path.startsWith(`/${repo}/resolve/${commit}/`)) {
      response.statusCode = 404;
      return response.end();
    }
    const [, start, end] = /^bytes=(\d+)-(\d*)$/u.exec(request.headers.range ?? '') ?? [];
    const [from, to] = [Number(start ?? 0), Math.min(Number(end || model.length - 1) + 1, model.length)];
    response.writeHead(start === undefined ? 200 : 206, {
      'accept-ranges': 'bytes',
      'content-length': to - from,
      'x-linked-etag': `"${oid}"`,
      'x-linked-size': String(model.length),
      ...(start !== undefined && { 'content-range': `bytes ${from}-${to - 1}/${model.length}` }),
    });
    return request.method === 'HEAD' ? response.end() : send(response, from, to);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    ref: `hf:${repo}/${file}`,
    began: () => begun,
    pace: (wanted) => {
      slow = wanted;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
