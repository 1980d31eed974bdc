import type { ToolCall } from '@nootropic/contracts';

/** Arguments that say what a call is about, the most telling first. */
const telling = ['command', 'line', 'path', 'symbol', 'query', 'url', 'question', 'text', 'name', 'task'];

/** What a call of a tool is about, on one line: a command, a path, what is searched for. */
export function callTopic(call: ToolCall): string {
  const entries = Object.entries(call.arguments);
  const first = telling.find((name) => typeof call.arguments[name] === 'string');
  const shown =
    first === undefined
      ? entries
      : [[first, call.arguments[first]] as const, ...entries.filter(([name]) => name !== first)];
  return shown
    .map(([, value]) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(' ')
    .replace(/\s+/gu, ' ')
    .trim();
}
