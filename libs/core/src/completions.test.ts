import {
  NootropicError,
  type CompletionEvent,
  type CompletionInput,
  type Knowledge,
  type Model,
} from '@nootropic/contracts';
import { createRecordingTelemetry, createScriptedModel, type ScriptedModelOptions } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { fakeKnowledge } from './assistant.fixture.ts';
import { createCompletions, type CompletionPorts } from './completions.ts';

type End = Extract<CompletionEvent, { type: 'end' }>;

interface Subject {
  readonly script?: ScriptedModelOptions['script'];
  readonly info?: ScriptedModelOptions['info'];
  readonly completion?: string;
  readonly knowledge?: Partial<Knowledge>;
  readonly open?: () => Promise<Model>;
  readonly ref?: string;
}

function subject({ script = ['value;'], info, completion, knowledge, open, ref = 'file:/m/coder.gguf' }: Subject = {}) {
  const model = createScriptedModel({ script, info: { ref, ...info } });
  const telemetry = createRecordingTelemetry();
  let time = 0;
  const chosen = { ref, reason: 'the newest', role: 'completion' as const, named: false };
  const ports = {
    models: {
      async *candidates() {
        yield chosen;
      },
      choose: async () => chosen,
      open: async () => ({ model: open ? await open() : model, gaveUp: [] }),
    },
    runtimes: [],
    store: { list: async () => [] },
    residency: { view: () => [{ key: `completion ${ref}`, state: 'idle' }] },
    admission: { predict: () => 10 },
    config: { models: { completion } },
    now: () => (time += 1),
    knowledge: async () => fakeKnowledge(knowledge),
    isSecretPath: (path: string) => path.endsWith('.env'),
    telemetry,
  } as unknown as CompletionPorts;
  const { completions } = createCompletions(ports);
  const ask = async (input: Partial<CompletionInput> = {}) => {
    const events: CompletionEvent[] = [];
    const place = { workspace: '/w', path: 'src/a.ts', prefix: 'const a = ', suffix: '\n', ...input };
    for await (const event of await completions.complete({ lines: 'auto', purpose: 'show', ...place }))
      events.push(event);
    const end = events.at(-1) as End;
    return { events, end, given: events.flatMap((event) => (event.type === 'text' ? event.text : [])).join('') };
  };
  return { model, telemetry, completions, ask };
}

