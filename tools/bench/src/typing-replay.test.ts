import { describe, expect, it } from 'vitest';
import { createVirtualTime } from './scheduler-clock.ts';
import { readAdditions, type TypedHunk } from './typing-hunks.ts';
import { createOracle, tokensOf } from './typing-oracle.ts';
import { typeHunk, type SuggestionPolicy } from './typing-person.ts';
import { llamaVscodePolicy, ourPolicy } from './typing-policies.ts';
import { createModelSlot } from './typing-slot.ts';

const hunk: TypedHunk = {
  name: 'repo/a.ts',
  path: 'a.ts',
  before: 'const head = 1;\n\nfunction first() {\n  return head;\n}\n\n',
  text: 'function second(value: number) {\n  const doubled = value * 2;\n  return doubled + first();\n}',
  after: '\n\nexport { first };\n',
};

async function play(make: (time: ReturnType<typeof createVirtualTime>) => SuggestionPolicy) {
  const time = createVirtualTime();
  const policy = make(time);
  const typed = typeHunk(time, hunk, { policy, seed: 3 }).then(async (result) => {
    await time.sleep(120_000);
    return { ...result, wasted: policy.wasted() };
  });
  await time.run();
  return typed;
}

describe('readAdditions', () => {
  it('finds where lines are added and none taken away', () => {
    const log = [
      '\u001e0123456789abcdef',
      'diff --git a/src/a.ts b/src/a.ts',
      '+++ b/src/a.ts',
      '@@ -10,0 +11,3 @@ function a() {',
      '+one',
      '@@ -20,2 +24,2 @@',
      '@@ -30,0 +33 @@',
      '+++ /dev/null',
      '@@ -0,0 +1,4 @@',
    ].join('\n');
    expect(readAdditions(log)).toEqual([
      { commit: '0123456789abcdef', path: 'src/a.ts', line: 11, lines: 3 },
      { commit: '0123456789abcdef', path: 'src/a.ts', line: 33, lines: 1 },
    ]);
  });
});

describe('createOracle', () => {
  it('knows what comes where it is always right, and says the same each time', () => {
    const oracle = createOracle(hunk, { rate: 1, seed: 1 });
    const said = oracle.write(`${hunk.before}function second(`).join('');
    expect(said.startsWith('value: number) {\n  const doubled = value * 2;\n')).toBe(true);
    expect(oracle.write(`${hunk.before}function second(`).join('')).toBe(said);
  });

  it('is wrong about some lines where it is not, and knows nothing of a text that never comes', () => {
    const oracle = createOracle(hunk, { rate: 0, seed: 1 });
    expect(hunk.text.startsWith(oracle.write(hunk.before).join(''))).toBe(false);
    expect(oracle.write('another file').join('')).toContain('somethingElse');
  });
});

describe('tokensOf', () => {
  it('loses nothing', () => {
    expect(tokensOf(hunk.text).join('')).toBe(hunk.text);
  });
});

describe('typing a hunk', () => {
  it('types it all where nothing is ever shown', async () => {
    const silent: SuggestionPolicy = { ask: () => undefined, wasted: () => 0 };
    const result = await play(() => silent);
    expect(result).toMatchObject({ acceptedCharacters: 0, cached: 0, hits: 0, firstMs: [] });
    expect(result.asked).toBe(result.keys + 1);
  });

  it('takes what a right model says, sooner and with less for nothing than with the policy of the peer', async () => {
    const model = (time: ReturnType<typeof createVirtualTime>) =>
      createModelSlot(time, createOracle(hunk, { rate: 1, seed: 1 }));
    const ours = await play((time) => ourPolicy(time, model(time)));
    const theirs = await play((time) => llamaVscodePolicy(time, model(time)));
    for (const result of [ours, theirs]) expect(result.acceptedCharacters).toBeGreaterThan(0);
    expect(ours.acceptedCharacters).toBeGreaterThanOrEqual(hunk.text.length / 2);
    expect(ours.keys).toBeLessThan(theirs.keys);
  });
});
