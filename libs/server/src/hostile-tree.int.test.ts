import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assistant } from '@nootropic/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, type Composition } from './compose.ts';

/** At full size in the gate: 100 000. */
const crowd = Number(process.env['HOSTILE_FILES'] ?? 3000);
const mebibyte = 2 ** 20;

async function refresh(assistant: Assistant, workspace: string) {
  let last: { phase: string; total: number; skipped: readonly { path: string; reason: string }[] } | undefined;
  for await (const progress of await assistant.index.refresh({ workspace, rebuild: false })) last = progress;
  if (last === undefined) throw new Error('The run gave nothing.');
  return last;
}

describe.skipIf(process.platform === 'win32')('a tree of hostile files', () => {
  let base: string;
  let root: string;
  let open: Composition;
  const put = (path: string, content: string | Uint8Array): void => writeFileSync(join(root, path), content);

  beforeAll(async () => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'hostile-')));
    root = join(base, 'tree');
    mkdirSync(join(root, 'crowd'), { recursive: true });
    put('plain.ts', 'export function plainWalrus() {\n  return 1;\n}\n');
    put('sparse.ts', '');
    truncateSync(join(root, 'sparse.ts'), 2 * 2 ** 30);
    put('one-line.js', 'x'.repeat(50 * mebibyte));
    put('one-line-small.js', `const x = "${'ab,'.repeat(100_000)}";`);
    put(
      'encoded.py',
      Array.from({ length: 400 }, (_, at) =>
        Buffer.from(`${Math.sin(at)}${Math.cos(at)}${Math.tan(at)}xyz!`)
          .toString('base64')
          .slice(0, 64),
      ).join('\n'),
    );
    symlinkSync('..', join(root, 'loop'));
    symlinkSync('/etc/passwd', join(root, 'outside.ts'));
    symlinkSync('nowhere', join(root, 'dangling'));
    execFileSync('mkfifo', [join(root, 'pipe.ts')]);
    put(
      'invalid.py',
      Uint8Array.from([...Buffer.from('def latin_walrus():\n    return "caf'), 0xe9, ...Buffer.from('"\n')]),
    );
    put(
      'wide.ts',
      Buffer.concat([
        Buffer.from([0xff, 0xfe]),
        Buffer.from('export function wideWalrus() {\n  return 2;\n}\n', 'utf16le'),
      ]),
    );
    put('new\nline.ts', 'export function newlineWalrus() {\n  return 3;\n}\n');
    put(
      'image.ts',
      Uint8Array.from({ length: 5000 }, (_, at) => at % 256),
    );
    put('.env', 'KEY=secret-walrus\n');
    if (process.platform === 'linux') {
      writeFileSync(
        Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9]), Buffer.from('.ts')]),
        'export const a = 1;\n',
      );
    }
    for (let at = 0; at < crowd; at += 1) put(`crowd/f${at}.txt`, `number ${at}\n`);
    open = await compose({ env: { ...process.env, NOOTROPIC_HOME: join(base, 'home') } });
  });
  afterAll(async () => {
    await open[Symbol.asyncDispose]();
    rmSync(base, { recursive: true, force: true });
  });

  it('is indexed, and each file that is left out is listed with its reason', async () => {
    const run = await refresh(open.assistant, root);
    const reasons = Object.fromEntries(run.skipped.map(({ path, reason }) => [path, reason]));
    expect(reasons).toMatchObject({
      'sparse.ts': 'larger than 1 MB',
      'one-line.js': 'larger than 1 MB',
      'one-line-small.js': 'very long lines (minified or generated)',
      'encoded.py': 'encoded data',
      loop: 'symbolic link',
      'outside.ts': 'symbolic link',
      dangling: 'symbolic link',
      'pipe.ts': 'not a regular file',
      'image.ts': 'binary',
      '.env': 'may hold secrets',
      ...(process.platform === 'linux' && { 'caf\ufffd.ts': 'name is not UTF-8' }),
    });
    const status = await open.assistant.index.status({ workspace: root, skippedFiles: true });
    expect(status.files + status.skippedFiles.length).toBe(crowd + 14 + (process.platform === 'linux' ? 1 : 0));
    expect(status.skippedFiles).toEqual(run.skipped);
    expect(status.skipped.find(({ reason }) => reason === 'symbolic link')).toMatchObject({ count: 3 });
    expect(status.lastRun).toMatchObject({ outcome: 'done', files: run.total });
  });

  it.each([
    ['plainWalrus', 'plain.ts'],
    ['latin_walrus', 'invalid.py'],
    ['wideWalrus', 'wide.ts'],
    ['newlineWalrus', 'new\nline.ts'],
  ])('finds %s', async (name, path) => {
    const { hits } = await open.assistant.search({
      workspace: root,
      query: name,
      limit: 1,
      mode: 'plain',
      explain: false,
    });
    expect(hits[0]?.path).toBe(path);
  });

  it('reads nothing through a file that became a symbolic link', async () => {
    put('swapped.ts', 'export function swappedWalrus() {}\n');
    await refresh(open.assistant, root);
    rmSync(join(root, 'swapped.ts'));
    symlinkSync('/etc/passwd', join(root, 'swapped.ts'));
    const run = await refresh(open.assistant, root);
    expect(run.skipped).toContainEqual({ path: 'swapped.ts', reason: 'symbolic link' });
    const { hits } = await open.assistant.search({
      workspace: root,
      query: 'swappedWalrus',
      limit: 5,
      mode: 'plain',
      explain: false,
    });
    expect(hits.map(({ path }) => path)).not.toContain('swapped.ts');
  });

  it('stays within its memory', () => {
    expect(process.resourceUsage().maxRSS / 1024).toBeLessThan(1200);
  });
});
