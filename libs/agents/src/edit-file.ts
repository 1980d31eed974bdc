import { fillElisions } from './edit-elision.ts';
import { refuse, type EditWork, type Splices } from './edit-result.ts';
import { isBlank, largestBlock, withoutLineNumbers } from './edit-text.ts';

/** The whole file gives way to the largest fenced block of the answer. */
export function wholeFile({ lines, answer, raw, target }: EditWork): Splices {
  const body = bodyOf({ answer, raw });
  if (!body.ok) return body;
  const dotsAreCode = /\.pyi?$/u.test(target?.path ?? '');
  const filled = fillElisions(plainLines(body.lines, lines), lines, { dotsAreCode });
  if (!filled.ok) return filled;
  if (lines.some((line) => !isBlank(line)) && filled.lines.every(isBlank))
    return refuse('The block is empty. Write the whole new file, or delete it with a command.');
  const notes =
    filled.filled > 0 ? [`Lines that the answer left out in ${filled.filled} places were kept as they are.`] : [];
  return { ok: true, splices: [{ at: 0, remove: lines.length, insert: filled.lines }], notes };
}

/** The code that an answer carries. */
export function bodyOf({ answer, raw }: Pick<EditWork, 'answer' | 'raw'>) {
  if (raw) {
    const lines = answer.split('\n');
    return { ok: true, lines: lines.at(-1) === '' ? lines.slice(0, -1) : lines } as const;
  }
  const block = largestBlock(answer);
  if (block === undefined) return refuse('There is no fenced code block. Write the code between ``` and ```.');
  if (!block.closed)
    return refuse(
      'The fenced code block does not end with ```; the code may have been cut off. Write it again, shorter if it was too long.',
    );
  return { ok: true, lines: block.lines } as const;
}

/** Lines of an answer without the numbers of the listing that the model copied them from. A file that is numbered itself keeps its numbers. */
export function plainLines(written: readonly string[], original: readonly string[]): readonly string[] {
  return withoutLineNumbers(original) === original ? withoutLineNumbers(written) : written;
}
