import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isKnownEvent, type KnownTurnEvent, type TurnEvent } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compose, type Composition } from './compose.ts';

let place: string;
let workspace: string;
let composed: Composition;

const open = () =>
  compose({ env: { ...process.env, NOOTROPIC_HOME: join(place, 'home') }, flags: { log: { level: 'silent' } } });

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'nootropic-compose-'));
  workspace = join(place, 'work');
  await put(
    'src/upload.ts',
    '/** Sends a file, again when it fails. */\nexport function retryUpload(file: string): void {\n  send(file);\n}\n\nfunction send(file: string): void {}\n',
  );
  await put(
    'src/main.ts',
    "import { retryUpload } from './upload.ts';\n\nexport function start(): void {\n  retryUpload('a');\n}\n",
  );
  await put('.env', 'RETRY_UPLOAD_SECRET=hunter2\n');
  composed = await open();
});

afterEach(async () => {
  await composed[Symbol.asyncDispose]();
  await rm(place, { recursive: true, force: true });
});

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(workspace, path)), { recursive: true });
  await writeFile(join(workspace, path), text);
}

async function ask(text: string, sessionId?: string): Promise<KnownTurnEvent[]> {
  const events: TurnEvent[] = [];
  const stream = await composed.assistant.send({ workspace, text, model: 'none', ...(sessionId && { sessionId }) });
  for await (const event of stream) events.push(event);
  return events.filter(isKnownEvent);
}

describe('compose', () => {
  it('answers a question about a real folder, with citations that exist and callers that call', async () => {
    const events = await ask('where are uploads retried?');
    const end = events.at(-1);
    if (end?.type !== 'turn-end') throw new Error(`The turn ended in ${JSON.stringify(end)}.`);
    expect(end.citations[0]).toMatchObject({ path: 'src/upload.ts', symbol: 'retryUpload' });
    expect(end.text).toContain('called at src/main.ts:4 (start)');
    for (const { path, startLine, endLine } of end.citations) {
      const lines = (await readFile(join(workspace, path), 'utf8')).split('\n').length;
      expect(startLine).toBeGreaterThanOrEqual(1);
      expect(endLine).toBeLessThanOrEqual(lines);
    }
    const { events: kept } = await composed.assistant.sessions.show({ id: 'latest' });
    expect(kept).toEqual(events);
  });

  it('never shows what a file with secrets holds', async () => {
    const all = JSON.stringify(await ask('what is RETRY_UPLOAD_SECRET in .env hunter2?'));
    expect(all).not.toContain('=hunter2');
    expect(JSON.stringify(await composed.assistant.search({ workspace, query: 'RETRY_UPLOAD_SECRET' }))).not.toContain(
      '.env',
    );
  });

  it('follows the tree: a new file is found, a removed one is not, and nothing is embedded twice', async () => {
    await ask('first');
    await put('src/throttle.ts', 'export function throttleRequests(): void {}\n');
    await rm(join(workspace, 'src/main.ts'));
    expect((await composed.assistant.search({ workspace, query: 'throttle requests' })).hits[0]?.path).toBe(
      'src/throttle.ts',
    );
    expect((await composed.assistant.search({ workspace, query: 'start' })).hits.map(({ path }) => path)).not.toContain(
      'src/main.ts',
    );
    let last;
    for await (const progress of await composed.assistant.index.refresh({ workspace })) last = progress;
    expect(last).toMatchObject({ phase: 'done', filesEmbedded: 0, chunksEmbedded: 0 });
  });

  it('goes on with a session in another program', async () => {
    const [first] = await ask('where are uploads retried?');
    await composed[Symbol.asyncDispose]();
    composed = await open();
    const [second] = await ask('and who calls it?', first?.sessionId);
    expect(second).toMatchObject({ sessionId: first?.sessionId });
    expect((await composed.assistant.sessions.list())[0]).toMatchObject({ title: 'where are uploads retried?' });
  });

  it('takes a folder by any of its names for the same, and says so when it is none', async () => {
    await symlink(workspace, join(place, 'link'));
    await ask('first');
    expect(await composed.assistant.index.stats({ workspace: join(place, 'link') })).toMatchObject({ files: 2 });
    await expect(composed.assistant.index.stats({ workspace: join(place, 'gone') })).rejects.toMatchObject({
      code: 'PATH_NOT_FOUND',
    });
    await expect(composed.assistant.index.stats({ workspace: join(workspace, 'src/main.ts') })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
  });

  it('searches and examines itself although the session file is damaged, and says what is wrong', async () => {
    await mkdir(dirname(composed.paths.sessions), { recursive: true });
    await writeFile(composed.paths.sessions, 'this is not a database, though it is long enough to look like one');
    expect((await composed.assistant.search({ workspace, query: 'retry upload' })).hits).not.toEqual([]);
    const checks = await composed.assistant.doctor({ workspace });
    expect(checks.find(({ name }) => name === 'sessions')).toMatchObject({ state: 'problem' });
    expect(checks.filter(({ state }) => state === 'problem')).toHaveLength(1);
    await expect(ask('anything')).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });
});
