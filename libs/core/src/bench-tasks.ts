import type { ToolSpec } from '@nootropic/contracts';

/** A request that one tool answers; `args` are those that matter, as the call must have them. */
export interface ToolTask {
  readonly ask: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const text = (description: string) => ({ type: 'string', description });

function tool(name: string, description: string, properties: Record<string, object>): ToolSpec {
  const required = Object.keys(properties);
  return { name, description, parameters: { type: 'object', properties, required, additionalProperties: false } };
}

export const benchTools: readonly ToolSpec[] = [
  tool('read', 'Read lines of a file.', {
    path: text('Path of the file'),
    startLine: { type: 'integer', description: 'First line' },
    endLine: { type: 'integer', description: 'Last line' },
  }),
  tool('search', 'Search the code for words.', { query: text('The words') }),
  tool('list', 'List the files of a folder.', { path: text('Path of the folder') }),
  tool('run', 'Run the tests of a package.', { package: text('Name of the package'), watch: { type: 'boolean' } }),
];

export const toolTasks: readonly ToolTask[] = [
  { ask: 'Read lines 10 to 20 of src/app.ts.', tool: 'read', args: { path: 'src/app.ts', startLine: 10, endLine: 20 } },
  {
    ask: 'Show me the first five lines of README.md.',
    tool: 'read',
    args: { path: 'README.md', startLine: 1, endLine: 5 },
  },
  { ask: 'Search the code for "retry".', tool: 'search', args: {} },
  { ask: 'Find where the words "token bucket" are used.', tool: 'search', args: {} },
  { ask: 'Which files are in the folder docs?', tool: 'list', args: { path: 'docs' } },
  { ask: 'List the folder src/server.', tool: 'list', args: { path: 'src/server' } },
  {
    ask: 'Run the tests of the package core once, without watching.',
    tool: 'run',
    args: { package: 'core', watch: false },
  },
  { ask: 'Run the tests of the package web and keep watching.', tool: 'run', args: { package: 'web', watch: true } },
];

/** A change with one right outcome. */
export interface EditTask {
  readonly path: string;
  readonly before: string;
  readonly ask: string;
  readonly after: string;
}

const counter = [
  'export function createCounter(start = 0) {',
  '  let value = start;',
  '  return {',
  '    add(by = 1) {',
  '      value += by;',
  '      return value;',
  '    },',
  '    reset() {',
  '      value = start;',
  '    },',
  '  };',
  '}',
  '',
].join('\n');
const settings = ['{', '  "name": "demo",', '  "port": 8080,', '  "debug": true', '}', ''].join('\n');
const greet = ['def greet(name):', '    print("Hello, " + name)', '', '', 'greet("Ada")', ''].join('\n');

export const editTasks: readonly EditTask[] = [
  {
    path: 'counter.ts',
    before: counter,
    ask: 'Change the default of `by` from 1 to 2. Change nothing else.',
    after: counter.replace('by = 1', 'by = 2'),
  },
  {
    path: 'settings.json',
    before: settings,
    ask: 'Change the port to 9090. Change nothing else.',
    after: settings.replace('8080', '9090'),
  },
  {
    path: 'greet.py',
    before: greet,
    ask: 'Add the line `    return name` at the end of the function greet, after the print. Change nothing else.',
    after: greet.replace('name)\n\n', 'name)\n    return name\n\n'),
  },
];

/** Code-like text that no two measurements share, so that nothing of it is still in the model's memory. */
export function speedPrompt(run: string, lines: number): string {
  const line = (index: number) =>
    `const value${index} = compute(${run}, "${index * 7919}"); // step ${index} of ${lines}`;
  return Array.from({ length: lines }, (_, index) => line(index)).join('\n');
}
