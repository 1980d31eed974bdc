import { createScriptedModel } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { reviewQuestions } from './review-findings.ts';
import { call, fence, playOn, resultsOf, textOf } from './run-turn.fixture.ts';
import { stepMessages, withSteps } from './step-messages.ts';
import { reviewAgent } from './task-agents.ts';

const play = playOn(createScriptedModel);

const read = (path: string, more: Record<string, unknown> = {}) => call('read', { path, ...more });
const ids = (() => {
  let id = 0;
  return () => `c${(id += 1)}`;
})();
const unique = (step: ReturnType<typeof call>) => ({ call: { ...step.call, id: ids() } });

const add = 'export function add(a: number, b: number) {\n  return a - b;\n}';
const fixed = 'export function add(a: number, b: number) {\n  return a + b;\n}';

describe('a task from end to end', () => {
  it('reads, changes a symbol with the body before the call, runs the tests, and ends', async () => {
    const played = await play(
      [
        [unique(read('src/add.ts'))],
        [`The sign is wrong.\n${fence(fixed)}`, unique(call('edit', { path: 'src/add.ts', symbol: 'add' }))],
        [unique(call('run', { line: 'npm test' }))],
        'I corrected src/add.ts:1-3.',
      ],
      { files: { 'src/add.ts': `${add}\n` }, request: { format: 'whole-symbol' } },
    );
    expect(played.tree.get('src/add.ts')).toBe(`${fixed}\n`);
    expect(played.outcome).toMatchObject({ reason: 'done', answer: 'I corrected src/add.ts:1-3.' });
    expect(played.steps.filter(({ type }) => type === 'file-change')).toHaveLength(1);
  });

  it('begins every request with the whole of the one before', async () => {
    const { prompts } = await play(
      [[unique(read('a.ts'))], ['Again.\n', unique(read('b.ts'))], [unique(read('c.ts'))], 'Done.'],
      { files: { 'a.ts': 'a', 'b.ts': 'b', 'c.ts': 'c' } },
    );
    for (const [index, prompt] of prompts.entries())
      if (index > 0) expect(prompt.slice(0, prompts[index - 1]?.length)).toEqual(prompts[index - 1]);
  });

  it('gives the same prompt live and in a replay of its events', async () => {
    const { steps, prompts } = await play([[unique(read('a.ts')), unique(read('b.ts'))], 'Done.'], {
      files: { 'a.ts': 'a', 'b.ts': 'b' },
    });
    const untilAnswer = steps.slice(0, steps.findLastIndex(({ type }) => type === 'tool-result') + 1);
    expect(withSteps(prompts[0] ?? [], untilAnswer)).toEqual(prompts[1]);
  });
});

describe('a plain answer', () => {
  it('is accepted at once, and no tool is ever forced', async () => {
    const { outcome, model } = await play(['There is nothing to do.']);
    expect(outcome).toMatchObject({ reason: 'done', text: 'There is nothing to do.' });
    expect(model.calls).toHaveLength(1);
  });

  it('that is empty is asked for once more without thinking, since thinking ate the budget', async () => {
    const { outcome, model } = await play([[{ reasoning: 'Hm. Hm. Hm.' }], 'So: 42.']);
    expect(outcome.text).toBe('So: 42.');
    expect(model.calls.map((each) => each.kind === 'generate' && each.request.thinkingTokens)).toEqual([512, 0]);
  });
});

