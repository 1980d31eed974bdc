import { createScriptedModel } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { codeAgent } from './code-agent.ts';
import { editTool } from './edit-tool.ts';
import { call, fence, playOn, textOf } from './run-turn.fixture.ts';
import { withSteps } from './step-messages.ts';
import { defineTool } from './tool.ts';
import { messagesLength } from './turn-compaction.ts';
import { z } from 'zod';

const play = playOn(createScriptedModel);

let id = 0;
const unique = (name: string, args: Record<string, unknown> = {}) => call(name, args, `u${(id += 1)}`);
const files = { 'a.ts': 'const a = 1;\n', 'b.ts': 'const b = 1;\n' };

describe('going in circles', () => {
  it('an endless identical call is told, then nudged, then ends the turn with a summary of what was done', async () => {
    const { outcome, results, model } = await play(
      (_, index) =>
        index === 0
          ? [unique('read', { path: 'a.ts' })]
          : index === 1
            ? [fence('const a = 2;'), unique('edit', { path: 'a.ts' })]
            : [unique('search', { query: index % 2 === 0 ? 'nothing' : '  nothing ' })],
      { files, request: { format: 'whole-file' } },
    );
    expect(outcome.reason).toBe('stuck');
    expect(results[3]).toContain('You made the same call just before');
    expect(results[4]).toContain('You go in circles');
    expect(outcome.text).toContain('I stopped');
    expect(outcome.text).toContain('a.ts: modified');
    expect(model.calls.length).toBeLessThan(8);
  });

  it('two calls by turns are noticed, too', async () => {
    const { outcome, model } = await play(
      (_, index) => [unique('read', { path: index % 2 === 0 ? 'a.ts' : './b.ts' })],
      { files },
    );
    expect(outcome.reason).toBe('stuck');
    expect(model.calls.length).toBeLessThan(8);
  });

  it('the same two changes by turns are noticed, though each of them changes something', async () => {
    const { outcome, model } = await play(
      (_, index) =>
        index === 0
          ? [unique('read', { path: 'a.ts' })]
          : [fence(`const a = ${2 + (index % 2)};`), unique('edit', { path: 'a.ts' })],
      { files, request: { format: 'whole-file' } },
    );
    expect(outcome.reason).toBe('stuck');
    expect(model.calls.length).toBeLessThan(10);
  });

  it('ever new calls that bring nothing new end as well', async () => {
    const { outcome, results } = await play((_, index) => [unique('read', { path: `missing-${index}.ts` })], { files });
    expect(outcome.reason).toBe('stuck');
    expect(results.some((result) => result.includes('brought nothing new'))).toBe(true);
  });

  it('a command may be run again after each change', async () => {
    const { outcome, results } = await play(
      (_, index) => {
        if (index === 0) return [unique('read', { path: 'a.ts' })];
        if (index > 8) return 'Done.';
        return index % 2 === 1
          ? [unique('run', { line: 'npm test' })]
          : [fence(`const a = ${index};`), unique('edit', { path: 'a.ts' })];
      },
      { files, commands: (_, tree) => `fail: ${tree.get('a.ts') ?? ''}`, request: { format: 'whole-file' } },
    );
    expect(outcome.reason).toBe('done');
    expect(results.filter((result) => result.includes('exit code 1'))).toHaveLength(4);
    expect(results.join('\n')).not.toContain('circles');
  });

  it('a command that brings something new each time may be run again and again, but not without end', async () => {
    const often = (times: number) =>
      play((_, index) => (index < times ? [unique('run', { line: 'git bisect good' })] : 'Done.'), {
        commands: (() => {
          let left = 100;
          return () => `${(left -= 1)} revisions left`;
        })(),
      });
    expect((await often(5)).outcome.reason).toBe('done');
    expect((await often(50)).outcome.reason).toBe('stuck');
  });

  it('an agent that only answers is told to answer, as it always was', async () => {
    const { outcome, results } = await play((_, index) => (index < 4 ? [unique('search', { query: 'a' })] : 'So.'), {
      files,
      request: { actions: undefined as never },
    });
    expect(outcome.reason).toBe('done');
    expect(results.slice(2)).toEqual([
      'You have this result already; see above. Answer now with what you know.',
      'You have this result already; see above. Answer now with what you know.',
    ]);
  });
});

