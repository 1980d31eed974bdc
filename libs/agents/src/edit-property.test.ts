import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anchorOf } from './edit-anchors.ts';
import { applyEdit, type EditFormat } from './edit-formats.ts';

/** A file, and a stretch of it that is to become other lines. */
interface Change {
  readonly lines: readonly string[];
  readonly at: number;
  readonly count: number;
  readonly fresh: readonly string[];
  /** Unchanged lines before and after it that the edit shows. */
  readonly around: number;
  readonly windows: boolean;
  readonly open: boolean;
}

const words = [
  'alpha',
  'beta',
  'gamma',
  'delta',
  'return',
  'const x =',
  'if (y) {',
  '}',
  'call(z);',
  'end',
  '"text"',
  '# note',
];
const indents = ['', '  ', '    ', '      '];
/** Few words, so that lines repeat as they do in code. */
const line = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...indents), fc.constantFrom(...words), fc.nat(30))
      .map(([indent, word, n]) => `${indent}${word} ${n}`),
  },
  { weight: 1, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom('  }', '}', '    return;') },
);
const change: fc.Arbitrary<Change> = fc
  .record({
    lines: fc.array(line, { minLength: 3, maxLength: 40 }),
    from: fc.nat(100),
    count: fc.integer({ min: 1, max: 5 }),
    fresh: fc.array(line, { minLength: 1, maxLength: 5 }),
    around: fc.integer({ min: 0, max: 3 }),
    windows: fc.boolean(),
    open: fc.boolean(),
  })
  .map(({ from, count, lines, ...rest }) => {
    const at = from % lines.length;
    return { ...rest, lines, at, count: Math.min(count, lines.length - at) };
  })
  .filter(({ lines, at, count, fresh }) => lines.slice(at, at + count).join('\n') !== fresh.join('\n'))
  // A file is not emptied by a block of blank lines.
  .filter(({ fresh }) => fresh.some((each) => each !== ''))
  // A file whose last line is blank and open ends in a newline after all.
  .filter(({ lines, open }) => !open || lines.at(-1) !== '');

function textOf(lines: readonly string[], { windows, open }: Pick<Change, 'windows' | 'open'>): string {
  return lines.join(windows ? '\r\n' : '\n') + (open ? '' : windows ? '\r\n' : '\n');
}

function intended(change: Change): string {
  const { lines, at, count, fresh } = change;
  return textOf([...lines.slice(0, at), ...fresh, ...lines.slice(at + count)], change);
}

/** How the model spoils what it writes. */
interface Slip {
  readonly indent: number;
  readonly trailing: boolean;
  readonly numbers: 'none' | 'colon' | 'bar';
  readonly wrongLine: number;
}

const exact: Slip = { indent: 0, trailing: false, numbers: 'none', wrongLine: 0 };
const slip: fc.Arbitrary<Slip> = fc.record({
  indent: fc.constantFrom(-4, -2, 0, 0, 2, 4),
  trailing: fc.boolean(),
  numbers: fc.constantFrom('none', 'none', 'colon', 'bar'),
  wrongLine: fc.integer({ min: -5, max: 5 }),
});

function spoiled(lines: readonly string[], { indent, trailing, numbers }: Slip, first: number): string[] {
  const least = Math.min(
    ...lines.filter((each) => each !== '').map((each) => each.length - each.trimStart().length),
    99,
  );
  const shift = Math.max(indent, -least);
  return lines.map((each, index) => {
    const moved = each === '' ? '' : shift >= 0 ? ' '.repeat(shift) + each : each.slice(-shift);
    const mark = numbers === 'none' ? '' : `${first + index}${numbers === 'colon' ? ': ' : '|'}`;
    return mark + moved + (trailing && each !== '' ? '  ' : '');
  });
}