describe('the body of a change', () => {
  const files = { 'src/add.ts': `${add}\n` };
  const opened = [unique(read('src/add.ts'))];
  const edit = () => unique(call('edit', { path: 'src/add.ts', symbol: 'add' }));

  it.each([
    ['before the call', [[opened], [[fence(fixed), edit()]], ['Done.']]],
    ['after the call', [[opened], [[edit(), fence(fixed)]], ['Done.']]],
    ['in the next step, when it is asked for', [[opened], [[edit()]], [fence(fixed)], ['Done.']]],
    [
      'in an argument all the same',
      [[opened], [[unique(call('edit', { path: 'src/add.ts', symbol: 'add', code: fixed }))]], ['Done.']],
    ],
    [
      'as old and new text in arguments',
      [
        [opened],
        [[unique(call('edit', { path: 'src/add.ts', old_string: '  return a - b;', new_string: '  return a + b;' }))]],
        ['Done.'],
      ],
    ],
  ])('may stand %s', async (_, script) => {
    const { tree, outcome } = await play(script.flat(), { files, request: { format: 'whole-symbol' } });
    expect(tree.get('src/add.ts')).toBe(`${fixed}\n`);
    expect(outcome.reason).toBe('done');
  });

  it('goes to the right file where one step changes two', async () => {
    const { tree } = await play(
      [
        [unique(read('a.ts')), unique(read('b.ts'))],
        [
          fence('const a = 2;'),
          unique(call('edit', { path: 'a.ts' })),
          fence('const b = 2;'),
          unique(call('edit', { path: 'b.ts' })),
        ],
        'Done.',
      ],
      { files: { 'a.ts': 'const a = 1;\n', 'b.ts': 'const b = 1;\n' }, request: { format: 'whole-file' } },
    );
    expect([...tree]).toEqual([
      ['a.ts', 'const a = 2;\n'],
      ['b.ts', 'const b = 2;\n'],
    ]);
  });

  it('that was asked for and did not come is asked for once more, then the turn ends', async () => {
    const { outcome, prompts, tree } = await play([opened, [edit()], 'I changed it.', 'It is done.'], { files });
    expect(textOf(prompts[3] ?? [])).toContain('nothing was changed');
    expect(tree.get('src/add.ts')).toBe(`${add}\n`);
    expect(outcome.reason).toBe('done');
  });
});

describe('an edit', () => {
  it('of a file that was not read is answered with the lines of the file first', async () => {
    const { results, tree } = await play(
      [[fence(fixed), unique(call('edit', { path: 'src/add.ts', symbol: 'add' }))], fence(fixed), 'Done.'],
      { files: { 'src/add.ts': `${add}\n` }, request: { format: 'whole-symbol' } },
    );
    expect(results[0]).toContain('You have not read src/add.ts yet');
    expect(results[0]).toContain('2:   return a - b;');
    expect(tree.get('src/add.ts')).toBe(`${fixed}\n`);
  });

  it('that does not fit gives the nearest true lines and the format at the end, and a weak model recovers in one retry', async () => {
    const wrong = '<<<<<<< SEARCH\n  return (a) - (b) ;\n=======\n  return a + b;\n>>>>>>> REPLACE\n';
    const { results, tree } = await play(
      (prompt, index) => {
        if (index === 0) return [unique(read('src/add.ts'))];
        if (index === 1) return [wrong, unique(call('edit', { path: 'src/add.ts' }))];
        const nearest = /nearest lines[^\n]*\n(?:\d+: .*\n)*?\d+: ( {2}return.*)\n/u.exec(prompt)?.[1];
        if (index === 2) return `<<<<<<< SEARCH\n${nearest}\n=======\n  return a + b;\n>>>>>>> REPLACE\n`;
        return 'Done.';
      },
      { files: { 'src/add.ts': `${'// filler\n'.repeat(5)}${add}\n` } },
    );
    expect(results[1]).toMatch(/Nothing was changed[\s\S]*nearest lines[\s\S]*<<<<<<< SEARCH/u);
    expect(tree.get('src/add.ts')).toContain('a + b');
  });

  it('never writes over a file that exists: write points to edit', async () => {
    const { results, tree } = await play(
      [[fence('all new'), unique(call('write', { path: 'a.ts' }))], 'Then I leave it.'],
      { files: { 'a.ts': 'precious\n' } },
    );
    expect(results[0]).toContain('Change it with edit');
    expect(tree.get('a.ts')).toBe('precious\n');
  });

  it('of a symbol uses its lines as they are after the changes of this turn', async () => {
    const two = `${add}\n\nexport function twice(a: number) {\n  return a;\n}\n`;
    const longer = 'export function add(a: number, b: number) {\n  // sum\n  const sum = a + b;\n  return sum;\n}';
    const right = 'export function twice(a: number) {\n  return 2 * a;\n}';
    const { tree } = await play(
      [
        [unique(read('m.ts'))],
        [fence(longer), unique(call('edit', { path: 'm.ts', symbol: 'add' }))],
        [fence(right), unique(call('edit', { path: 'm.ts', symbol: 'twice' }))],
        'Done.',
      ],
      { files: { 'm.ts': two }, request: { format: 'whole-symbol' } },
    );
    expect(tree.get('m.ts')).toBe(`${longer}\n\n${right}\n`);
  });
});

