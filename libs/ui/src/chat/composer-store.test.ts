import { describe, expect, it } from 'vitest';
import { createComposer } from './composer-store.ts';

function memory(kept: Record<string, unknown> = {}) {
  return { kept, read: (key: string) => kept[key], write: (key: string, value: unknown) => void (kept[key] = value) };
}
const now = (run: () => void): void => run();

describe('createComposer', () => {
  it('keeps drafts by session, and what was chosen and sent', () => {
    const keep = memory();
    const composer = createComposer(keep, now);
    composer.write('a', 'half a question');
    composer.write('b', 'another');
    composer.choose({ mode: 'ask', model: 'file:/m.gguf' });
    composer.clear('b', 'another');
    const again = createComposer(keep, now).store.getState();
    expect(again).toMatchObject({
      drafts: { a: 'half a question' },
      mode: 'ask',
      model: 'file:/m.gguf',
      sent: ['another'],
    });
    expect(again.drafts).not.toHaveProperty('b');
  });

  it('keeps no attachment, and writes once for many keys', () => {
    const keep = memory();
    const waiting: (() => void)[] = [];
    const composer = createComposer(keep, (run) => waiting.push(run));
    composer.attach([{ kind: 'text', name: 'secrets.txt', text: 'hush' }]);
    for (const text of ['a', 'ab', 'abc']) composer.write('new', text);
    expect(waiting).toHaveLength(1);
    waiting[0]?.();
    expect(JSON.stringify(keep.kept)).not.toContain('hush');
    expect(keep.kept).toMatchObject({ composer: { drafts: { new: 'abc' } } });
  });

  it.each([null, 'x', { drafts: 3, mode: 'wild', sent: [1, 'ok'], model: {} }])(
    'begins anew with what it does not understand: %j',
    (kept) => {
      expect(createComposer(memory({ composer: kept }), now).store.getState()).toMatchObject({
        mode: 'question',
        model: '',
      });
    },
  );
});