describe('the judge', () => {
  const judge = (_: string, text: string) => (text.includes('good') ? undefined : 'expected good');
  const edit = (code: string) => [fence(code), unique('edit', { path: 'a.ts' })];
  const begin = [unique('read', { path: 'a.ts' })];
  const request = { format: 'whole-file' } as const;

  it('is believed, not the model: done against failing checks is told their words once more', async () => {
    const { prompts, outcome } = await play([begin, edit('bad'), 'All tests pass now.', edit('good'), 'Now they do.'], {
      files,
      judge,
      request,
    });
    expect(textOf(prompts[3] ?? [])).toMatch(/This is not done[\s\S]*expected good/u);
    expect(prompts[3]?.at(-2)).toEqual({ role: 'assistant', content: 'All tests pass now.' });
    expect(outcome.text).toMatch(/All tests pass now\.\n/u);
    expect(outcome).toMatchObject({ reason: 'done', answer: 'Now they do.' });
  });

  it('has the last word where the model insists', async () => {
    const { outcome } = await play([begin, edit('bad'), 'Done.', 'Really done.'], { files, judge, request });
    expect(outcome.reason).toBe('stuck');
    expect(outcome.text).toContain('its checks still fail');
  });

  it('takes back what fails twice, and the model is told before it may end', async () => {
    const { outcome, tree, prompts } = await play([begin, edit('bad'), edit('worse'), 'Done.', 'I give up.'], {
      files,
      judge,
      request,
    });
    expect(tree.get('a.ts')).toBe(files['a.ts']);
    expect(textOf(prompts[4] ?? [])).toContain('was taken back');
    expect(outcome).toMatchObject({ reason: 'stuck' });
    expect(outcome.text).toContain('taken back');
  });
});

describe('what the checks say', () => {
  it('is told again after each further failure', async () => {
    const edit = (code: string) => [fence(code), unique('edit', { path: 'a.ts' })];
    const { prompts } = await play(
      [[unique('read', { path: 'a.ts' })], edit('bad'), 'Done.', edit('worse'), 'Done.', 'I give up.'],
      { files, judge: () => 'expected good', request: { format: 'whole-file' } },
    );
    expect(prompts[3]?.at(-1)?.content).toContain('The checks of your last change fail');
    expect(prompts[5]?.at(-1)?.content).toContain('was taken back');
  });
});

describe('an answer that is cut off', () => {
  const request = { format: 'whole-file' as const, limits: { maxTokens: 8, maxSteps: 9, characters: 60_000 } };

  it('in the middle of a body writes nothing, and the body is still awaited', async () => {
    const { tree, results } = await play(
      [
        [unique('read', { path: 'a.ts' })],
        [unique('edit', { path: 'a.ts' })],
        fence('const a = 2; // and so on and on and on and on'),
        fence('const a = 3;'),
        'Done.',
      ],
      { files, request },
    );
    expect(tree.get('a.ts')).toBe('const a = 3;\n');
    expect(results).toHaveLength(3);
  });

  it('in the middle of a call runs nothing', async () => {
    const lines: string[] = [];
    await play(
      ['<tool_call>\n{"name": "run", "arguments": {"line": "rm -rf build of the old release"}}\n</tool_call>', 'So.'],
      { files, commands: (line) => `ran ${lines.push(line)}`, request },
    );
    expect(lines).toEqual([]);
  });
});

