import { createScriptedModel } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { editFormats } from './edit-formats.ts';
import { call, fence, playOn } from './run-turn.fixture.ts';

const play = playOn(createScriptedModel);

const wrong = 'export function add(a: number, b: number) {\n  return a - b;\n}';
const right = 'export function add(a: number, b: number) {\n  return a + b;\n}';
const json = '{"name": "edit", "arguments": {"path": "src/add.ts", "symbol": "add"}}';
const hermes = `<tool_call>\n${json}\n</tool_call>\n`;
const asCall = (args: Record<string, string>) =>
  `<tool_call>\n${JSON.stringify({ name: 'edit', arguments: { path: 'src/add.ts', ...args } })}\n</tool_call>`;
const xml = (parameters: Record<string, string>) =>
  `<tool_call>\n<function=edit>\n${Object.entries(parameters)
    .map(([name, value]) => `<parameter=${name}>\n${value}\n</parameter>`)
    .join('\n')}\n</function>\n</tool_call>`;

/** The same change, as different models write it. */
const answers = {
  'Hermes after the body': `Fix:\n${fence(right)}${hermes}`,
  'Hermes before the body': `Fix:\n${hermes}${fence(right)}`,
  'fenced JSON before the body': `Fix:\n${fence(json, 'json')}\n${fence(right)}`,
  'fenced JSON after the body': `Fix:\n${fence(right)}\n${fence(json, 'json')}`,
  'bare JSON after the body': `${fence(right)}\n${json}`,
  'bare JSON before the body': `${json}\n${fence(right)}`,
  XML: `${fence(right)}${xml({ path: 'src/add.ts', symbol: 'add' })}`,
  'XML with the body in a parameter': xml({ path: 'src/add.ts', content: right, symbol: 'add' }),
  Pythonic: `${fence(right)}\n[edit(path="src/add.ts", symbol="add")]`,
  'Pythonic in a fence': `${fence(right)}\n${fence('edit(path="src/add.ts", symbol="add")', 'tool_code')}`,
  'after a leaked thought': `<think>hm, edit {"name":"edit"} </think>${fence(right)}${hermes}`,
  'JSON with the body in an argument': asCall({ symbol: 'add', content: right }),
  'JSON with old and new text': asCall({ old_string: '  return a - b;', new_string: '  return a + b;' }),
  'a search-and-replace block': `${asCall({})}\n<<<<<<< SEARCH\n  return a - b;\n=======\n  return a + b;\n>>>>>>> REPLACE\n`,
  'another program’s name of the tool': `${fence(right)}${asCall({}).replace('"edit"', '"edit_file"')}`,
};

describe.each(editFormats)('a model whose format is %s, and that prints its call as text', (format) => {
  it.each(Object.entries(answers))('%s: the change is made, and no call is shown', async (_, answer) => {
    const { tree, outcome } = await play([[call('read', { path: 'src/add.ts' })], answer, 'Done.'], {
      files: { 'src/add.ts': `${wrong}\n` },
      request: { format },
    });
    expect(tree.get('src/add.ts')).toBe(`${right}\n`);
    expect(outcome.reason).toBe('done');
    expect(outcome.text).not.toMatch(/tool_call|"arguments"|<think>/u);
  });
});
