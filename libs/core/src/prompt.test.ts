import type { Message, TurnEvent, TurnEventBody } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planCompaction } from './compaction.ts';
import {
  buildPrompt,
  cutMiddle,
  lastCut,
  newTools,
  preambles,
  promptLength,
  promptParts,
  toolNames,
} from './prompt.ts';

const usage = { tokensRead: 0, tokensReused: 0, tokensWritten: 0, totalMs: 0 };

function log(turns: readonly (readonly TurnEventBody[])[]): TurnEvent[] {
  return turns.flatMap((bodies, turn) =>
    bodies.map((body) => ({ ...body, seq: 1, sessionId: 's', turnId: `t${turn}`, time: 0 }) as TurnEvent),
  );
}

const start = (text: string): TurnEventBody => ({ type: 'turn-start', text, agent: 'answer', workspace: '/w' });
const context = (text: string): TurnEventBody => ({
  type: 'context-ready',
  tokens: 1,
  tookMs: 1,
  blocks: [
    { citation: { path: 'a.ts', startLine: 1, endLine: 2 }, text, score: 1, signature: '', doc: '', callers: [] },
  ],
});
const say = (text: string): TurnEventBody => ({ type: 'text-delta', text });
const end = (text: string): TurnEventBody => ({ type: 'turn-end', reason: 'done', text, citations: [], usage });

const agent = { system: 'system', tools: [] };
const toolNamed = (name: string) => ({ name, description: `Does ${name}.`, parameters: {} });

