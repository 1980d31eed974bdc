import { chainInputSchema, NootropicError, type ChainEvent, type ModelEvent } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { createChainRequests, runChain } from './chain.ts';
import type { ChatAsk, Gateway, GatewayCaller, GatewayModel } from './gateway.ts';

interface Asked {
  readonly ask: ChatAsk;
  readonly caller: GatewayCaller;
}

/** A gateway whose models say what `answer` says, and which writes down who was at work at the same time. */
function gatewayOf(answer: (ask: ChatAsk) => string | Promise<string>, isLocal = true) {
  const asked: Asked[] = [];
  const busy: string[] = [];
  const together: string[][] = [];
  const model = (name: string): GatewayModel => ({
    info: { ref: `file:/${name}.gguf`, name, can: ['generate'], contextLength: 100, dimensions: 0, local: isLocal },
    ...{ name, role: 'chat', loaded: true, bytes: 0, importedAt: 0 },
  });
  const find = async (name = 'usual'): Promise<GatewayModel> => {
    if (name === 'nope') throw new NootropicError('MODEL_NOT_FOUND');
    return model(name.replace(/^file:\/|\.gguf$/gu, ''));
  };
  const gateway: Pick<Gateway, 'find' | 'chat'> = {
    find,
    chat: async (ask, caller) => {
      asked.push({ ask, caller });
      const about = await find(ask.model);
      return {
        ...{ model: about, contextLength: 100, promptTokens: 1, arranged: [] },
        events: (async function* (): AsyncGenerator<ModelEvent> {
          busy.push(about.name);
          together.push([...busy]);
          try {
            yield { type: 'text', text: await answer(ask) };
            const isOver = caller.signal?.aborted ?? false;
            yield { type: 'finish', reason: isOver ? 'aborted' : 'stop', tokens: { read: 3, reused: 2, written: 1 } };
          } finally {
            busy.splice(busy.indexOf(about.name), 1);
          }
        })(),
      };
    },
  };
  return { gateway: gateway as Gateway, asked, together };
}

const said = ({ messages }: ChatAsk): string => messages.at(-1)?.content ?? '';

async function run(input: object, gateway: Gateway, signal?: AbortSignal): Promise<ChainEvent[]> {
  const events: ChainEvent[] = [];
  const caller = { client: 'test', ...(signal && { signal }) };
  for await (const event of runChain(chainInputSchema.parse(input), gateway, caller)) events.push(event);
  return events;
}

function resultOf(events: readonly ChainEvent[]) {
  const last = events.at(-1);
  if (last?.type !== 'chain-end') throw new Error('There is no end.');
  return last;
}