describe('completions.complete', () => {
  it('fills the gap at the cursor, with the class of what somebody waits for', async () => {
    const { ask, model } = subject();
    const { end, given } = await ask({ editor: 'code' });
    expect(given).toBe('value;');
    expect(end).toMatchObject({ type: 'end', text: 'value;', reason: 'stop', model: 'file:/m/coder.gguf' });
    expect(model.calls[0]).toMatchObject({
      kind: 'infill',
      request: { prefix: '', begun: 'const a = ', suffix: '\n', maxTokens: 48, stop: ['\n'] },
      options: { workClass: 'completion', client: 'editor code' },
    });
  });

  it('writes many lines where a block begins, and ends with it', async () => {
    const { ask } = subject({ script: ['\n  one();\n}\nfunction other() {\n  two();\n}'] });
    const { end, given } = await ask({ prefix: 'function a() {' });
    expect(end).toMatchObject({ text: '\n  one();\n}', reason: 'dedent' });
    expect(given).toBe('\n  one();\n}');
  });

  it('says nothing, and why, where there is nothing useful', async () => {
    const { ask } = subject({ script: ['   '] });
    expect((await ask()).end).toMatchObject({ reason: 'nothing', text: '', why: 'The model has nothing to add here.' });
  });

  it.each([
    ['.env', {}, 'it may hold secrets'],
    [
      'dist/a.js',
      { around: async () => ({ leftOut: 'it is left out by the ignore rules', definitions: [] }) },
      'ignore rules',
    ],
  ] as const)('asks no model about %s', async (path, knowledge, why) => {
    const { ask, model } = subject({ knowledge });
    const { end } = await ask({ path });
    expect(end).toMatchObject({ reason: 'nothing', code: 'DENIED' });
    expect(end.why).toContain(why);
    expect(model.calls).toHaveLength(0);
  });

  it('does without an index that cannot be opened', async () => {
    const { ask } = subject({
      knowledge: {
        around: async () => {
          throw new NootropicError('INTERNAL', 'no index');
        },
      },
    });
    expect((await ask()).end.text).toBe('value;');
  });

  it('tells the model what the file imports and what was written elsewhere, and says so', async () => {
    const { ask, model } = subject({
      knowledge: {
        around: async ({ path }) =>
          path === 'hidden.ts'
            ? { leftOut: 'hidden', definitions: [] }
            : {
                definitions: [
                  {
                    path: 'src/b.ts',
                    name: 'b',
                    kind: 'function',
                    startLine: 3,
                    endLine: 5,
                    signature: 'function b()',
                    doc: '',
                  },
                ],
              },
      },
    });
    const edits = [
      { path: 'src/c.ts', text: 'const c = 1;' },
      { path: 'config.env', text: 'KEY=1' },
      { path: 'hidden.ts', text: 'secret' },
    ];
    const { end } = await ask({ edits });
    expect(model.calls[0]?.request).toMatchObject({
      extra: [
        { name: 'src/b.ts', text: 'function b()' },
        { name: 'src/c.ts', text: 'const c = 1;' },
      ],
    });
    expect(end.context).toEqual([
      { path: 'src/b.ts', startLine: 3, endLine: 5, role: 'definition' },
      { path: 'src/c.ts', startLine: 1, endLine: 1, role: 'edit' },
    ]);
  });

  it('goes on from the text where the model knows no gaps', async () => {
    const { ask, model } = subject({ info: { can: ['generate'] } });
    await ask();
    expect(model.calls[0]?.request).toMatchObject({ raw: true, prefix: 'const a = ', suffix: '' });
  });

  it('sends nothing to a model elsewhere that answers, unless it is set for completions', async () => {
    const info = { local: false };
    const { ask, model } = subject({ info });
    expect((await ask()).end).toMatchObject({ reason: 'nothing', code: 'MODEL_NOT_FOUND' });
    expect(model.calls).toHaveLength(0);
    expect((await subject({ info, completion: 'openai:x' }).ask()).end.text).toBe('value;');
  });

  it('ends the one before of the same editor, not those of others', async () => {
    const slow = ['a', { wait: 60_000 }, 'b'] as const;
    const { ask } = subject({ script: (_, index) => (index === 2 ? 'new;' : slow) });
    const first = ask({ editor: 'one' });
    const other = ask({ editor: 'two' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await ask({ editor: 'one' })).end.text).toBe('new;');
    expect((await first).end.reason).toBe('aborted');
    const undecided = await Promise.race([other, Promise.resolve('runs')]);
    expect(undecided).toBe('runs');
    void ask({ editor: 'two' });
    expect((await other).end.reason).toBe('aborted');
  });

  it('puts what is computed ahead behind everything, and ends it when somebody waits', async () => {
    const { ask, model } = subject({ script: (_, index) => (index === 0 ? [{ wait: 60_000 }] : 'now;') });
    const ahead = ask({ editor: 'one', purpose: 'ahead' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await ask({ editor: 'two' })).end.text).toBe('now;');
    expect((await ahead).end.reason).toBe('aborted');
    expect(model.calls.map(({ options }) => options.workClass)).toEqual(['batch', 'completion']);
  });

  it('only lets the model read where it is to be warm', async () => {
    const { ask, model } = subject({ script: ['word'] });
    const { events, end } = await ask({ purpose: 'warm' });
    expect(events).toHaveLength(1);
    expect(end).toMatchObject({ text: '', reason: 'stop' });
    expect(model.calls[0]?.request).toMatchObject({ maxTokens: 1 });
    expect(model.calls[0]?.options.workClass).toBe('batch');
  });

  it('tells in words what the queue refused', async () => {
    const refused = new NootropicError('QUEUE_FULL', 'Try again later.');
    const { ask } = subject({ script: [[{ fail: refused }]] });
    expect((await ask()).end).toMatchObject({ reason: 'nothing', code: 'QUEUE_FULL', why: 'Try again later.' });
  });

  it('counts how they end, and the time to the first text by whether the prompt was held', async () => {
    const { ask, telemetry } = subject();
    await ask();
    expect(telemetry.measured).toContainEqual(
      expect.objectContaining({ metric: 'nootropic_completions_total', labels: { purpose: 'show', end: 'stop' } }),
    );
    expect(telemetry.measured).toContainEqual(
      expect.objectContaining({ metric: 'nootropic_completion_first_text_seconds', labels: { prompt: 'read' } }),
    );
  });
});

describe('completions.state', () => {
  it('says which model there is', async () => {
    const { completions } = subject();
    expect(await completions.state({ workspace: '/w' })).toEqual({
      ...{ state: 'ready', model: 'file:/m/coder.gguf', name: 'coder.gguf', detail: '' },
    });
  });

  it('says what to do where none is', async () => {
    const state = await subject({ ref: 'none' }).completions.state({ workspace: '/w' });
    expect(state).toMatchObject({ state: 'off', model: '' });
    expect(state.detail).toContain('models.completion');
    const remote = await subject({ ref: 'openai:gpt@https://api.example.com/v1' }).completions.state({
      workspace: '/w',
    });
    expect(remote).toMatchObject({ state: 'off' });
  });
});

describe('completions.report', () => {
  it('counts what editors report', async () => {
    const { completions, telemetry } = subject();
    await completions.report({
      ...{ shown: 5, accepted: 2, fromCache: 1, acceptedCharacters: 40, retainedCharacters: 30, wastedTokens: 9 },
    });
    expect(telemetry.total('nootropic_completion_suggestions_total')).toBe(8);
    expect(telemetry.total('nootropic_completion_characters_total')).toBe(70);
    expect(telemetry.total('nootropic_completion_wasted_tokens_total')).toBe(9);
  });
});