describe('buildPrompt', () => {
  it('shows the question with its passages, the calls with their results, and the answer', () => {
    const events = log([
      [
        start('where?'),
        context('const a = 1'),
        say('Let me '),
        say('look.'),
        { type: 'tool-call', call: { id: '1', name: 'read', arguments: { path: 'a.ts' } } },
        { type: 'tool-call', call: { id: '2', name: 'list', arguments: {} } },
        { type: 'tool-result', callId: '1', name: 'read', ok: true, content: 'one' },
        { type: 'tool-result', callId: '2', name: 'list', ok: true, content: 'two' },
        say('Here.'),
        end('Let me look.Here.'),
      ],
    ]);
    const { messages } = buildPrompt(agent, events);
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'tool', 'assistant']);
    expect(messages[1]?.content).toContain('a.ts:1-2');
    expect(messages[1]?.content).toMatch(/Question: where\?$/u);
    expect(messages[2]).toMatchObject({ content: 'Let me look.', toolCalls: [{ id: '1' }, { id: '2' }] });
    expect(messages[5]).toEqual({ role: 'assistant', content: 'Here.' });
  });

  it('puts attached text before the question', () => {
    const events = log([
      [
        {
          type: 'turn-start',
          text: 'why?',
          agent: 'answer',
          workspace: '/w',
          attachments: [{ kind: 'text', name: 'stdin', text: 'Error: no' }],
        },
      ],
    ]);
    expect(buildPrompt(agent, events).messages[1]?.content).toBe(
      'Attached, stdin:\n```\nError: no\n```\n\nQuestion: why?',
    );
  });

  it('starts each turn with the whole prompt of the one before: nothing is read twice', () => {
    const turn = fc.record({
      question: fc.string({ minLength: 1 }),
      passage: fc.string(),
      answer: fc.string({ minLength: 1 }),
    });
    fc.assert(
      fc.property(fc.array(turn, { minLength: 2, maxLength: 6 }), (turns) => {
        const bodies = turns.map(({ question, passage, answer }) => [
          start(question),
          context(passage),
          say(answer),
          end(answer),
        ]);
        let before: Message[] = [];
        for (let count = 1; count <= turns.length; count += 1) {
          const asked = log([...bodies.slice(0, count - 1), bodies[count - 1]?.slice(0, 2) ?? []]);
          const { messages } = buildPrompt(agent, asked);
          expect(messages.slice(0, before.length)).toEqual(before);
          before = messages;
        }
      }),
      { numRuns: 50 },
    );
  });

  it('takes the events of a call before its results, and after them, for the same', () => {
    const call = (id: string): TurnEventBody => ({ type: 'tool-call', call: { id, name: 'read', arguments: {} } });
    const result = (callId: string): TurnEventBody => ({
      type: 'tool-result',
      callId,
      name: 'read',
      ok: true,
      content: 'x',
    });
    const { messages } = buildPrompt(
      agent,
      log([[start('a'), say('Look.'), say('\n'), call('1'), call('2'), result('1'), result('2'), say('Done.')]]),
    );
    expect(messages.slice(2)).toMatchObject([
      { content: 'Look.', toolCalls: [{ id: '1' }, { id: '2' }] },
      { toolCallId: '1' },
      { toolCallId: '2' },
      { content: 'Done.' },
    ]);
  });

  it('goes on after a turn that was killed between a call and its result, or before it said anything', () => {
    const call: TurnEventBody = { type: 'tool-call', call: { id: '1', name: 'read', arguments: {} } };
    const { messages } = buildPrompt(agent, log([[start('a'), call], [start('b')], [start('c')]]));
    expect(messages.map(({ role }) => role)).toEqual([
      ...['system', 'user', 'assistant', 'tool', 'assistant', 'user', 'assistant', 'user'],
    ]);
  });

  it('passes over events outside of a turn', () => {
    const outside = { type: 'memory-written', seq: 9, sessionId: 's', turnId: 'none', time: 0 };
    const events = log([[start('a'), say('b')], [start('c')]]);
    expect(buildPrompt(agent, [...events.slice(0, 2), outside, ...events.slice(2)])).toEqual(
      buildPrompt(agent, events),
    );
  });

  it('gives an attached text as it was cut', () => {
    const text = `${'first\n'.repeat(50)}${'last\n'.repeat(50)}`;
    const attachments = [{ kind: 'text' as const, name: 'log', text }];
    const ready = { type: 'context-ready' as const, blocks: [], tokens: 0, tookMs: 0, attached: [90] };
    const { messages } = buildPrompt(agent, log([[{ ...start('why?'), attachments } as TurnEventBody, ready]]));
    expect(messages[1]?.content).toContain('characters left out]');
    expect(messages[1]?.content.length).toBeLessThan(250);
  });

  it('keeps the tools of the first turn in front, announces later ones, and brings them to the front at a compaction', () => {
    const [a, b, c] = ['a', 'b', 'c'].map(toolNamed);
    if (!a || !b || !c) throw new Error('three tools');
    const withTools = (text: string, tools: string[]) => ({ ...start(text), tools }) as TurnEventBody;
    const first = log([[withTools('one', ['b']), say('x'), end('x')]]);
    expect(newTools([a, b], first)).toEqual(['a']);
    const both = log([[withTools('one', ['b']), say('x'), end('x')], [withTools('two', ['a'])]]);
    const prompt = buildPrompt({ system: 's', tools: [a, b] }, both);
    expect(prompt.tools).toEqual([b, a]);
    expect(prompt.announced).toEqual(['a']);
    expect(prompt.messages.at(-1)?.content).toMatch(/^New tool.*\n\{"name":"a"/u);
    const compaction: TurnEventBody = { type: 'compaction', tokensBefore: 2, tokensAfter: 1, shortened: 1, dropped: 0 };
    const after = log([
      [withTools('one', ['b']), say('x'), end('x')],
      [withTools('two', ['a']), say('y'), end('y')],
      [start('three'), compaction],
      [withTools('four', ['c'])],
    ]);
    const later = buildPrompt({ system: 's', tools: [a, b, c] }, after);
    expect(later.tools).toEqual([a, b, c]);
    expect(later.announced).toEqual(['c']);
  });
});

