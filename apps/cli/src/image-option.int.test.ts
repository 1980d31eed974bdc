import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SendInput } from '@nootropic/contracts';
import { onePixelImages } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from './fake-host.test-fixture.ts';

const [png, gif] = onePixelImages;
let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'nootropic-image-'));
  await writeFile(join(place, 'a.png'), Buffer.from(png.data, 'base64'));
  await writeFile(join(place, 'wrongly-named.png'), Buffer.from(gif.data, 'base64'));
});
afterEach(() => rm(place, { recursive: true, force: true }));

describe('--image', () => {
  it.each(['ask', 'run'])('sends files along with `%s`, each as what its bytes are', async (command) => {
    const sent: SendInput[] = [];
    const host = { onSend: (input: SendInput) => sent.push(input) };
    const words = [command, '--image', 'a.png', '--image', join(place, 'wrongly-named.png'), 'what is it?'];
    const { code } = await run(words, { cwd: place, host });
    expect(code).toBe(0);
    expect(sent[0]?.attachments).toEqual([
      { kind: 'image', name: 'a.png', ...png },
      { kind: 'image', name: 'wrongly-named.png', ...gif },
    ]);
  });

  it('sends none where none is given', async () => {
    const sent: SendInput[] = [];
    await run(['ask', 'what is it?'], { cwd: place, host: { onSend: (input) => sent.push(input) } });
    expect(sent[0]).not.toHaveProperty('attachments');
  });

  it('refuses what is not there, too large, or no picture, before anything is sent', async () => {
    await writeFile(
      join(place, 'large.png'),
      Buffer.concat([Buffer.from(png.data, 'base64'), Buffer.alloc(5 * 2 ** 20)]),
    );
    await writeFile(join(place, 'page.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    const sent: SendInput[] = [];
    const failing = async (file: string) => {
      const { code, err } = await run(['ask', '--image', file, 'x'], {
        cwd: place,
        host: { onSend: (i) => sent.push(i) },
      });
      return [code, /error ([A-Z_]+)/u.exec(err)?.[1]];
    };
    expect(await failing('none.png')).toEqual([5, 'PATH_NOT_FOUND']);
    expect(await failing('large.png')).toEqual([2, 'REQUEST_TOO_LARGE']);
    expect(await failing('page.svg')).toEqual([2, 'INPUT_INVALID']);
    expect(sent).toEqual([]);
  });

  it('prints its name, never its bytes, with --json', async () => {
    const turn = async function* () {
      await Promise.resolve();
      const attachments = [{ kind: 'image' as const, name: 'a.png', ...png }];
      yield { type: 'turn-start' as const, text: 'x', agent: 'answer', workspace: '/w', attachments };
    };
    const { out } = await run(['ask', '--json', '--image', 'a.png', 'x'], { cwd: place, host: { turn } });
    expect(out).toContain('a.png');
    expect(out).not.toContain(png.data);
  });
});
