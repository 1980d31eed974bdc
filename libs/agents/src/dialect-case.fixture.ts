import type { ToolSpec } from '@nootropic/contracts';

type Expected = readonly [name: string, args: Readonly<Record<string, unknown>>];

/** What a model wrote, and what must be made of it. `text` is what a person sees, without white space at its ends; default none. */
export interface DialectCase {
  readonly name: string;
  readonly output: string;
  readonly calls: readonly Expected[];
  readonly text?: string;
  readonly reasoning?: string;
}

const text = (description = '') => ({ type: 'string', description });
function tool(name: string, properties: Record<string, object>, required: readonly string[]): ToolSpec {
  return { name, description: name, parameters: { type: 'object', properties, required, additionalProperties: false } };
}

export const dialectTools: readonly ToolSpec[] = [
  tool('read', { path: text(), startLine: { type: 'integer' }, endLine: { type: 'integer' } }, ['path']),
  tool('search', { query: text() }, ['query']),
  tool('list', { path: text() }, []),
  tool('symbol', { name: text() }, ['name']),
  tool('edit', { path: text(), symbol: text() }, ['path']),
  tool('write', { path: text() }, ['path']),
  tool('run', { command: text(), cwd: text(), background: { type: 'boolean' } }, ['command']),
  tool('todo', { items: { type: 'array', items: { type: 'string' } } }, ['items']),
  tool('ask-user', { question: text(), options: { type: 'array', items: { type: 'string' } } }, ['question']),
  tool('web-fetch', { url: text() }, ['url']),
];

export const a: Expected = ['read', { path: 'src/a.ts' }];
export const b: Expected = ['read', { path: 'src/b.ts' }];
export const lines: Expected = ['read', { path: 'src/a.ts', startLine: 3, endLine: 9 }];
export const test: Expected = ['run', { command: 'npm test' }];
export const root: Expected = ['list', {}];
export const f = '```';
export const json = '{"name": "read", "arguments": {"path": "src/a.ts"}}';
export const jsonB = '{"name": "read", "arguments": {"path": "src/b.ts"}}';

export function group(
  from: string,
  cases: readonly (readonly [string, string, readonly Expected[], string?, string?])[],
): DialectCase[] {
  return cases.map(([name, output, calls, shown = '', reasoning]) => ({
    name: `${from}: ${name}`,
    output,
    calls,
    text: shown,
    ...(reasoning !== undefined && { reasoning }),
  }));
}