describe('planCompaction', () => {
  const long = 'x'.repeat(3000);
  const session = log([
    [start('one'), context(long), say('first'), end('first')],
    [start('two'), context(long), say('second'), end('second')],
    [start('three'), context('short')],
  ]);
  const after = (shortened: number, dropped: number) =>
    buildPrompt(agent, [
      ...session,
      ...log([[], [], [{ type: 'compaction', tokensBefore: 0, tokensAfter: 0, shortened, dropped }]]),
    ]).messages;

  it('leaves a prompt that fits as it is', () => {
    expect(planCompaction(agent, session, { characters: 10_000, reserve: 1000 })).toBeUndefined();
  });

  it('shortens the oldest turns, down to well below the room, and the one before the running one last', () => {
    const plan = planCompaction(agent, session, { characters: 6000, reserve: 100 });
    expect(plan).toMatchObject({ shortened: 1, dropped: 0 });
    expect(plan?.after).toBeLessThan(6000 * 0.6);
    expect(after(1, 0).slice(0, 3)).toMatchObject([{ role: 'system' }, { content: 'one' }, { content: 'first' }]);
    expect(planCompaction(agent, session, { characters: 500, reserve: 100 })).toMatchObject({ shortened: 2 });
  });

  it('drops whole turns where that is not enough, and never the running one', () => {
    expect(planCompaction(agent, session, { characters: 10, reserve: 0 })).toMatchObject({ shortened: 2, dropped: 2 });
    expect(after(2, 2).map(({ role }) => role)).toEqual(['system', 'user']);
  });

  it('says how long the prompt will be, for any cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8000 }), fc.integer({ min: 0, max: 2000 }), (characters, reserve) => {
        const plan = planCompaction(agent, session, { characters, reserve });
        if (plan) expect(plan.after).toBe(promptLength(after(plan.shortened, plan.dropped)));
      }),
    );
  });

  it('goes on from the cut that there is', () => {
    const cut = log([[], [], [{ type: 'compaction', tokensBefore: 0, tokensAfter: 0, shortened: 2, dropped: 1 }]]);
    const plan = planCompaction(agent, [...session, ...cut], { characters: 100, reserve: 0 });
    expect(plan).toMatchObject({ shortened: 2, dropped: 2 });
  });
});

describe('cutMiddle', () => {
  it('keeps the beginning and the end, at lines, and says what is missing', () => {
    const text = Array.from({ length: 100 }, (_, line) => `line ${line}`).join('\n');
    const cut = cutMiddle(text, 200);
    expect(cut.startsWith('line 0\n')).toBe(true);
    expect(cut.endsWith('\nline 99')).toBe(true);
    expect(cut).toMatch(/\[\d+ characters left out\]/u);
    for (const line of cut.split('\n')) expect(line).toMatch(/^(line \d+|\[\d+ characters left out\])$/u);
  });

  it('is never longer than asked but for the line that says so', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(200), (text, characters) => {
        expect(cutMiddle(text, characters).length).toBeLessThanOrEqual(Math.max(characters, 0) + 60);
      }),
    );
  });
});

