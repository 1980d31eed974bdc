import { hookEvents, NootropicError, type Hook } from '@nootropic/contracts';
import { isCollection, isNode, LineCounter, parseDocument } from 'yaml';
import { malformed } from './file-head.ts';
import { hasInvisible } from './hidden-text.ts';
import { compileToolMatcher } from './tool-matcher.ts';

export interface HooksFile {
  readonly hooks: readonly Omit<Hook, 'origin'>[];
  /** Entries that do not count, each with its line and why. */
  readonly faults: readonly string[];
}

const longestCommand = 4_096;
const longestTimeoutMs = 600_000;
const fields = ['event', 'matcher', 'command', 'timeoutMs'];

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** JSON is YAML too; its reader knows the lines. */
function linesOf(text: string): (index: number) => number {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, logLevel: 'silent' });
  const list = document.get('hooks', true);
  return (index) => {
    const entry: unknown = isCollection(list) ? list.items[index] : undefined;
    return isNode(entry) && entry.range ? counter.linePos(entry.range[0]).line : 1;
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const offset = Number(/position (\d+)/u.exec(message)?.[1] ?? Number.NaN);
    const line = Number.isNaN(offset) ? 1 : text.slice(0, offset).split('\n').length;
    throw malformed(line, 'this is not JSON');
  }
}

function readHook(value: unknown): Omit<Hook, 'origin'> {
  const fault = (why: string): NootropicError => new NootropicError('INPUT_INVALID', why);
  const entry = recordOf(value);
  if (entry === undefined) throw fault('a hook is an object');
  const unknown = Object.keys(entry).find((field) => !fields.includes(field));
  if (unknown !== undefined) throw fault(`a hook has only ${fields.join(', ')}`);
  const event = hookEvents.find((known) => known === entry['event']);
  if (event === undefined) throw fault(`event is none of ${hookEvents.join(', ')}`);
  const { command, matcher, timeoutMs } = entry;
  if (typeof command !== 'string' || command.trim() === '') throw fault('command is no text');
  if (command.length > longestCommand) throw fault(`command is longer than ${String(longestCommand)} characters`);
  if (hasInvisible(command)) throw fault('command holds invisible characters');
  if (matcher !== undefined) {
    if (typeof matcher !== 'string') throw fault('matcher is no text');
    if (event !== 'BeforeTool' && event !== 'AfterTool') throw fault('a matcher is for BeforeTool and AfterTool');
    compileToolMatcher(matcher);
  }
  if (
    timeoutMs !== undefined &&
    !(typeof timeoutMs === 'number' && Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= longestTimeoutMs)
  )
    throw fault(`timeoutMs is no whole number of milliseconds from 1 to ${String(longestTimeoutMs)}`);
  return {
    event,
    command,
    ...(typeof matcher === 'string' && { matcher }),
    ...(typeof timeoutMs === 'number' && { timeoutMs }),
  };
}

/**
 * Reads `{ "hooks": [{ "event", "matcher"?, "command", "timeoutMs"? }] }`. A wrong entry does not count; the others do.
 *
 * @throws `INPUT_INVALID` with the line when the file as a whole is not of this form.
 */
export function readHooksFile(text: string): HooksFile {
  const list = recordOf(parseJson(text))?.['hooks'];
  if (!Array.isArray(list)) throw malformed(1, 'there is no list "hooks"');
  let lineOf: (index: number) => number;
  try {
    lineOf = linesOf(text);
  } catch {
    lineOf = () => 1;
  }
  const hooks: Omit<Hook, 'origin'>[] = [];
  const faults: string[] = [];
  for (const [index, entry] of list.entries()) {
    try {
      hooks.push(readHook(entry));
    } catch (error) {
      faults.push(`line ${String(lineOf(index))}: ${NootropicError.from(error).message}`);
    }
  }
  return { hooks, faults };
}