describe('what the model was shown', () => {
  it('counts no more when a command changed the file: its lines are shown before the next edit', async () => {
    const { results, tree } = await play(
      [
        [unique('read', { path: 'a.ts' })],
        [unique('run', { line: 'format' })],
        [fence('const a = 2;'), unique('edit', { path: 'a.ts' })],
        fence('const a = 3;'),
        'Done.',
      ],
      {
        files,
        commands: (_, all) => (all.set('a.ts', 'const a =\n  1;\n'), 'formatted'),
        request: { format: 'whole-file' },
      },
    );
    expect(results[2]).toContain('You have not read a.ts yet');
    expect(results[2]).toContain('2:   1;');
    expect(tree.get('a.ts')).toBe('const a = 3;\n');
  });

  it('still counts after a compaction where it was kept whole, and only there', async () => {
    const big = { 'big.ts': 'some line of code\n'.repeat(400) };
    const { results } = await play(
      (prompt, index) => {
        if (index === 0) return [unique('read', { path: 'b.ts' })];
        if (prompt.includes('Your work so far'))
          return index % 2 === 0 ? [unique('edit', { path: 'b.ts' })] : [unique('edit', { path: 'big.ts' })];
        return [unique('read', { path: 'big.ts', startLine: index * 10 })];
      },
      { files: { ...files, ...big }, request: { limits: { maxTokens: 100, maxSteps: 12, characters: 9_000 } } },
    );
    const edits = results.filter((result) => /You have not read|Now the change/u.test(result));
    expect(edits.find((result) => result.includes('b.ts'))).toContain('You have not read b.ts yet');
    expect(edits.find((result) => result.includes('big.ts'))).toContain('Now the change of big.ts');
  });

  it('of the index follows the changes of the turn', async () => {
    const { results } = await play(
      [
        [fence('export function fresh() {\n  return 1;\n}'), unique('write', { path: 'new.ts' })],
        [unique('symbol', { name: 'fresh' })],
        'Done.',
      ],
      { files },
    );
    expect(results[1]).toContain('new.ts:1-3 function fresh');
  });
});

describe('limits', () => {
  it('ends after the last step that may call tools', async () => {
    const { outcome, results } = await play((_, index) => [unique('read', { path: 'a.ts', startLine: index + 1 })], {
      files: { 'a.ts': 'x\n'.repeat(50) },
      request: { limits: { maxTokens: 100, maxSteps: 3, characters: 60_000 } },
    });
    expect(outcome.reason).toBe('steps');
    expect(results.at(2)).toContain('Answer now');
    expect(results.at(3)).toContain('no more calls are run');
  });

  it('ends when the turn has written what it may', async () => {
    const { outcome } = await play(
      (_, index) => ['word '.repeat(30), unique('read', { path: 'a.ts', startLine: index + 1 })],
      {
        files: { 'a.ts': 'x\n'.repeat(50) },
        request: { limits: { maxTokens: 100, maxSteps: 30, characters: 60_000, turnTokens: 90 } },
      },
    );
    expect(outcome.reason).toBe('steps');
  });

  it('an answer that was cut off is asked to go on in smaller pieces, once', async () => {
    const { outcome, prompts } = await play(['word '.repeat(50), 'word '.repeat(50)], {
      request: { limits: { maxTokens: 20, maxSteps: 5, characters: 60_000 } },
    });
    expect(textOf(prompts[1] ?? [])).toContain('cut off at its limit');
    expect(outcome.reason).toBe('length');
  });
});