function answerFor(format: EditFormat, change: Change, slip: Slip): string {
  const { lines, at, count, fresh, around } = change;
  const from = Math.max(0, at - around);
  const to = Math.min(lines.length, at + count + around);
  const [head, tail] = [lines.slice(from, at), lines.slice(at + count, to)];
  const old = lines.slice(at, at + count);
  const write = (some: readonly string[]) => spoiled(some, slip, from + 1).join('\n');
  switch (format) {
    case 'whole-file': {
      const whole = [...lines.slice(0, at), ...fresh, ...lines.slice(at + count)];
      return `\`\`\`\n${spoiled(whole, { ...slip, indent: 0, trailing: false }, 1).join('\n')}\n\`\`\``;
    }
    case 'whole-symbol':
      return `\`\`\`\n${spoiled(fresh, { ...slip, trailing: false }, at + 1).join('\n')}\n\`\`\``;
    case 'search-replace': {
      const both = spoiled([...head, ...old, ...tail, ...head, ...fresh, ...tail], { ...slip, numbers: 'none' }, 1);
      const middle = head.length + old.length + tail.length;
      const number = (some: readonly string[]) =>
        spoiled(some, { ...exact, numbers: slip.numbers }, from + 1).join('\n');
      return `<<<<<<< SEARCH\n${number(both.slice(0, middle))}\n=======\n${number(both.slice(middle))}\n>>>>>>> REPLACE`;
    }
    case 'unified-diff': {
      const all = spoiled([...head, ...old, ...fresh, ...tail], { ...slip, numbers: 'none' }, 1);
      const sign = (index: number) =>
        index < head.length || index >= head.length + old.length + fresh.length
          ? ' '
          : index < head.length + old.length
            ? '-'
            : '+';
      const hunk = all.map((each, index) => sign(index) + each).join('\n');
      return `\`\`\`diff\n@@ -${from + 1 + slip.wrongLine},9 +1,9 @@\n${hunk}\n\`\`\``;
    }
    case 'anchored-lines': {
      const anchor = (index: number) => `${index + 1 + slip.wrongLine}:${anchorOf(lines[index] ?? '')}`;
      return `\`\`\`edit\nreplace ${anchor(at)}-${anchor(at + count - 1)}\n${write(fresh)}\n\`\`\``;
    }
  }
}

function apply(format: EditFormat, change: Change, slip: Slip) {
  const { at, count } = change;
  return applyEdit({
    format,
    file: textOf(change.lines, change),
    answer: answerFor(format, change, slip),
    target: { range: { startLine: at + 1, endLine: at + count } },
  });
}

/** Whether the lines that the edit shows of the file stand in one place only, white space left out of account. */
function isUnique({ lines, at, count, around }: Change): boolean {
  const bare = (some: readonly string[]) =>
    some.map((each) => each.replaceAll(/\s/gu, '')).filter((each) => each !== '');
  const sought = bare(lines.slice(Math.max(0, at - around), at + count + around)).join('\n');
  if (sought === '') return false;
  const all = bare(lines);
  const size = sought.split('\n').length;
  return all.filter((_, index) => all.slice(index, index + size).join('\n') === sought).length === 1;
}

/** Whether the wrong lines that an anchored edit names have the hashes of the right ones: no anchor can show that. */
function isLookalike({ lines, at, count }: Change, { wrongLine }: Slip): boolean {
  return [at, at + count - 1].every((index) => {
    const other = lines[index + wrongLine];
    return other !== undefined && anchorOf(other) === anchorOf(lines[index] ?? '');
  });
}

const placed = ['search-replace', 'unified-diff'] as const;

describe('an edit of a random file', () => {
  it.each(['whole-file', 'anchored-lines'] as const)('written exactly as %s gives exactly what was meant', (format) => {
    fc.assert(
      fc.property(change, (change) => {
        expect(apply(format, change, exact)).toMatchObject({ ok: true, text: intended(change) });
      }),
      { numRuns: 1000 },
    );
  });

  it.each(placed)('written exactly as %s gives exactly what was meant, wherever one place fits', (format) => {
    let unique = 0;
    fc.assert(
      fc.property(change, (change) => {
        const result = apply(format, change, exact);
        if (isUnique(change)) {
          unique += 1;
          expect(result).toEqual({ ok: true, text: intended(change) });
        } else if (result.ok) expect(result.text).toBe(intended(change));
      }),
      { numRuns: 2000 },
    );
    expect(unique).toBeGreaterThan(500);
  });

  it.each([...placed, 'anchored-lines'] as const)('written badly as %s gives what was meant, or nothing', (format) => {
    let applied = 0;
    fc.assert(
      fc.property(change, slip, (change, slip) => {
        const result = apply(
          format,
          change,
          format === 'anchored-lines' ? { ...exact, wrongLine: slip.wrongLine } : slip,
        );
        // What was spoiled so that it stands for another place as well, or says that place word for word, is beyond anybody.
        fc.pre(format === 'anchored-lines' ? slip.wrongLine === 0 || !isLookalike(change, slip) : isUnique(change));
        if (!result.ok) return;
        applied += 1;
        const bare = (text: string) => text.replaceAll('\r', '').replaceAll(/[ \t]+$/gmu, '');
        expect(bare(result.text)).toBe(bare(intended(change)));
      }),
      { numRuns: 3000 },
    );
    expect(applied).toBeGreaterThan(150);
  });

  it('of a whole symbol stays within the symbol', () => {
    fc.assert(
      fc.property(change, slip, (change, slip) => {
        const result = apply('whole-symbol', change, slip);
        if (!result.ok) return;
        const { lines, at, count } = change;
        const written = result.text.replaceAll('\r', '').split('\n');
        expect(written.slice(0, at)).toEqual(lines.slice(0, at));
        const rest = lines.slice(at + count);
        if (!change.open) written.pop();
        expect(written.slice(written.length - rest.length)).toEqual(rest);
      }),
      { numRuns: 2000 },
    );
  });
});
