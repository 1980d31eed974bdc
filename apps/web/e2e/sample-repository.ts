import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A small program of the kind that people have: it uploads files and tries again. */
const sampleFiles: Readonly<Record<string, string>> = {
  'README.md': `# parcels

Uploads folders to a store, piece by piece. A piece that fails is sent again, at most three times, and the wait doubles each time.

- \`src/upload.ts\` sends the pieces of a file
- \`src/retry.ts\` decides whether and when something is tried again
- \`src/store.ts\` speaks with the store
`,
  'src/retry.ts': `/** How often something is tried, and how long it waits in between. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly delayMs: number;
}

export const defaultPolicy: RetryPolicy = { attempts: 3, delayMs: 200 };

/** Runs \`work\` until it succeeds or the attempts are used up. The wait doubles each time. */
export async function withRetry<T>(work: () => Promise<T>, policy: RetryPolicy = defaultPolicy): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= policy.attempts || !isTemporary(error)) throw error;
      await pause(policy.delayMs * 2 ** (attempt - 1));
    }
  }
}

/** Whether it may go better the next time: the store was busy, or the line was cut. */
export function isTemporary(error: unknown): boolean {
  return error instanceof StoreError && error.status >= 500;
}

export class StoreError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
`,
  'src/upload.ts': `import { withRetry } from './retry.ts';
import type { Store } from './store.ts';

const pieceBytes = 1_000_000;

/** Sends a file in pieces; each piece is tried again by itself. */
export async function upload(store: Store, name: string, bytes: Uint8Array): Promise<number> {
  let sent = 0;
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes);
    await withRetry(() => store.put(name, at, piece));
    sent += piece.length;
  }
  return sent;
}
`,
  'src/store.ts': `import { StoreError } from './retry.ts';

/** What keeps the pieces. */
export interface Store {
  put(name: string, offset: number, piece: Uint8Array): Promise<void>;
}

/** A store behind an HTTP address. */
export function createHttpStore(address: string, send: typeof fetch = fetch): Store {
  return {
    async put(name, offset, piece) {
      const response = await send(\`\${address}/\${name}?offset=\${offset}\`, { method: 'PUT', body: piece });
      if (!response.ok) throw new StoreError(response.status, await response.text());
    },
  };
}
`,
  'src/main.ts': `import { readFile } from 'node:fs/promises';
import { createHttpStore } from './store.ts';
import { upload } from './upload.ts';

const [path = '', address = 'http://127.0.0.1:9000'] = process.argv.slice(2);
console.log(await upload(createHttpStore(address), path, await readFile(path)));
`,
  'package.json': '{\n  "name": "parcels",\n  "type": "module",\n  "private": true\n}\n',
  'docs/protocol.md': `# Protocol

A piece is sent with \`PUT /NAME?offset=BYTES\`. The store answers 204, or 503 when it is busy.
`,
};

/** Makes a git repository with one commit in a folder. Without `files`: a small uploader in TypeScript. */
export async function makeSampleRepository(folder: string, files = sampleFiles): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], { cwd: folder });
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'Send pieces again when the store is busy');
}
