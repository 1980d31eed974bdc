import type { ModelProfile } from '@nootropic/contracts';
import { anchoredLines } from './edit-anchors.ts';
import { searchReplace } from './edit-blocks.ts';
import { wholeFile } from './edit-file.ts';
import { unifiedDiff } from './edit-hunks.ts';
import { refuse, type EditResult, type EditTarget, type EditWork, type Splices } from './edit-result.ts';
import { wholeSymbol } from './edit-symbol.ts';
import { readFileText, spliceFileText } from './edit-text.ts';

/** The ways in which a model may write down a change of a file. */
export const editFormats = ['whole-symbol', 'whole-file', 'search-replace', 'unified-diff', 'anchored-lines'] as const;
export type EditFormat = (typeof editFormats)[number];

/** What the model is told about a format: a rule and one example. */
export const editInstructions: Readonly<Record<EditFormat, string>> = {
  'whole-symbol': [
    'Write the whole new code of the symbol, from its first line to its last, in one fenced code block. No line numbers, nothing left out:',
    '```ts',
    'function add(a: number, b: number): number {',
    '  return a + b;',
    '}',
    '```',
  ].join('\n'),
  'whole-file': 'Write the whole new file in one fenced code block. No line numbers, nothing left out.',
  'search-replace': [
    'Write one or more blocks of this form. The first part must be lines of the file, exactly as they are, and enough of them to be found in one place only:',
    '<<<<<<< SEARCH',
    'lines as they are',
    '=======',
    'lines as they should be',
    '>>>>>>> REPLACE',
  ].join('\n'),
  'unified-diff': [
    'Write a unified diff in one fenced code block, with two or three unchanged lines around each change:',
    '```diff',
    '@@ -1,3 +1,3 @@',
    ' a line that stays',
    '-a line that goes',
    '+a line that comes',
    '```',
  ].join('\n'),
  'anchored-lines': [
    'Each line of the file is shown as number:hash|code. Name lines by number:hash, and write the new code below, without anchors, in one fenced code block:',
    '```edit',
    'replace 11:a3-12:f0',
    '  return a + b;',
    'insert after 20:9c',
    '// a new line',
    'delete 30:41-31:07',
    '```',
  ].join('\n'),
};

export interface EditRequest {
  readonly format: EditFormat;
  /** The file as it is. */
  readonly file: string;
  /** What the model wrote: the text of its step, with the change in a fenced block or in markers. */
  readonly answer: string;
  /** Whether `answer` is the change itself, not text with a fenced block in it. Default false. */
  readonly raw?: boolean;
  /** The place meant. `whole-symbol` needs its range; the others need none. */
  readonly target?: EditTarget;
}

/**
 * The file after a change. It is applied to the one place it fits, or refused with the reason and the nearest true lines; it never guesses
 * between places, and several parts are applied all or none. Line endings, byte order mark and final newline stay as the file has them.
 * Does not throw.
 */
export function applyEdit({ format, file, answer, raw = false, target }: EditRequest): EditResult {
  const read = readFileText(file);
  const written = answer.replaceAll('\r\n', '\n');
  const result = appliers[format]({ lines: read.lines, answer: written, raw, ...(target && { target }) });
  if (!result.ok) return result;
  const text = spliceFileText(read, result.splices);
  if (text === file)
    return refuse(
      'This changes nothing: the file is like that already. If it is right as it is, go on; otherwise write what must differ.',
    );
  return { ok: true, text, ...(result.notes.length > 0 && { note: result.notes.join(' ') }) };
}

const appliers: Readonly<Record<EditFormat, (work: EditWork) => Splices>> = {
  'whole-symbol': wholeSymbol,
  'whole-file': wholeFile,
  'search-replace': searchReplace,
  'unified-diff': unifiedDiff,
  'anchored-lines': anchoredLines,
};

/** Formats that are as good as equal in a profile: the one that writes less is taken. */
const closeCall = 0.1;
/** A profile in which no format reaches this says only that the model edits badly. */
const leastShare = 0.3;
/** From the one that writes the least to the one that writes the most. */
const byLength = ['anchored-lines', 'unified-diff', 'search-replace', 'whole-symbol', 'whole-file'] as const;

/**
 * The format for a model: the configured one; else the best of its bench profile, the shortest of those within 0.1; else by its size, after
 * what the Aider benchmarks show of small models (https://aider.chat/docs/leaderboards/edit.html): whole symbols up to 8 billion
 * parameters or where the size is not known, search and replace below 32 billion, diffs above.
 */
export function chooseEditFormat(model: {
  readonly configured: EditFormat | 'auto';
  readonly profile?: Pick<ModelProfile, 'edits'>;
  /** How many weights the model has. */
  readonly parameters?: number;
}): EditFormat {
  if (model.configured !== 'auto') return model.configured;
  const edits = model.profile?.edits ?? {};
  const shares = byLength.map((format) => ({ format, share: edits[format] ?? 0 }));
  const best = Math.max(...shares.map(({ share }) => share));
  if (best >= leastShare) {
    const chosen = shares.find(({ share }) => share >= best - closeCall)?.format;
    // Who writes a whole file well writes a whole symbol well, in a fraction of the time.
    if (chosen === 'whole-file' && edits['whole-symbol'] === undefined) return 'whole-symbol';
    if (chosen !== undefined) return chosen;
  }
  const billions = (model.parameters ?? 0) / 1e9;
  if (billions < 8.5) return 'whole-symbol';
  return billions < 31 ? 'search-replace' : 'unified-diff';
}
