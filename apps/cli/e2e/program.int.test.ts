import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { turnEventSchema, type SearchHit } from '@nootropic/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPlace, jsonLines, run, sourceMain, type Place } from './command.ts';

let place: Place;
beforeAll(async () => {
  place = await createPlace();
});
afterAll(() => place[Symbol.asyncDispose]());

interface Citation {
  path: string;
  startLine: number;
  endLine: number;
}

describe('the program from end to end, without a model', () => {
  it('answers with sources that exist, and says that no model is installed', async () => {
    const { code, out, err } = await run(['ask', 'where are sessions stored?'], { place });
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(`${out}${err}`).toMatch(/no language model/i);
    expect(out).toContain('src/session-store.ts:');
  });

  it('prints valid events as JSON lines, with the right file first', async () => {
    const { code, out } = await run(['ask', '--json', 'how is a request body parsed?'], { place });
    expect(code).toBe(0);
    const events = jsonLines(out).map((event) => turnEventSchema.parse(event));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, at) => at + 1));
    const end = events.at(-1) as unknown as { type: string; citations: Citation[] };
    expect(end.type).toBe('turn-end');
    expect(end.citations[0]?.path).toBe('src/parse-body.ts');
    for (const { path, startLine, endLine } of end.citations) {
      const lines = (await readFile(join(place.repository, path), 'utf8')).split('\n').length;
      expect(startLine).toBeGreaterThan(0);
      expect(endLine).toBeGreaterThanOrEqual(startLine);
      expect(endLine).toBeLessThanOrEqual(lines);
    }
  });

  it('waits for a server that does not answer, and then says so', async () => {
    // Nothing ever listens on port 1 of a machine that was not made for it.
    const { code, err } = await run(['ask', '--model', 'openai:any@http://127.0.0.1:1', 'what is this?'], { place });
    expect(code).toBe(3);
    expect(err).toContain('MODEL_UNREACHABLE');
  });

  it('takes text from a pipe along', async () => {
    const { code, out } = await run(['ask', '--json', 'what is this?'], { place, stdin: 'parseBody("{}")' });
    expect(code).toBe(0);
    expect(jsonLines(out)[0]).toMatchObject({ type: 'turn-start', text: 'what is this?' });
  });

  it('searches, best first', async () => {
    const { code, out } = await run(['search', '--json', 'parse the body of a request'], { place });
    expect(code).toBe(0);
    const hits = jsonLines(out) as unknown as SearchHit[];
    expect(hits[0]).toMatchObject({ path: 'src/parse-body.ts' });
    expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => score).sort((a, b) => b - a));
  });

  it('embeds nothing when nothing changed', async () => {
    await run(['index'], { place });
    const { out } = await run(['index', '--json'], { place });
    expect(jsonLines(out).at(-1)).toMatchObject({ phase: 'done', filesEmbedded: 0, chunksEmbedded: 0 });
  });

  it('keeps the conversation', async () => {
    const { out } = await run(['sessions', 'show', 'latest'], { place });
    expect(out).toContain('> ');
    expect((await run(['sessions', 'list', '--json'], { place })).out).toContain('"title"');
  });

  it('ends with the documented exit codes', async () => {
    const codeOf = async (...args: string[]): Promise<number | string> => (await run(args, { place })).code;
    expect(await codeOf('--version')).toBe(0);
    expect(await codeOf('ask', '--no-such-option', 'hi')).toBe(2);
    expect(await codeOf('ask')).toBe(2);
    expect(await codeOf('ask', '--model', 'file:missing.gguf', 'hi')).toBe(3);
    expect(await codeOf('ask', '--model', 'nonsense', 'hi')).toBe(2);
    expect(await codeOf('sessions', 'rm', 'latest')).toBe(4);
    expect(await codeOf('sessions', 'show', 'no-such-session')).toBe(5);
    expect(await codeOf('config', 'set', 'answer.maxTokens', 'many')).toBe(2);
  });

  it('stops silently when the reader goes away', () => {
    const command = `"${process.execPath}" "${sourceMain}" ask --json "where are sessions stored?" | head -n 1; exit "\${PIPESTATUS[0]}"`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
      cwd: place.repository,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], NOOTROPIC_HOME: place.home },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(jsonLines(stdout)[0]).toMatchObject({ type: 'turn-start' });
  });

  it('prints no warning of Node where NO_COLOR and FORCE_COLOR are both set', async () => {
    const { out, err } = await run(['config', 'path'], { place, env: { NO_COLOR: '1', FORCE_COLOR: '1' } });
    expect({ out: out.trim().endsWith('config.json'), err }).toEqual({ out: true, err: '' });
    const failed = await run(['config', 'get', 'nope'], { place, env: { NO_COLOR: '1', FORCE_COLOR: '1' } });
    expect(failed.err).not.toContain('Warning');
  });

  it('removes everything it wrote', async () => {
    const listed = await run(['uninstall', '--data'], { place });
    expect(listed.code).toBe(4);
    expect(listed.out).toContain('sessions.db');
    expect((await run(['uninstall', '--data', '--yes'], { place })).code).toBe(0);
    expect(existsSync(place.home)).toBe(false);
  });
});
