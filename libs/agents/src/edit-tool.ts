import { z } from 'zod';
import { anchorLines } from './edit-anchors.ts';
import { applyEdit, editInstructions, type EditFormat } from './edit-formats.ts';
import type { EditFailure, EditTarget } from './edit-result.ts';
import { largestBlock, readFileText } from './edit-text.ts';
import { plainPath } from './plain-path.ts';
import { findSymbol } from './symbol-place.ts';
import { defineActing, maxContentLength, unableToAct, type ToolContext, type ToolOutcome } from './tool.ts';

/** Lines that a result shows of a file at most. */
const shownLines = 160;
/** A longer file is not asked for as a whole: writing it anew takes too long, and small models leave parts out. */
const wholeFileLines = 200;

/** Characters of a result beside the lines and the rules of the format. */
const roomAround = 300;

interface Work {
  /** Characters that the result may have. */
  readonly room: number;
  readonly path: string;
  readonly file: string;
  readonly target: EditTarget;
  readonly format: EditFormat;
}

/**
 * Changes a file. The change comes as a fenced block beside the call, in the format that suits the model; where there is none it is asked for, and
 * the block of the next step is taken. A file that the model was not shown is shown first, and a change that does not fit is answered with the
 * lines that are nearest and the rules of the format, so that the next attempt can be right.
 */
export const editTool = defineActing({
  name: 'edit',
  description: 'Change a file, or one symbol of it. Write the change in a fenced block before the call.',
  takesBody: true,
  parameters: z.object({ path: z.string().min(1), symbol: z.string().optional() }),
  async *run({ path: named, symbol }, context, callId) {
    const { actions, body } = context;
    if (!actions) return unableToAct;
    const path = plainPath(named);
    const source = await actions.source(path);
    if (!source) return { ok: false, content: await noSuchFile(context, path) };
    const file = source.text;
    const place = symbol === undefined ? undefined : await findSymbol(context, { path, symbol });
    if (place && !place.ok) return { ok: false, content: place.reason };
    const target: EditTarget = { path, ...(place && { symbol: place.name, range: place.range }) };
    const room = Math.min(context.room ?? maxContentLength, maxContentLength);
    const work: Work = {
      room,
      path,
      file,
      target,
      format: formatFor(context.format, { target, file, body: body?.text }),
    };
    if (context.seen?.has(path) === false) return firstShown(work);
    if (body === undefined) return asked(work);
    const edited = applyEdit({ format: work.format, file, answer: body.text, raw: body.raw, target });
    if (!edited.ok) return missed(work, edited);
    const lost = doubtOf(work, edited.text, context);
    if (lost !== undefined) return lost;
    const outcome = yield* actions.change({
      callId,
      tool: 'edit',
      files: [{ path, content: edited.text, expects: source.hash }],
      label: place ? `edit ${place.name} in ${path}` : `edit ${path}`,
    });
    const note = edited.note === undefined ? '' : `\n${edited.note}`;
    return {
      ok: outcome.ok,
      content: outcome.content + note,
      ...(outcome.state !== 'refused' && { change: outcome.state }),
    };
  },
});

async function noSuchFile({ knowledge, signal }: ToolContext, path: string): Promise<string> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const hits = await knowledge.search(name.replace(/\.\w+$/u, ''), { limit: 5, ...(signal && { signal }) });
  const near = [...new Set(hits.map((hit) => hit.path))].filter((each) => each.includes(name));
  const hint = near.length > 0 ? `Perhaps ${near.join(' or ')} is meant.` : 'Search for it, or make it with write.';
  return `There is no file ${path}. ${hint}`;
}

/** A line that names others by their anchors: `replace 11:a3`, or `11:a3|code`. */
const anchored = /^\s*(?:(?:replace|insert (?:after|before)|delete)\s+\d|\d+(?::[0-9a-f]{2})?\|)/imu;

