import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addCounts, isEmpty, readCounts } from './completion-counts.ts';
import { completionStatus } from './completion-status.ts';
import { createRecentEdits } from './recent-edits.ts';
import { isRestrictedFile } from './restricted-files.ts';
import { takenPart } from './taken-part.ts';

/** A document whose lines say their own first number. */
function open(count: number) {
  let lines = Array.from({ length: count }, (_, index) => `line ${index}`);
  return {
    edits: createRecentEdits(),
    linesOf: () => ({ count: lines.length, line: (index: number) => lines[index] ?? '' }),
    replace(first: number, last: number, put: readonly string[]) {
      lines = [...lines.slice(0, first), ...put, ...lines.slice(last + 1)];
      return { document: 'a', path: 'a.ts', firstLine: first, lastLine: last, addedBreaks: put.length - 1 };
    },
  };
}

const elsewhere = { document: 'b', line: 0 };

describe('recent edits', () => {
  it('are shown with the lines around them as they are now, newest first', () => {
    const { edits, linesOf, replace } = open(100);
    edits.note(replace(10, 10, ['changed']));
    edits.note(replace(50, 50, ['later']));
    const shown = edits.snippets(elsewhere, linesOf);
    expect(shown.map(({ text }) => text.split('\n')[4])).toEqual(['later', 'changed']);
    expect(shown[0]?.text).toBe(
      ['line 46', 'line 47', 'line 48', 'line 49', 'later', 'line 51', 'line 52', 'line 53', 'line 54'].join('\n'),
    );
  });

  it('move with what is put in and taken out before them', () => {
    const { edits, linesOf, replace } = open(100);
    edits.note(replace(50, 50, ['mark']));
    edits.note(replace(10, 10, ['x', 'y', 'z']));
    edits.note(replace(30, 35, ['w']));
    const shown = edits.snippets(elsewhere, linesOf).map(({ text }) => text.split('\n')[4]);
    expect(shown).toEqual(['w', 'z', 'mark']);
  });

  it('leave out what lies around the cursor, and documents that are closed', () => {
    const { edits, linesOf, replace } = open(100);
    edits.note(replace(10, 10, ['near']));
    edits.note(replace(40, 40, ['far']));
    expect(edits.snippets({ document: 'a', line: 12 }, linesOf).map(({ text }) => text.split('\n')[4])).toEqual([
      'far',
    ]);
    expect(edits.snippets(elsewhere, () => undefined)).toEqual([]);
    edits.forget('a');
    expect(edits.snippets(elsewhere, linesOf)).toEqual([]);
  });

  it('are one place where they are near, and 16 at most', () => {
    const { edits, linesOf, replace } = open(1000);
    for (let line = 0; line < 40; line += 1) edits.note(replace(line * 20, line * 20, ['x']));
    edits.note(replace(3, 3, ['y']));
    edits.note(replace(5, 5, ['z']));
    expect(edits.snippets(elsewhere, linesOf)).toHaveLength(16);
  });

  it('stay within their document and its limits, whatever is typed', () => {
    const change = fc.record({
      at: fc.nat(200),
      taken: fc.nat(5),
      put: fc.array(fc.constant('p'), { minLength: 1, maxLength: 6 }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const { edits, linesOf, replace } = open(100);
        for (const { at, taken, put } of changes) {
          const { count } = linesOf();
          const first = Math.min(at, count - 1);
          edits.note(replace(first, Math.min(count - 1, first + taken), put));
        }
        const shown = edits.snippets(elsewhere, linesOf);
        expect(shown.length).toBeLessThanOrEqual(16);
        for (const { text } of shown) expect(text.split('\n').length).toBeLessThanOrEqual(9);
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});

describe('files that hold secrets', () => {
  it.each([
    '.env',
    '.env.local',
    'a/.env.production',
    'key.pem',
    'id_rsa',
    '.npmrc',
    'C:\\x\\credentials',
    'secrets.yaml',
    'x.tfvars',
  ])('%s', (path) => expect(isRestrictedFile(path)).toBe(true));
  it.each(['env.ts', '.env.example', 'src/secrets.ts', 'keys.ts', 'credentials.test.ts', 'README.md', '.environment'])(
    'not %s',
    (path) => expect(isRestrictedFile(path)).toBe(false),
  );
});

describe('takenPart', () => {
  it.each([
    ['return a + b;', 'return ', 'word'],
    ['return a + b;', 'return a + b;', 'all'],
    ['one();\n  two();', 'one();', 'line'],
    ['one();\n  two();', 'one();\n', 'line'],
    ['return a', 'r', undefined],
    ['() => 1', '()', undefined],
    ['return a', 'retry', undefined],
  ])('of %j, %j is %j', (suggestion, inserted, part) => {
    expect(takenPart(suggestion, { inserted, removed: 0 })).toBe(part);
  });

  it('is nothing where something was replaced', () => {
    expect(takenPart('return a', { inserted: 'return', removed: 1 })).toBeUndefined();
  });
});

describe('counts', () => {
  const report = { ...readCounts(undefined), shown: 2, acceptedCharacters: 7 };

  it('add up', () => {
    expect(addCounts(addCounts(readCounts(undefined), report), report)).toMatchObject({
      shown: 4,
      acceptedCharacters: 14,
    });
    expect(isEmpty(readCounts(undefined))).toBe(true);
    expect(isEmpty(report)).toBe(false);
  });

  it('are 0 where what was stored is none', () => {
    fc.assert(
      fc.property(fc.anything(), (stored) => {
        for (const value of Object.values(readCounts(stored)))
          expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
      }),
    );
    expect(readCounts({ shown: -1, accepted: 2, fromCache: 'x' })).toMatchObject({
      shown: 0,
      accepted: 2,
      fromCache: 0,
    });
  });
});

describe('the status bar', () => {
  const ready = { enabled: true, host: { kind: 'ready', url: '', version: '' } } as const;
  const none = (reason: 'deleting' | 'no-model' | 'language-off') => ({ state: 'none', reason, text: reason }) as const;

  it('says what is the matter, and warns only where a person has to do something', () => {
    expect(completionStatus(none('deleting'), ready)).toMatchObject({ text: 'deleting', isWarning: false });
    expect(completionStatus(none('language-off'), ready)).toMatchObject({ icon: 'circle-slash', isWarning: false });
    expect(completionStatus(none('no-model'), ready)).toMatchObject({ icon: 'warning', isWarning: true });
    expect(completionStatus({ state: 'idle' }, { ...ready, enabled: false })).toMatchObject({ icon: 'circle-slash' });
    const error = { code: 'NOT_FOUND', message: 'No program.', hint: 'Install it.' };
    expect(completionStatus({ state: 'idle' }, { enabled: true, host: { kind: 'missing', error } })).toEqual({
      ...{ icon: 'warning', text: 'No program. Install it.', isWarning: true },
    });
  });
});