describe('a run that outgrows the context', () => {
  it('of 200 calls compacts before it overflows, says so, keeps plan, changes, lessons and the user, and finishes', async () => {
    const characters = 12_000;
    const tree = Object.fromEntries(
      Array.from({ length: 200 }, (_, at) => [`src/f${at}.ts`, `const value${at} = ${at};\n`.repeat(20)]),
    );
    let asked = 0;
    const { outcome, steps, prompts } = await play(
      (_, index) => {
        if (index === 0) return [unique('todo', { steps: ['read all', 'say the sum'] })];
        if (index === 1) return [unique('read', { path: 'src/f0.ts' })];
        if (index === 2) return [fence('const value0 = 1;\n'.repeat(20)), unique('edit', { path: 'src/f0.ts' })];
        if (index <= 201) return [unique('read', { path: `src/f${index - 2}.ts` })];
        if (index === 202) return [unique('todo', { done: 1 }), unique('todo', { done: 2 })];
        return 'All is read.';
      },
      {
        files: tree,
        request: {
          format: 'whole-file',
          limits: { maxTokens: 1024, maxSteps: 300, characters },
          steered: () => ((asked += 1) === 5 ? ['Mind the odd ones.'] : []),
        },
      },
    );
    expect(outcome).toMatchObject({ reason: 'done', answer: 'All is read.' });
    const compactions = steps.flatMap((step) => (step.type === 'compaction' ? [step] : []));
    expect(compactions.length).toBeGreaterThan(2);
    expect(compactions.every(({ tokensBefore, tokensAfter }) => tokensAfter < tokensBefore)).toBe(true);
    for (const prompt of prompts) expect(messagesLength(prompt.slice(2))).toBeLessThanOrEqual(characters);
    const last = textOf(prompts.at(-1) ?? []);
    for (const kept of [
      '[active] read all',
      'Mind the odd ones.',
      'src/f0.ts: modified',
      '- read src/f190.ts',
      'earlier, not told',
    ])
      expect(last).toContain(kept);
    expect(
      prompts.every((prompt) => prompt[0] === prompts[0]?.[0] || prompt[0]?.content === prompts[0]?.[0]?.content),
    ).toBe(true);
  });

  it('is the same prompt in a replay of its events', async () => {
    const { steps, prompts } = await play(
      (_, index) => (index < 30 ? [unique('read', { path: 'a.ts', startLine: index + 1 })] : 'End.'),
      {
        files: { 'a.ts': 'some line of code\n'.repeat(400) },
        request: { limits: { maxTokens: 100, maxSteps: 50, characters: 9_000 } },
      },
    );
    expect(steps.some(({ type }) => type === 'compaction')).toBe(true);
    const untilAnswer = steps.filter(({ type }) => type !== 'text-delta');
    expect(withSteps(prompts[0] ?? [], untilAnswer)).toEqual(prompts.at(-1));
  });

  it('leaves a failed call and its error out where the same was later done right, and only then', async () => {
    const wrong = '<<<<<<< SEARCH\nno such line at all\n=======\nx\n>>>>>>> REPLACE\n';
    const right = '<<<<<<< SEARCH\nconst a = 1;\n=======\nconst a = 2;\n>>>>>>> REPLACE\n';
    const { prompts } = await play(
      (_, index) => {
        if (index === 0) return [unique('read', { path: 'a.ts' })];
        if (index === 1) return [wrong, unique('edit', { path: 'a.ts' })];
        if (index === 2) return [right, unique('edit', { path: 'a.ts' })];
        return index < 30 ? [unique('read', { path: 'big.ts', startLine: index * 10 })] : 'End.';
      },
      {
        files: { ...files, 'big.ts': 'some line of code\n'.repeat(400) },
        request: { limits: { maxTokens: 100, maxSteps: 50, characters: 9_000 } },
      },
    );
    expect(textOf(prompts[2] ?? [])).toContain('no such line at all');
    const last = textOf(prompts.at(-1) ?? []);
    expect(last).toContain('- edit a.ts');
    expect(last).not.toContain('edit a.ts - failed');
    expect(last).not.toContain('no such line at all');
  });
});

describe('a model that calls tools in its text', () => {
  it('printed as JSON is understood: the call is run, and its text is not shown', async () => {
    const { results, outcome } = await play(
      ['I look.\n<tool_call>\n{"name": "read", "arguments": {"path": "a.ts"}}\n</tool_call>', 'It is 1.'],
      { files },
    );
    expect(results[0]).toContain('const a = 1;');
    expect(outcome.text).not.toContain('tool_call');
  });

  it('or by the names of other tools is understood, as it is where the runtime hands the call over', async () => {
    const strange = { call: { id: 'c1', name: 'read_file', arguments: { file_path: 'a.ts' } } };
    const { results, steps } = await play([[strange], 'It is 1.'], { files });
    expect(results[0]).toContain('const a = 1;');
    expect(steps.find(({ type }) => type === 'tool-call')).toMatchObject({
      call: { id: 'c1', name: 'read', arguments: { path: 'a.ts' } },
    });
  });

  it('may name only files that are there, where the runtime holds calls to a grammar', async () => {
    const existing = async () => ['a.ts'];
    const { model } = await play(['Done.'], { files, request: { existing } });
    const { model: remote } = await play(['Done.'], { files, request: { existing }, info: { local: false } });
    const constraints = [model, remote].map(({ calls: [first] }) =>
      first?.kind === 'generate' ? first.request.constrain : undefined,
    );
    expect(constraints).toEqual([{ read: { path: ['a.ts'] }, edit: { path: ['a.ts'] } }, undefined]);
  });

  it('without the ability to call is told of the tools in words, and reads its results as text', async () => {
    const { results, prompts, model } = await play(
      ['<tool_call>\n{"name": "read", "arguments": {"path": "a.ts"}}\n</tool_call>', 'It is 1.'],
      { files, info: { can: ['generate'] } },
    );
    expect(results[0]).toContain('const a = 1;');
    expect(prompts[0]?.[0]?.content).toContain('"name":"edit"');
    expect(prompts[1]?.slice(0, 2)).toEqual(prompts[0]);
    expect(prompts[1]?.at(-1)).toMatchObject({
      role: 'user',
      content: expect.stringContaining('<tool_response>') as string,
    });
    expect(model.calls.every((each) => each.kind === 'generate' && each.request.tools === undefined)).toBe(true);
  });
});

