import type { ToolCall, TurnEventBody } from '@nootropic/contracts';
import { currentPlan, planLines } from './plan.ts';

interface AnyStep {
  readonly type: string;
}

const said = { pieces: 3, length: 200 };
const lessonsKept = 5;
const messageLength = 600;
const argumentLength = 80;

/**
 * What was done, in short, as a pure function of events: the plan, what the user said meanwhile, changed files with what became of them, lessons,
 * what the agent last said about its work, tools that were found, and the calls in one line each. A call that failed and later succeeded is told as
 * the success only.
 *
 * @param lines Calls that are told at most, the newest; how many are not told is said.
 */
export function workSummary(events: readonly AnyStep[], { lines }: { readonly lines: number }): string {
  const parts = [
    section('Your plan', [planLines(currentPlan(events))]),
    section('The user said meanwhile', userWords(events)),
    section('Files changed so far', changedFiles(events)),
    section('Learnt', lessons(events)),
    section('You said', lastSaid(events)),
    section('Tools that you found', foundTools(events)),
    section('Calls so far', callLines(events, lines)),
  ].filter((part) => part !== '');
  return `[Your work so far, in short; read again what you need.]\n${parts.join('\n')}`;
}

/** One line for each changed file: `src/a.ts: modified, +3 -1; checks failed: types (tsc)`. */
export function changedFiles(events: readonly AnyStep[]): string[] {
  const files = new Map<string, { change: string; added: number; removed: number; state: string }>();
  let touched: string[] = [];
  for (const event of events) {
    if (is(event, 'tool-call')) touched = [];
    else if (is(event, 'file-change')) {
      const before = files.get(event.path);
      touched.push(event.path);
      files.set(event.path, {
        change: before?.change === 'created' && event.change === 'modified' ? 'created' : event.change,
        added: (before?.added ?? 0) + (event.added ?? 0),
        removed: (before?.removed ?? 0) + (event.removed ?? 0),
        state: '',
      });
    } else if (is(event, 'check-result'))
      for (const path of touched) {
        const file = files.get(path);
        if (file) file.state = event.ok ? file.state || '; checks passed' : `; checks failed: ${event.name}`;
      }
  }
  return [...files].map(
    ([path, { change, added, removed, state }]) => `${path}: ${change}, +${added} -${removed}${state}`,
  );
}

/** A call in one line: `read src/a.ts 1-200`. */
export function callLine({ name, arguments: args }: ToolCall): string {
  const { startLine, endLine, ...rest } = args;
  const values = Object.entries(rest).flatMap(([key, value]) => {
    if (bodies.has(key)) return [];
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return [text.replace(/\s+/gu, ' ').slice(0, argumentLength)];
  });
  const range = startLine === undefined && endLine === undefined ? [] : [`${text(startLine)}-${text(endLine)}`];
  return [name, ...values, ...range].join(' ');
}

/** Code that was said: fenced blocks and search-and-replace blocks. */
const blocks = /^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1[^\S\n]*$|^<{5,9} ?SEARCH[\s\S]*?^>{5,9} ?REPLACE[^\S\n]*$/gmu;

const bodies = new Set(['body', 'content', 'code', 'old_string', 'new_string', 'diff', 'patch']);

function text(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : '';
}

function section(title: string, lines: readonly string[]): string {
  const told = lines.filter((line) => line !== '');
  return told.length === 0 ? '' : `${title}:\n${told.join('\n')}`;
}

function userWords(events: readonly AnyStep[]): string[] {
  return events.flatMap((event) =>
    is(event, 'user-message') && !event.automatic ? [`- ${event.text.slice(0, messageLength)}`] : [],
  );
}

function lessons(events: readonly AnyStep[]): string[] {
  return events.flatMap((event) => (is(event, 'lesson') ? [`- ${event.text}`] : [])).slice(-lessonsKept);
}

/** The beginnings of what was said before the last calls: there the model says why. */
function lastSaid(events: readonly AnyStep[]): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const event of events) {
    if (is(event, 'text-delta')) piece += event.text;
    else if (is(event, 'tool-call') && piece.trim() !== '') {
      pieces.push(piece);
      piece = '';
    }
  }
  return pieces.slice(-said.pieces).flatMap((each) => {
    const words = each.replace(blocks, ' ').replace(/\s+/gu, ' ').trim();
    return words === '' ? [] : [`- ${words.length > said.length ? `${words.slice(0, said.length)}…` : words}`];
  });
}

function foundTools(events: readonly AnyStep[]): string[] {
  const lines = events.flatMap((event) =>
    is(event, 'tool-result') && event.name === 'find-tools' && event.ok
      ? event.content.split('\n').filter((line) => line.startsWith('{'))
      : [],
  );
  return [...new Set(lines)];
}

function callLines(events: readonly AnyStep[], atMost: number): string[] {
  const calls = new Map<string, ToolCall>();
  const told: { line: string; ok: boolean; tool: string }[] = [];
  for (const event of events) {
    if (is(event, 'tool-call')) calls.set(event.call.id, event.call);
    else if (is(event, 'tool-result')) {
      const call = calls.get(event.callId);
      if (!call) continue;
      calls.delete(event.callId);
      const path = call.arguments['path'];
      const tool = `${call.name} ${typeof path === 'string' ? path : ''}`;
      const line = event.ok ? callLine(call) : `${callLine(call)} - failed`;
      // What was done right later need not be remembered as it went wrong.
      const right = event.ok ? told.filter((each) => each.ok || each.tool !== tool) : told;
      const others = right.filter((each) => each.line !== line);
      told.splice(0, told.length, ...others, { line, ok: event.ok, tool });
    }
  }
  const newest = atMost === 0 ? [] : told.slice(-atMost);
  const more = told.length - newest.length;
  return [...(more > 0 ? [`[${more} earlier, not told]`] : []), ...newest.map(({ line }) => `- ${line}`)];
}

function is<K extends TurnEventBody['type']>(
  event: AnyStep,
  type: K,
): event is AnyStep & Extract<TurnEventBody, { type: K }> {
  return event.type === type;
}
