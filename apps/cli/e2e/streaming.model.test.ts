import { promises as fs } from 'node:fs';
import { tinyGguf } from '@nootropic/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPlace, jsonLines, run, start, type Place } from './command.ts';
import { runCliKillGate } from './kill-gate.ts';

let place: Place;
let model: string;
beforeAll(async () => {
  place = await createPlace();
  model = await tinyGguf({ fs, dir: place.folder });
});
afterAll(() => place[Symbol.asyncDispose]());

describe('a local model', () => {
  it('streams its answer', async () => {
    const { code, out } = await run(['ask', '--json', '--model', `file:${model}`, 'hi'], { place });
    const types = jsonLines(out).map(({ type }) => type);
    expect(code).toBe(0);
    expect(types.filter((type) => type === 'text-delta').length).toBeGreaterThan(1);
    expect(types.at(-1)).toBe('turn-end');
  });

  it('stops at Ctrl-C with exit 130, and keeps the part that was shown', async () => {
    const turn = start(['ask', '--json', '--model', `file:${model}`, 'tell me everything'], { place });
    await turn.printed((out) => out.includes('"text-delta"'));
    turn.process.kill('SIGINT');
    const { code, out } = await turn.finished;
    expect(code).toBe(130);
    const shown = jsonLines(out);
    const stored = jsonLines((await run(['sessions', 'show', 'latest', '--json'], { place })).out);
    expect(stored.slice(0, shown.length)).toEqual(shown);
    expect(stored.at(-1)).toMatchObject({ type: 'turn-end', reason: 'aborted' });
    expect((await run(['sessions', 'show', 'latest'], { place })).out).toContain('[interrupted]');
  });

  it('loses no event that was shown when it is killed', { timeout: 180_000 }, async () => {
    const { failures, asked, run: killed, shown } = await runCliKillGate(5, 1, { model });
    expect(failures).toEqual([]);
    expect(killed).toBe(asked);
    expect(shown).toBeGreaterThan(killed);
  });
});