describe('what a task adds to the prompt', () => {
  const task = (text: string, more: object = {}): TurnEventBody =>
    ({ type: 'turn-start', text, agent: 'code', workspace: '/w', mode: 'ask', ...more }) as TurnEventBody;
  const cut = (shortened: number, dropped: number): TurnEventBody => ({
    ...{ type: 'compaction', tokensBefore: 2, tokensAfter: 1, shortened, dropped },
  });
  const rewind = (toTurn: string): TurnEventBody => ({ type: 'rewind', toTurn, code: false });
  const texts = (events: readonly TurnEvent[]) => buildPrompt(agent, events).messages.map(({ content }) => content);

  it('is what its turn told, before the task, and the mode after it', () => {
    const [, question] = texts(log([[task('do it', { preamble: 'Instructions: be kind.' })]]));
    expect(question).toMatch(/^Instructions: be kind\.\n\nTask: do it\n\n\[Mode ask: /u);
  });

  it('outlives a compaction: the first turn that is kept tells what the dropped ones told', () => {
    const told = log([
      [task('one', { preamble: 'ALPHA' }), say('1'), end('1')],
      [task('two', { preamble: 'BETA' }), say('2'), end('2')],
      [task('three'), cut(2, 1)],
    ]);
    const [, second, , third] = texts(told);
    expect(second).toBe('ALPHA\n\nBETA\n\ntwo');
    expect(third).toMatch(/^Task: three/u);
    const all = log([
      [task('one', { preamble: 'ALPHA' }), say('1'), end('1')],
      [task('two'), cut(1, 1)],
    ]);
    expect(texts(all)[1]).toMatch(/^ALPHA\n\nTask: two/u);
  });

  it('does not take a compaction of the steps of a turn for one of older turns', () => {
    const within = { ...cut(0, 0), shortened: undefined, dropped: undefined, keep: 1 } as TurnEventBody;
    const events = log([
      [task('one'), say('1'), end('1')],
      [task('two'), cut(1, 0), say('2'), end('2')],
      [task('three'), within],
    ]);
    expect(lastCut(events)).toEqual({ shortened: 1, dropped: 0 });
  });

  it('goes with a rewind, and with it the compactions and tools of the turns that are gone', () => {
    const events = log([
      [task('one', { tools: ['a'] }), say('1'), end('1')],
      [task('two', { preamble: 'BETA', tools: ['b'] }), cut(1, 0), say('2'), end('2')],
      [rewind('t1')],
      [task('three')],
    ]);
    expect(
      texts(events)
        .slice(1)
        .map((text) => text.split('\n')[0]),
    ).toEqual(['Task: one', '1', 'Task: three']);
    expect(lastCut(events)).toEqual({ shortened: 0, dropped: 0 });
    expect(toolNames(events)).toEqual(['a']);
    expect(newTools([toolNamed('a'), toolNamed('b')], events)).toEqual(['b']);
    expect(preambles(events)).toEqual([]);
  });

  it('goes back and on again, and ignores what is no turn', () => {
    const events = log([
      [task('one'), say('1'), end('1')],
      [rewind('nothing')],
      [task('two'), say('2'), end('2')],
      [rewind('t0')],
      [task('three')],
    ]);
    expect(texts(events)).toHaveLength(2);
    expect(texts(events)[1]).toMatch(/^Task: three/u);
  });
});

describe('promptParts', () => {
  const bodies = fc.record({
    question: fc.string({ minLength: 1 }),
    passage: fc.option(fc.string(), { nil: undefined }),
    attached: fc.option(fc.string(), { nil: undefined }),
    preamble: fc.option(fc.string(), { nil: undefined }),
    mode: fc.constantFrom(undefined, 'ask' as const),
    tool: fc.constantFrom(undefined, 'a', 'b', 'c'),
    dropped: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  });

  it('are the text of the prompt, told apart', () => {
    const tools = ['a', 'b', 'c'].map(toolNamed);
    fc.assert(
      fc.property(fc.array(bodies, { minLength: 1, maxLength: 5 }), (turns) => {
        const events = log(
          turns.map(({ question, passage, attached, preamble, mode, tool, dropped }, at) => [
            {
              ...start(question),
              ...(attached !== undefined && { attachments: [{ kind: 'text', name: 'log', text: attached }] }),
              ...(preamble !== undefined && { preamble }),
              ...(mode && { mode }),
              ...(tool !== undefined && { tools: [tool] }),
            } as TurnEventBody,
            ...(dropped === undefined || dropped > at
              ? []
              : [
                  { type: 'compaction', tokensBefore: 1, tokensAfter: 1, shortened: dropped, dropped } as TurnEventBody,
                ]),
            ...(passage === undefined ? [] : [context(passage)]),
            ...(at === turns.length - 1 ? [] : [say('said'), end('said')]),
          ]),
        );
        const { messages, tools: front, announced } = buildPrompt({ system: 'system', tools }, events);
        const parts = promptParts({ system: 'system', tools }, events);
        const names = parts.map(({ name }) => name);
        const own = parts.slice(names.includes('earlier-turns') ? names.indexOf('earlier-turns') + 1 : 1);
        const question = own.filter(({ text }) => !text.startsWith('{"name":')).map(({ text }) => text);
        expect(question.join('\n\n')).toBe(messages.at(-1)?.content);
        expect(parts.find(({ name }) => name === 'earlier-turns')?.text ?? '').toBe(
          messages
            .slice(1, -1)
            .map(({ content }) => content)
            .join('\n\n'),
        );
        const offered = parts.filter(({ text }) => text.startsWith('{"name":')).flatMap(({ text }) => text.split('\n'));
        expect(offered).toHaveLength(front.length - announced.length);
      }),
      { numRuns: 200 },
    );
  });
});