describe('runChain', () => {
  it('puts what steps wrote into the prompts of those that name them', async () => {
    const { gateway, asked } = gatewayOf((ask) => `<${said(ask)}>`);
    const steps = [
      { name: 'join', prompt: '{{ one }}+{{two}} of {{input}}', system: 'Be short.' },
      { name: 'one', prompt: '1{{input}}' },
      { name: 'two', prompt: '2' },
    ];
    const events = await run({ input: 'x', steps, output: 'join' }, gateway);
    expect(resultOf(events)).toEqual({
      ...{ type: 'chain-end', text: '<<1x>+<2> of x>' },
      steps: { one: ['<1x>'], two: ['<2>'], join: ['<<1x>+<2> of x>'] },
    });
    expect(asked.at(-1)?.ask.messages).toEqual([
      { role: 'system', content: 'Be short.' },
      { role: 'user', content: '<1x>+<2> of x' },
    ]);
    expect(events.slice(0, 3)).toEqual([
      { type: 'step-start', step: 'one', copy: 1, model: 'usual' },
      { type: 'step-text', step: 'one', copy: 1, text: '<1x>' },
      { type: 'step-end', step: 'one', copy: 1, text: '<1x>', tokensRead: 3, tokensReused: 2, tokensWritten: 1 },
    ]);
  });

  it('takes nothing in a text for a placeholder', async () => {
    const { gateway } = gatewayOf((ask) => said(ask));
    const steps = [
      { name: 'a', prompt: '{{input}}' },
      { name: 'b', prompt: '{{a}} $& {{UNKNOWN}}' },
    ];
    expect(resultOf(await run({ input: '{{b}} {{input}} $1', steps }, gateway)).text).toBe(
      '{{b}} {{input}} $1 $& {{UNKNOWN}}',
    );
  });

  it.each([
    ['a step that is not there', { steps: [{ name: 'a', prompt: '{{b}}' }] }, /waits for "b"/u],
    ['`after` of one that is not there', { steps: [{ name: 'a', prompt: '', after: ['b'] }] }, /waits for "b"/u],
    ['a step that waits for itself', { steps: [{ name: 'a', prompt: '{{a}}' }] }, /wait for each other: a\./u],
    [
      'steps that wait for each other',
      {
        steps: [
          { name: 'ok', prompt: '' },
          { name: 'a', prompt: '{{b}}' },
          { name: 'b', prompt: '', after: ['a'] },
        ],
      },
      /wait for each other: a, b\./u,
    ],
    [
      'a name twice',
      {
        steps: [
          { name: 'a', prompt: '' },
          { name: 'a', prompt: '' },
        ],
      },
      /same name/u,
    ],
    ['a step named input', { steps: [{ name: 'input', prompt: '' }] }, /named `input`/u],
    ['no step', { steps: [] }, /no step/u],
    ['neither preset nor steps', {}, /either/u],
    ['both', { preset: 'fan-out-vote', steps: [] }, /either/u],
    ['an output that is not there', { steps: [{ name: 'a', prompt: '' }], output: 'b' }, /no step "b"/u],
  ])('refuses %s before anything runs', async (_, input, message) => {
    const { gateway, asked } = gatewayOf(() => '');
    await expect(run(input, gateway)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringMatching(message) as string,
    });
    await expect(createChainRequests(gateway).run(chainInputSchema.parse(input))).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    expect(asked).toEqual([]);
  });

  it('refuses a model that is not there before anything runs', async () => {
    const { gateway, asked } = gatewayOf(() => '');
    const steps = [
      { name: 'a', prompt: '' },
      { name: 'b', prompt: '{{a}}', model: 'nope' },
    ];
    await expect(run({ steps }, gateway)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    expect(asked).toEqual([]);
  });

  it('runs one after the other on one model, and side by side on several', async () => {
    const pause = () => new Promise<string>((done) => setImmediate(() => done('')));
    const one = gatewayOf(pause);
    const steps = ['a', 'b', 'c'].map((name) => ({ name, prompt: name }));
    await run({ steps }, one.gateway);
    expect(Math.max(...one.together.map(({ length }) => length))).toBe(1);
    expect(one.asked.map(({ ask }) => said(ask))).toEqual(['a', 'b', 'c']);
    const several = gatewayOf(pause);
    await run({ steps: steps.map((step) => ({ ...step, model: step.name })) }, several.gateway);
    expect(several.together.at(-1)?.toSorted()).toEqual(['a', 'b', 'c']);
    const elsewhere = gatewayOf(pause, false);
    await run({ steps: [{ name: 'a', prompt: '', copies: 6 }] }, elsewhere.gateway);
    expect(Math.max(...elsewhere.together.map(({ length }) => length))).toBe(4);
  });

  it('asks copies with other seeds, and puts them together or votes', async () => {
    const answers = ['Four.', ' four', '5', 'FOUR!'];
    const { gateway, asked } = gatewayOf(({ seed = 0 }) => answers[seed - 7] ?? '');
    const step = { name: 'a', prompt: 'q', copies: 4, seed: 7 };
    const all = resultOf(await run({ steps: [step] }, gateway));
    expect(all.text).toContain('# Answer 3\n\n5');
    expect(all.steps['a']).toEqual(answers);
    expect(asked.map(({ ask }) => [ask.seed, ask.temperature])).toEqual([7, 8, 9, 10].map((seed) => [seed, 0.8]));
    expect(resultOf(await run({ steps: [{ ...step, vote: 'majority' }] }, gateway)).text).toBe('Four.');
  });

  it('lets a judge choose, and takes the first where it names none', async () => {
    const { gateway } = gatewayOf((ask) => (said(ask).includes('Which of these') ? 'Number 2.' : `answer ${ask.seed}`));
    const step = { name: 'a', prompt: 'q', copies: 3, vote: 'judge' };
    const events = await run({ steps: [step] }, gateway);
    expect(resultOf(events).text).toBe('answer 2');
    expect(events.some((event) => event.type === 'step-start' && event.copy === 4)).toBe(true);
    const mute = gatewayOf((ask) => (said(ask).includes('Which of these') ? 'None, 9 or so.' : `answer ${ask.seed}`));
    expect(resultOf(await run({ steps: [step] }, mute.gateway)).text).toBe('answer 1');
  });

  it('knows drafting, critique and revision, with prompts that begin alike', async () => {
    const { gateway, asked } = gatewayOf((ask) => `said by ${ask.model ?? ''}`);
    await run({ input: 'Write a poem.', preset: 'draft-critique-revise', models: ['small', 'large'] }, gateway);
    const [draft = '', critique = '', revise = ''] = asked.map(({ ask }) => said(ask));
    expect(asked.map(({ ask }) => ask.model)).toEqual(['file:/small.gguf', 'file:/large.gguf', 'file:/small.gguf']);
    expect(critique.startsWith(draft)).toBe(true);
    expect(revise.startsWith(`${draft}\n\n# A first answer\n\nsaid by file:/small.gguf\n\n`)).toBe(true);
    expect(revise).toContain('said by file:/large.gguf');
    expect(asked.every(({ ask }) => ask.arrange === false)).toBe(true);
  });

  it('fans out over models, takes the majority, and asks a judge where there is none', async () => {
    const same = gatewayOf((ask) => (ask.model?.includes('c') ? 'no' : 'yes'));
    const models = ['a', 'b', 'c', 'd'];
    const events = await run({ input: 'q', preset: 'fan-out-vote', models }, same.gateway);
    expect(resultOf(events)).toMatchObject({ text: 'yes', steps: { answer: ['yes', 'yes', 'no', 'yes'] } });
    expect(same.asked).toHaveLength(4);
    const all = gatewayOf((ask) => (said(ask).includes('Which of these') ? '3' : `${ask.seed}`));
    expect(resultOf(await run({ input: 'q', preset: 'fan-out-vote' }, all.gateway)).text).toBe('3');
    expect(all.asked).toHaveLength(4);
  });

  it('ends the others when a step fails, and throws what it failed with', async () => {
    const { gateway, asked } = gatewayOf(async (ask) => {
      if (said(ask) === 'bad') throw new NootropicError('CONTEXT_OVERFLOW');
      await new Promise((done) => setTimeout(done, 5));
      return '';
    });
    const steps = [
      { name: 'slow', prompt: 'slow', model: 'a' },
      { name: 'bad', prompt: 'bad', model: 'b' },
      { name: 'never', prompt: '{{slow}}', model: 'a' },
    ];
    await expect(run({ steps }, gateway)).rejects.toMatchObject({ code: 'CONTEXT_OVERFLOW' });
    expect(asked.every(({ caller }) => caller.signal?.aborted)).toBe(true);
    await new Promise((done) => setTimeout(done, 20));
    expect(asked).toHaveLength(2);
  });

  it('ends when its stream is returned', async () => {
    const { gateway, asked } = gatewayOf(() => new Promise(() => {}));
    const stream = await createChainRequests(gateway).run(
      chainInputSchema.parse({ steps: [{ name: 'a', prompt: 'q' }] }),
    );
    expect((await stream.next()).value).toMatchObject({ type: 'step-start' });
    const next = stream.next();
    await new Promise((done) => setImmediate(done));
    void stream.return?.(undefined);
    void next;
    expect(asked[0]?.caller.signal?.aborted).toBe(true);
  });

  it('ends with ABORTED when its signal aborts', async () => {
    const stop = new AbortController();
    const { gateway } = gatewayOf(() => {
      stop.abort();
      return 'half';
    });
    await expect(run({ steps: [{ name: 'a', prompt: 'q' }] }, gateway, stop.signal)).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});
