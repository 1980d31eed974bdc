import type { ToolCall } from '@nootropic/contracts';
import { plainPath } from './plain-path.ts';
import type { ToolOutcome } from './tool.ts';

/** Whether a call is run, and what it is answered with where it is not. */
export type CallVerdict = { readonly run: true } | { readonly run: false; readonly content: string };

export interface ProgressWatch {
  /** Asked before each call is run. */
  call(call: ToolCall, body: string | undefined): CallVerdict;
  /** Told the outcome of the call that was asked for last. `note`: what the model is told besides. */
  result(call: ToolCall, outcome: ToolOutcome): { readonly note?: string };
  /** Something was changed or planned: what was read may read differently now. */
  moved(): void;
  /** The model no longer has what it read: it may read it again. */
  forget(): void;
  /** Ends a step. `nudge`: a word to the model; `stuck`: why it is to be stopped. */
  step(): { readonly nudge?: string; readonly stuck?: string };
}

/** The same call in a row: from here on it is a circle where it brings nothing new, and from there on whatever it brings. */
const inRowAtMost = { stale: 3, any: 6 };
/** Steps without anything new before a word, and before the end. */
const staleSteps = { nudge: 6, stuck: 9 };
/** Steps without a repetition after which a warning is forgotten. */
const forgiven = 4;

/**
 * Notices that an agent goes round in circles: the same call in a row, two calls by turns, or steps that bring nothing new. It is told once, then
 * stopped.
 *
 * @param options.acts Whether the agent may act. One that only answers is told to answer, and never stopped here.
 */
export function createProgressWatch({ acts }: { readonly acts: boolean }): ProgressWatch {
  const history: string[] = [];
  const results = new Map<string, { readonly content: string; readonly repeated: boolean }>();
  const known = new Set<string>();
  let inRow = 0;
  let circles = 0;
  let calm = 0;
  let stale = 0;
  let fresh = false;
  let suspect: string | undefined;
  let circle: string | undefined;
  let name = '';
  const goOn = acts ? 'Do something else, or end with what you know.' : 'Answer now with what you know.';

  return {
    call(call, body) {
      const key = callKey(call, body);
      name = call.name;
      inRow = history.at(-1) === key ? inRow + 1 : 1;
      history.push(key);
      suspect = undefined;
      if (inRow >= inRowAtMost.stale) suspect = `the call ${describe(call)} came ${inRow} times in a row`;
      else if (alternates(history)) suspect = `two calls came by turns, the last of them ${describe(call)}`;
      if (inRow >= inRowAtMost.any) circle = suspect;
      // Twice the same result is enough: small models repeat themselves without end.
      if (!results.get(key)?.repeated) return { run: true };
      circle = suspect;
      return { run: false, content: `You have this result already; see above. ${goOn}` };
    },
    result({ name: tool }, { ok, content, change }) {
      const key = history.at(-1) ?? '';
      const repeated = results.get(key)?.content === content;
      results.set(key, { content, repeated });
      // What a command prints when it fails is news too; a tool that did not understand the model is none.
      const informs = (ok || tool === 'run') && !known.has(content);
      known.add(content);
      if (informs || change === 'written') fresh = true;
      if (!informs) circle ??= suspect;
      const twice = acts && repeated && inRow === 2;
      return twice ? { note: 'You made the same call just before; it brings nothing new.' } : {};
    },
    moved() {
      results.clear();
      fresh = true;
    },
    forget() {
      results.clear();
      known.clear();
      history.length = 0;
    },
    step() {
      stale = fresh ? 0 : stale + 1;
      fresh = false;
      const found = circle;
      circle = undefined;
      if (!acts) return {};
      if (found !== undefined) {
        calm = 0;
        circles += 1;
        return circles > 1
          ? { stuck: found }
          : {
              nudge: `You go in circles: ${found}. Say what you know, then try another way: another tool, another file, or a question to the user.`,
            };
      }
      calm += 1;
      if (calm >= forgiven) circles = 0;
      if (stale >= staleSteps.stuck) return { stuck: `${stale} steps brought nothing new` };
      if (stale === staleSteps.nudge)
        return {
          nudge: `The last ${stale} steps brought nothing new (${name} was the last). Change the plan, or end with what is done and what is not.`,
        };
      return {};
    },
  };
}

/** The same for calls that mean the same: order of arguments, white space and spelling of paths do not count. */
function callKey({ name, arguments: args }: ToolCall, body = ''): string {
  const values = Object.entries(args)
    .map(([key, value]): [string, unknown] => [key, typeof value === 'string' ? plainValue(key, value) : value])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([name, values, body.trim()]);
}

function plainValue(key: string, value: string): string {
  return key === 'path' ? plainPath(value) : value.replace(/\s+/gu, ' ').trim();
}

function alternates(history: readonly string[]): boolean {
  const [d, c, b, a] = [history.at(-1), history.at(-2), history.at(-3), history.at(-4)];
  return d !== undefined && a !== undefined && a === c && b === d && a !== b;
}

function describe({ name, arguments: args }: ToolCall): string {
  const text = JSON.stringify(args);
  return `${name} ${text.length > 120 ? `${text.slice(0, 120)}…` : text}`;
}