describe('permissions in the loop', () => {
  it('gives a denied call its refusal with the reason, and goes on', async () => {
    const { results, outcome, steps } = await play(
      [[unique(read('a.ts'))], [fence('b'), unique(call('edit', { path: 'a.ts' }))], 'Understood, I leave it.'],
      { files: { 'a.ts': 'a\n' }, refuse: 'not this file', request: { format: 'whole-file' } },
    );
    expect(results[1]).toContain('not this file');
    expect(outcome.reason).toBe('done');
    expect(steps.map(({ type }) => type)).toContain('approval-answer');
  });

  it('refuses in plan mode whatever is not reading, with words', async () => {
    const { results, tree } = await play(
      [
        [
          fence('b'),
          unique(call('write', { path: 'b.ts' })),
          unique(call('run', { line: 'rm -rf .' })),
          unique(read('a.ts')),
        ],
        'The plan.',
      ],
      { files: { 'a.ts': 'a' }, mode: 'plan' },
    );
    expect(results.slice(0, 2).every((result) => result.includes('In plan mode nothing is changed or run'))).toBe(true);
    expect(results[2]).toContain('1: a');
    expect(tree.has('b.ts')).toBe(false);
  });

  it('offers the same tools in every mode, so that the beginning of the prompt stays', async () => {
    const played = await Promise.all((['plan', 'ask', 'auto'] as const).map((mode) => play(['Ok.'], { mode })));
    const fronts = played.map(({ model }) => {
      const [first] = model.calls;
      return first?.kind === 'generate' ? JSON.stringify([first.request.tools, first.request.messages[0]]) : '';
    });
    expect(new Set(fronts).size).toBe(1);
  });

  it('answers every call, also those that an abort left open', async () => {
    const abort = new AbortController();
    const { steps, outcome } = await play(
      [[unique(read('a.ts')), unique(call('run', { line: 'sleep 9' })), unique(read('b.ts'))]],
      {
        files: { 'a.ts': 'a', 'b.ts': 'b' },
        commands: () => {
          abort.abort();
          return 'stopped';
        },
        request: { signal: abort.signal },
      },
    );
    expect(outcome.reason).toBe('aborted');
    const called = steps.flatMap((step) => (step.type === 'tool-call' ? [step.call.id] : []));
    const answered = steps.flatMap((step) => (step.type === 'tool-result' ? [step.callId] : []));
    expect(answered).toEqual(called);
    expect(stepMessages(steps).filter(({ role }) => role === 'tool')).toHaveLength(3);
  });
});

describe('the plan', () => {
  it('is set with todo, told at the tail of each result, and its open steps are told before the end', async () => {
    const { steps, results, prompts, outcome } = await play(
      [
        [unique(call('todo', { steps: ['1. read a', '2. say so'] }))],
        [unique(read('a.ts'))],
        'All done.',
        [unique(call('todo', { done: 1 })), unique(call('todo', { done: 2 }))],
        'Now it is.',
      ],
      { files: { 'a.ts': 'a' } },
    );
    expect(steps.find(({ type }) => type === 'plan-update')).toMatchObject({
      steps: [
        { text: 'read a', state: 'active' },
        { text: 'say so', state: 'open' },
      ],
    });
    expect(results[1]?.endsWith('[Plan, step 1 of 2: read a]')).toBe(true);
    expect(textOf(prompts[3] ?? [])).toContain('Steps of your plan are open: read a; say so');
    expect(results.at(-1)).not.toContain('[Plan');
    expect(outcome).toMatchObject({ reason: 'done', answer: 'Now it is.' });
  });

  it('has at most ten steps and one that is active', async () => {
    const { results } = await play([
      [unique(call('todo', { steps: Array.from({ length: 11 }, (_, at) => `step ${at}`) }))],
      'Ok.',
    ]);
    expect(results[0]).toContain('at most 10');
  });
});

