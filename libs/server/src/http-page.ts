import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export interface PageFile {
  readonly bytes: Uint8Array;
  readonly type: string;
  /** Its name holds the digest of its content, so that a browser may keep it for good. */
  readonly isFixed: boolean;
  /** Compressed, made when it is first asked for; the bytes themselves where that saves little. */
  compressed(): Promise<Uint8Array>;
}

const pageTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

export const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

export function typeOfFile(path: string): string {
  return pageTypes[extname(path) || path] ?? 'application/octet-stream';
}

/** All files of a page by their address. They are read once, so that no request can name a path on the disk. */
export async function readPage(folder: string): Promise<Map<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const file = pageFile(path, await readFile(path));
    const address = `/${relative(folder, path).split(sep).join('/')}`;
    files.set(address, file);
    if (address === '/index.html') files.set('/', file);
  }
  return files;
}

/** Names that a build makes: `index-t3zhl4hh.js`. */
const fixedName = /-[\w-]{8}\.\w+$/u;
const compress = promisify(gzip);
/** Smaller files fit into a packet as they are. */
const leastCompressed = 1400;

function pageFile(path: string, bytes: Uint8Array): PageFile {
  const type = typeOfFile(path);
  const isText = /^text\/|svg/u.test(type) && bytes.length > leastCompressed;
  let made: Promise<Uint8Array> | undefined;
  return {
    bytes,
    type,
    isFixed: path.includes(`${sep}assets${sep}`) && fixedName.test(path),
    compressed: () => (made ??= isText ? compress(bytes) : Promise.resolve(bytes)),
  };
}

/** Answers with a file of a page. What has a digest in its name is kept by the browser, so that the page comes up without asking for it again. */
export async function answerWithFile(file: PageFile, request: Pick<Request, 'headers'>): Promise<Response> {
  const takesGzip = /\bgzip\b/u.test(request.headers.get('accept-encoding') ?? '');
  const body = takesGzip ? await file.compressed() : file.bytes;
  return new Response(new Uint8Array(body), {
    headers: {
      ...pageHeaders,
      'content-type': file.type,
      vary: 'accept-encoding',
      ...(body !== file.bytes && { 'content-encoding': 'gzip' }),
      ...(file.isFixed && { 'cache-control': 'private, max-age=31536000, immutable' }),
    },
  });
}