describe('further tools', () => {
  const weather = defineTool({
    name: 'weather',
    description: 'Tells the weather of a town.',
    parameters: z.object({ town: z.string() }),
    run: async ({ town }) => `sunny in ${town}`,
  });

  it('are found by words, announced in the result, and never put before what was read', async () => {
    const { results, model } = await play(
      [[unique('find-tools', { words: 'weather town' })], [unique('weather', { town: 'Ulm' })], 'Sunny.'],
      { request: { tools: [editTool, (await import('./find-tools-tool.ts')).findToolsTool], furtherTools: [weather] } },
    );
    expect(results[0]).toContain('"name":"weather"');
    expect(results[1]).toBe('sunny in Ulm');
    const requests = model.calls.flatMap((each) => (each.kind === 'generate' ? [each.request] : []));
    expect(requests[0]?.tools?.map(({ name }) => name)).toEqual(['edit', 'find-tools']);
    expect(requests[1]?.tools?.map(({ name }) => name)).toEqual(['edit', 'find-tools', 'weather']);
    expect(requests[1]?.announcedTools).toEqual(['weather']);
  });
});

describe('a helper', () => {
  it('works with a prompt of its own; only its summary and its changes come back', async () => {
    const { steps, results, prompts, outcome } = await play(
      [
        [unique('task', { task: 'Correct a.ts.' })],
        [unique('read', { path: 'a.ts' })],
        [fence('const a = 2;'), unique('edit', { path: 'a.ts' })],
        'a.ts:1 is corrected.',
        'The helper did it.',
      ],
      { files, request: { format: 'whole-file' } },
    );
    expect(steps.map(({ type }) => type)).toEqual(expect.arrayContaining(['agent-start', 'agent-end', 'file-change']));
    expect(results.at(-1)).toBe('a.ts:1 is corrected.\nIt changed:\na.ts: modified, +1 -0');
    expect(textOf(prompts[1] ?? [])).toContain('Correct a.ts.');
    expect(textOf(prompts[1] ?? [])).not.toContain('Do it.');
    expect(textOf(prompts.at(-1) ?? [])).not.toContain('1: const a = 1;');
    expect(outcome.text).toBe('The helper did it.');
    const said = steps.flatMap((step) => (step.type === 'text-delta' ? [step.text] : []));
    expect(said.join('')).toBe('The helper did it.');
  });

  it('has no tool that its caller has not, and only reads where its persona only plans', async () => {
    const persona = { ...codeAgent, name: 'careful', mode: 'plan' as const };
    const { model } = await play([[unique('task', { task: 'Look.', persona: 'careful' })], 'Seen.', 'Done.'], {
      request: { personas: [persona], tools: codeAgent.tools.filter(({ spec }) => spec.name !== 'graph') },
    });
    const asked = model.calls[1];
    const names = asked?.kind === 'generate' ? asked.request.tools?.map(({ name }) => name) : [];
    expect(names).toEqual(['search', 'read', 'list', 'symbol']);
  });
});