describe('messages that arrive while it works', () => {
  it('are read with the next step', async () => {
    const said = [['Use tabs.'], []];
    const { steps, prompts } = await play([[unique(read('a.ts'))], 'Ok.'], {
      files: { 'a.ts': 'a' },
      request: {
        steered: (() => {
          let at = -1;
          return () => ((at += 1) === 1 ? (said[0] ?? []) : []);
        })(),
      },
    });
    expect(steps.filter(({ type }) => type === 'user-message')).toEqual([{ type: 'user-message', text: 'Use tabs.' }]);
    expect(prompts[1]?.at(-1)).toEqual({ role: 'user', content: 'Use tabs.' });
  });

  it('keep a turn going that was about to end', async () => {
    let at = 0;
    const { outcome, prompts } = await play(['Done.', 'With tabs, too.'], {
      request: { steered: () => ((at += 1) === 2 ? ['And tabs!'] : []) },
    });
    expect(outcome.answer).toBe('With tabs, too.');
    expect(prompts[1]?.slice(-2)).toEqual([
      { role: 'assistant', content: 'Done.' },
      { role: 'user', content: 'And tabs!' },
    ]);
  });
});

describe('a review', () => {
  it('asks one narrow question at a time, and drops what names no scenario by rule', async () => {
    const finding = 'FINDING: off by one\nAT: a.ts:1\nINPUT: [1]\nWRONG: gives 0';
    const { outcome, prompts } = await play(
      ['NO FINDINGS', finding, 'FINDING: ugly names\nAT: a.ts:1', finding, 'NO FINDINGS'],
      {
        mode: 'plan',
        request: { tools: reviewAgent.tools, ...(reviewAgent.passes && { passes: reviewAgent.passes }) },
      },
    );
    expect(prompts).toHaveLength(reviewQuestions.length);
    expect(prompts.map((prompt) => prompt.at(-1)?.content.split('\n\n').at(-1))).toEqual(
      reviewQuestions.map(({ question }) => question),
    );
    expect(
      outcome.text.endsWith(
        'Findings:\n1. a.ts:1: off by one\n   Input: [1]\n   Wrong: gives 0\n[Left out: 1 without a place, an input and a wrong outcome.]',
      ),
    ).toBe(true);
    expect(outcome.reason).toBe('done');
  });
});

it('a file that is shown before its first edit never pushes the rules of the format out of the result', async () => {
  for (const characters of [3_000, 12_000, 60_000]) {
    const { results } = await play([[unique(call('edit', { path: 'long.ts' }))], 'So.', 'So.'], {
      files: { 'long.ts': `const value = ${'1 + '.repeat(30)}1;\n`.repeat(150) },
      request: { format: 'search-replace', limits: { maxTokens: 1024, maxSteps: 9, characters } },
    });
    expect(results[0]).toContain('1: const value');
    expect(results[0]).toMatch(/\[\d+ more lines\]/u);
    expect(results[0]).toContain('>>>>>>> REPLACE');
  }
});

describe('a block that would drop most of a short file', () => {
  const long = Array.from({ length: 100 }, (_, index) => `const value${index} = ${index};\n`).join('');
  const files = { 'src/long.js': long };
  const opened = call('read', { path: 'src/long.js' });
  const part = [fence('const value7 = 8;'), unique(call('edit', { path: 'src/long.js' }))];
  const request = { format: 'whole-symbol' } as const;

  it('is refused once, with the ways to change a part, and a weak model recovers', async () => {
    const block = '<<<<<<< SEARCH\nconst value7 = 7;\n=======\nconst value7 = 8;\n>>>>>>> REPLACE\n';
    const { tree, steps } = await play([[unique(opened)], part, block, 'Done.'], { files, request });
    expect(resultsOf(steps)[1]).toMatch(
      /Nothing was changed in src\/long\.js: .*1 line in place of 100[\s\S]*symbol[\s\S]*SEARCH/u,
    );
    expect(tree.get('src/long.js')).toBe(long.replace('value7 = 7', 'value7 = 8'));
  });

  it('is taken when it is written again', async () => {
    const { tree } = await play([[unique(opened)], part, part, 'Done.'], { files, request });
    expect(tree.get('src/long.js')).toBe('const value7 = 8;\n');
  });
});