/** The format that the answer is in where that shows; else the model's, where it fits what is to be changed. */
function formatFor(
  usual: EditFormat = 'search-replace',
  { target, file, body = '' }: { target: EditTarget; file: string; body?: string | undefined },
): EditFormat {
  if (/^<{5,9} ?SEARCH\b/mu.test(body)) return 'search-replace';
  if (/^@@(?: |$)/mu.test(body) || /^```diff\b/mu.test(body)) return 'unified-diff';
  const isShort = file.split('\n').length <= wholeFileLines;
  if (file.trim() === '' || (!target.range && isShort && isWholeFile(body, file))) return 'whole-file';
  if (target.range) return usual === 'anchored-lines' && (body === '' || anchored.test(body)) ? usual : 'whole-symbol';
  if (usual === 'whole-symbol' || usual === 'whole-file') return isShort ? 'whole-file' : 'search-replace';
  return usual;
}

/** Whether an answer begins and ends like the file: it is the file anew, whatever format was asked for. */
function isWholeFile(body: string, file: string): boolean {
  const edges = (lines: readonly string[]) => {
    const told = lines.filter((line) => line.trim() !== '');
    return [told.length > 1, told[0]?.trim(), told.at(-1)?.trim()];
  };
  const [written, held] = [edges(largestBlock(body)?.lines ?? body.split('\n')), edges(file.split('\n'))];
  return written[0] === true && held[0] === true && written[1] === held[1] && written[2] === held[2];
}

function firstShown(work: Work): ToolOutcome {
  const long = work.file.split('\n').length > shownLines && !work.target.range;
  if (long) {
    return {
      ok: false,
      content: `You have not read ${work.path} yet. It is long: read the lines that you want to change, then call edit again.\n${fileLines(work)}`,
    };
  }
  return {
    ok: false,
    wantsBody: true,
    content: `You have not read ${work.path} yet; nothing was changed. These are its lines:\n${fileLines(work)}\n\n${rules(work)}`,
  };
}

function asked(work: Work): ToolOutcome {
  const shown = work.target.range ? `\n${fileLines(work)}\n` : ' ';
  return { ok: true, wantsBody: true, content: `Now the change of ${nameOf(work)}.${shown}${rules(work)}` };
}

function missed(work: Work, { reason, nearest }: EditFailure): ToolOutcome {
  const lines = nearest ? `\nThe nearest lines of ${work.path} are:\n${shown(work, nearest).join('\n')}` : '';
  return {
    ok: false,
    wantsBody: true,
    content: `Nothing was changed in ${work.path}: ${reason}${lines}\n\n${rules(work)}`,
  };
}

/** A file with fewer lines than this may shrink without a word. */
const leastDoubted = 10;

/**
 * A body that would drop more than half of a file is far more often a part of it than all of it: it is refused once, and taken when the model
 * writes the same again.
 */
function doubtOf(work: Work, text: string, { doubted }: ToolContext): ToolOutcome | undefined {
  if (work.format !== 'whole-file' || doubted === undefined) return undefined;
  const [had, has] = [work.file, text].map((each) => each.split('\n').filter((line) => line.trim() !== '').length);
  if (had === undefined || has === undefined || had < leastDoubted || has * 2 >= had) return undefined;
  const key = JSON.stringify([work.path, text]);
  if (doubted.has(key)) return undefined;
  doubted.add(key);
  return {
    ok: false,
    wantsBody: true,
    content: [
      `Nothing was changed in ${work.path}: the block would be the whole file, ${has} ${has === 1 ? 'line' : 'lines'} in place of ${had}.`,
      `To change a part, call edit with \`symbol\` and write that symbol, or change lines like this. ${editInstructions['search-replace']}`,
      'If the file is to have only these lines, write the same block again.',
    ].join('\n'),
  };
}

/** Told after everything else: what is read last is followed best. */
function rules({ format }: Work): string {
  return editInstructions[format];
}

function nameOf({ path, target }: Work): string {
  return target.symbol === undefined ? path : `${target.symbol} in ${path}`;
}

function fileLines(work: Work): string {
  const { range } = work.target;
  const { room } = work;
  const { lines } = readFileText(work.file);
  const startLine = range?.startLine ?? 1;
  const most = Math.min(range?.endLine ?? lines.length, startLine - 1 + shownLines);
  let left = room - rules(work).length - roomAround;
  const end = lines.findIndex((line, at) => at >= startLine - 1 && (at >= most || (left -= line.length + 8) < 0));
  const wanted = lines.slice(startLine - 1, end < 0 ? most : end);
  const rest = (range?.endLine ?? lines.length) - (startLine - 1 + wanted.length);
  const numbered = shown(work, { startLine, lines: wanted });
  return [...numbered, ...(rest > 0 ? [`[${rest} more lines]`] : [])].join('\n');
}

function shown(
  { format }: Pick<Work, 'format'>,
  { startLine, lines }: { startLine: number; lines: readonly string[] },
): string[] {
  return format === 'anchored-lines'
    ? anchorLines(lines, startLine)
    : lines.map((line, index) => `${startLine + index}: ${line}`);
}

/** What a read shows before each line: the anchors where the model writes changes down by them. */
export function lineMarks(context: Pick<ToolContext, 'format'>, lines: readonly string[], startLine: number): string[] {
  return shown({ format: context.format ?? 'search-replace' }, { startLine, lines });
}
