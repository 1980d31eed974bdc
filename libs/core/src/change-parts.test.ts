import type { FileWrite } from '@nootropic/contracts';
import * as testing from '@nootropic/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChangeRequests } from './change-requests.ts';
import { hunksBetween } from './diff-hunks.ts';
import { fakeWorkplace } from './workplace.fixture.ts';

const workspace = '/w';
const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}\n`).join('');
const before = lines(40);
const after = before.replace('line 5\n', 'five\r\n').replace('line 20\n', '').replace('line 39\n', 'end');

function subject(files: Readonly<Record<string, string>> = { 'a.txt': before }) {
  const place = fakeWorkplace(testing, { files });
  const { changes } = createChangeRequests({ workplace: async () => place });
  const write = async (...writes: FileWrite[]) =>
    (await place.kept.journal.write({ sessionId: 's', turnId: 't', label: 'edit' }, writes)).id;
  const reject = (step: number, path: string, ...hunks: number[]) =>
    changes.reject({ workspace, step, parts: [{ path, ...(hunks.length > 0 && { hunks }) }] });
  return { place, changes, write, reject };
}

describe('changes.file', () => {
  it('gives a file before and after a step, and null for none and for what is no text', async () => {
    const { changes, write } = subject();
    const step = await write({ path: 'a.txt', content: after }, { path: 'raw', content: new Uint8Array([0, 255]) });
    const file = (path: string, side: 'before' | 'after') => changes.file({ workspace, step, path, side });
    expect(await file('a.txt', 'before')).toEqual({ text: before });
    expect(await file('a.txt', 'after')).toEqual({ text: after });
    expect(await file('raw', 'before')).toEqual({ text: null });
    expect(await file('raw', 'after')).toEqual({ text: null });
    await expect(file('b.txt', 'after')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('tells an empty file from none', async () => {
    const { changes, write } = subject();
    const step = await write({ path: 'empty', content: '' });
    expect(await changes.file({ workspace, step, path: 'empty', side: 'after' })).toEqual({ text: '' });
  });
});

describe('changes.reject', () => {
  it('takes one hunk back as a step of its own, which can be undone and made again', async () => {
    const { place, changes, write, reject } = subject();
    const step = await write({ path: 'a.txt', content: after });
    const outcome = await reject(step, 'a.txt', 1);
    expect(outcome).toMatchObject({
      ...{ steps: [{ id: step, state: 'done' }], conflicts: [], lost: [] },
      step: { sessionId: 's', turnId: 't', label: 'reject parts of edit', state: 'done' },
      restored: [{ path: 'a.txt', change: 'modified', added: 1, removed: 0 }],
    });
    const kept = after.replace('line 19\n', 'line 19\nline 20\n');
    expect(await place.text('a.txt')).toBe(kept);
    await changes.undo({ workspace, step: outcome.step?.id });
    expect(await place.text('a.txt')).toBe(after);
    await changes.redo({ workspace, step: outcome.step?.id });
    expect(await place.text('a.txt')).toBe(kept);
  });

  it('gives the bytes from before where all is rejected: of edited, created, deleted, renamed and binary files', async () => {
    const { place, changes, write } = subject({ 'a.txt': before, 'gone.txt': 'gone\n', 'old.txt': 'moved\n' });
    const step = await write(
      { path: 'a.txt', content: after },
      { path: 'new.txt', content: 'new\n' },
      { path: 'gone.txt', content: null },
      { path: 'fresh.txt', from: 'old.txt', content: 'moved\n' },
      { path: 'raw', content: new Uint8Array([0, 255]) },
    );
    const parts = ['a.txt', 'new.txt', 'gone.txt', 'fresh.txt', 'raw'].map((path) => ({ path }));
    const outcome = await changes.reject({ workspace, step, parts });
    expect(outcome.conflicts).toEqual([]);
    const held = () => Promise.all(['a.txt', 'gone.txt', 'old.txt', 'new.txt', 'fresh.txt', 'raw'].map(place.text));
    expect(await held()).toEqual([before, 'gone\n', 'moved\n', undefined, undefined, undefined]);
    await changes.undo({ workspace, step: outcome.step?.id });
    expect(await held()).toEqual([after, undefined, undefined, 'new\n', 'moved\n', '\0\uFFFD']);
  });

  it('leaves a file alone that somebody changed where the hunk is, and applies it where it fits', async () => {
    const { place, write, reject } = subject();
    const step = await write({ path: 'a.txt', content: after });
    const byUser = `new\n${after.replace('line 4\n', 'four\n')}`;
    place.files.write('a.txt', byUser);
    const refused = await reject(step, 'a.txt', 0);
    expect(refused).toMatchObject({ restored: [], conflicts: [{ path: 'a.txt' }] });
    expect(refused.step).toBeUndefined();
    expect(await place.text('a.txt')).toBe(byUser);
    expect((await reject(step, 'a.txt', 0, 1)).conflicts).toHaveLength(1);
    expect(await place.text('a.txt')).toBe(byUser);
    expect((await reject(step, 'a.txt', 1)).conflicts).toEqual([]);
    expect(await place.text('a.txt')).toBe(byUser.replace('line 19\n', 'line 19\nline 20\n'));
  });

  it('does nothing for what is rejected already, or was undone', async () => {
    const { place, changes, write, reject } = subject();
    const step = await write({ path: 'a.txt', content: after });
    await reject(step, 'a.txt', 0);
    const again = await reject(step, 'a.txt', 0);
    expect(again).toMatchObject({ restored: [], conflicts: [] });
    expect(again.step).toBeUndefined();
    expect((await changes.list({ workspace })).length).toBe(2);
    await reject(step, 'a.txt');
    expect(await place.text('a.txt')).toBe(before);
  });

  it('takes what has no hunks only as a whole, and refuses hunks that there are not', async () => {
    const { write, reject, place } = subject({ 'a.txt': before, 'gone.txt': 'gone\n', bin: '\0' });
    const step = await write(
      { path: 'a.txt', content: after },
      { path: 'gone.txt', content: null },
      { path: 'bin', content: '\0\0' },
    );
    await expect(reject(step, 'bin', 0)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(reject(step, 'a.txt', 3)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(reject(step, 'none.txt', 0)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(reject(99, 'a.txt', 0)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await place.text('a.txt')).toBe(after);
    // The one hunk of a deletion is all of it.
    await reject(step, 'gone.txt', 0);
    expect(await place.text('gone.txt')).toBe('gone\n');
  });

  it('does not take a created or a deleted file back over what somebody made of it since', async () => {
    const { write, reject, place } = subject({ 'gone.txt': 'gone\n' });
    const step = await write({ path: 'new.txt', content: 'new\n' }, { path: 'gone.txt', content: null });
    place.files.write('new.txt', 'new\nmine\n');
    place.files.write('gone.txt', 'mine\n');
    for (const path of ['new.txt', 'gone.txt'])
      expect((await reject(step, path)).conflicts).toEqual([{ path, reason: 'It was changed since.' }]);
    expect(await place.text('new.txt')).toBe('new\nmine\n');
    expect(await place.text('gone.txt')).toBe('mine\n');
  });

  it('plans anew what somebody changed while it was planned', async () => {
    const { write, reject, place } = subject();
    const step = await write({ path: 'a.txt', content: after });
    const { journal } = place.kept;
    const real = journal.write.bind(journal);
    let raced = 0;
    journal.write = async (scope, files) => {
      if ((raced += 1) === 1) place.files.write('a.txt', `mine\n${after}`);
      return real(scope, files);
    };
    expect((await reject(step, 'a.txt', 0)).conflicts).toEqual([]);
    expect(await place.text('a.txt')).toBe(`mine\n${after.replace('five\r\n', 'line 5\n')}`);
    expect(raced).toBe(2);
  });

  it('of random edits: all at once, one by one in any order, and the undo of each', async () => {
    const line = fc.constantFrom('a', 'b', '', '}', 'ä𝒳', 'c\r');
    const text = fc.array(line, { maxLength: 40, size: 'max' });
    const edits = fc.array(
      fc.tuple(
        fc.nat(40),
        fc.nat(2),
        text.map((all) => all.slice(0, 3)),
      ),
      {
        size: 'max',
        minLength: 1,
        maxLength: 5,
      },
    );
    await fc.assert(
      fc.asyncProperty(text, edits, fc.infiniteStream(fc.nat(1000)), async (old, changed, numbers) => {
        const was = old.join('\n');
        const made = [...old];
        for (const [at, gone, come] of changed) made.splice(at % (made.length + 1), gone, ...come);
        const is = made.join('\n');
        fc.pre(was !== is);
        const { place, changes, write, reject } = subject({ x: was });
        const step = await write({ path: 'x', content: is });
        const whole = await reject(step, 'x');
        expect(await place.text('x')).toBe(was);
        await changes.undo({ workspace, step: whole.step?.id });
        expect(await place.text('x')).toBe(is);

        const open = [...(hunksBetween(was, is) ?? []).keys()];
        const made_: { readonly id: number; readonly held: string | undefined }[] = [];
        while (open.length > 0) {
          const [next = 0] = open.splice((numbers.next().value ?? 0) % open.length, 1);
          const held = await place.text('x');
          const { step: rejected, conflicts } = await reject(step, 'x', next);
          expect(conflicts).toEqual([]);
          if (rejected) made_.push({ id: rejected.id, held });
        }
        expect(await place.text('x')).toBe(was);
        for (const { id, held } of made_.toReversed()) {
          expect((await changes.undo({ workspace, step: id })).conflicts).toEqual([]);
          expect(await place.text('x')).toBe(held);
        }
        expect(await place.text('x')).toBe(is);
      }),
    );
  });
});
