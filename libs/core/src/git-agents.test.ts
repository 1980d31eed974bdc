import type { Assistant, DiffAnswer, SendInput, TurnEvent, TurnEventBody } from '@nootropic/contracts';
import * as testing from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { createGitAgents } from './git-agents.ts';
import { fakeWorkplace } from './workplace.fixture.ts';

const changed: DiffAnswer = {
  text: 'diff --git a/src/a.ts b/src/a.ts\n',
  files: [
    {
      ...{ path: 'src/a.ts', change: 'modified', binary: false, added: 1, removed: 1, shown: 'whole' },
      places: ['function a() {'],
    },
    {
      ...{ path: '.env', change: 'created', binary: false, added: 1, removed: 0, shown: 'left-out' },
      ...{ reason: 'may hold secrets', places: [] },
    },
  ],
};
const usage = { tokensRead: 0, tokensReused: 0, tokensWritten: 0, totalMs: 0 };
const says = (text: string): TurnEventBody[] => [
  { type: 'text-delta', text },
  { type: 'turn-end', reason: 'done', text, citations: [], usage },
];
const fails = (code: string): TurnEventBody[] => [
  { type: 'turn-error', error: { code, message: 'It failed.', hint: 'Mend it.' }, usage },
];

interface Options {
  readonly turn?: readonly TurnEventBody[];
  readonly diff?: DiffAnswer;
  readonly contextLength?: number;
  /** Called before each event of the turn. */
  readonly onEvent?: () => void;
}

function subject(options: Options = {}) {
  const sent: SendInput[] = [];
  const asked: Parameters<Assistant['git']['diff']>[0][] = [];
  const place = fakeWorkplace(testing, { files: { 'src/a.ts': 'one\ntwo\nthree\n', 'src/b.ts': 'no end' } });
  const signals: AbortSignal[] = [];
  const model = { ref: 'ollama:x', name: 'x', can: [], contextLength: options.contextLength ?? 0, dimensions: 0 };
  const agents = createGitAgents({
    workplace: async () => place,
    diff: async (input) => {
      asked.push(input);
      return options.diff ?? changed;
    },
    send: async (input, given) => {
      sent.push(input);
      if (given?.signal) signals.push(given.signal);
      return (async function* (): AsyncGenerator<TurnEvent, void, void> {
        for (const [index, body] of (options.turn ?? says('Done.')).entries()) {
          options.onEvent?.();
          await Promise.resolve();
          yield { seq: index + 1, sessionId: 's', turnId: 't', time: 0, ...body };
        }
      })();
    },
    models: { list: async () => ({ chat: 'ollama:x', models: [{ ...model, local: true }], stored: [] }) },
    config: { models: {} as never },
  });
  return { agents, sent, asked, signals };
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('git.review', () => {
  const words = [
    'I think.\nFindings:\n1. src/a.ts:2: it counts wrong\n   Input: an empty list\n   Wrong: 1, and should be 0',
    '2. src/a.ts:4: no such line\n   Input: x\n   Wrong: y',
    '3. src/none.ts:1: no such file\n   Input: x\n   Wrong: y',
    '4. ../outside.ts:1: outside\n   Input: x\n   Wrong: y',
    '5. src/a.ts: no line\n   Input: x\n   Wrong: y',
    '6. src/b.ts:1: a line without an end\n   Input: x\n   Wrong: y',
    '[Left out: 2 without a place, an input and a wrong outcome.]',
  ].join('\n');

  it('tells what is read, passes the turn on, and ends in findings whose place is there', async () => {
    const { agents, sent, asked } = subject({ turn: says(words) });
    const items = await collect(await agents.review({ workspace: '/w', of: 'revision', revision: 'HEAD' }));
    expect(items.map(({ type }) => type)).toEqual(['change', 'event', 'event', 'findings']);
    expect(items[0]).toEqual({ type: 'change', files: changed.files });
    const found = { path: 'src/a.ts', line: 2, title: 'it counts wrong', input: 'an empty list' };
    expect(items.at(-1)).toMatchObject({
      findings: [
        { ...found, outcome: '1, and should be 0' },
        { path: 'src/b.ts', line: 1 },
      ],
      ...{ dropped: 6, files: changed.files },
    });
    expect(asked).toMatchObject([{ workspace: '/w', of: 'revision', revision: 'HEAD' }]);
    const attachments = [{ kind: 'text', name: 'changes.diff', text: changed.text }];
    expect(sent).toMatchObject([{ workspace: '/w', agent: 'review', mode: 'plan', attachments }]);
  });

  it('looks at what is not committed, and finds nothing where nothing is found', async () => {
    const { agents, asked } = subject({ turn: says('No findings with a scenario that fails.') });
    const items = await collect(await agents.review({ workspace: '/w', paths: ['src'] }));
    expect(items.at(-1)).toMatchObject({ type: 'findings', findings: [], dropped: 0 });
    expect(asked).toMatchObject([{ of: 'uncommitted', paths: ['src'] }]);
  });

  it.each([
    [0, 11_059],
    [2_000, 2_700],
    [1_000, 2_000],
    [1_000_000, 60_000],
  ])('reads as much as a model of %i tokens has room for', async (contextLength, characters) => {
    const { agents, asked } = subject({ contextLength });
    await collect(await agents.review({ workspace: '/w' }));
    expect(asked[0]?.characters).toBe(characters);
  });

  it('throws what the turn failed with, after its events', async () => {
    const { agents } = subject({ turn: fails('MODEL_NOT_FOUND') });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { type } of await agents.review({ workspace: '/w' })) seen.push(type);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND', message: 'It failed.', hint: 'Mend it.' });
    expect(seen).toEqual(['change', 'event']);
  });

  it('has nothing to say where nothing was changed', async () => {
    const { agents, sent } = subject({ diff: { text: '', files: [] } });
    await expect(collect(await agents.review({ workspace: '/w' }))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(sent).toEqual([]);
  });
});

describe('git.message', () => {
  it('ends in the message that the model wrote, cleaned', async () => {
    const { agents, sent, asked } = subject({ turn: says('```\nCount to 2.\n```') });
    const items = await collect(await agents.message({ workspace: '/w', hint: ' for 12 ', model: 'ollama:x' }));
    expect(items.at(-1)).toEqual({ type: 'message', message: 'Count to 2', by: 'model', files: changed.files });
    expect(asked).toMatchObject([{ of: 'staged', everywhere: true }]);
    expect(sent).toMatchObject([{ agent: 'commit', mode: 'plan', model: 'ollama:x' }]);
    expect(sent[0]?.text).toBe('Write the message of this commit.\nIts author says: for 12');
  });

  const rule = 'Change 2 files\n\n- Change a in src/a.ts (+1 -1)\n- Add .env (+1 -0)';
  it('is made by rule where there is no model, where it wrote none, and where that is asked for', async () => {
    const last = async (options: Options, input: object) => {
      const { agents, sent } = subject(options);
      const items = await collect(await agents.message({ workspace: '/w', ...input }));
      return { end: items.at(-1), sent: sent.length };
    };
    const end = { type: 'message', message: rule, by: 'rule', files: changed.files };
    expect(await last({ turn: fails('MODEL_NOT_FOUND') }, {})).toEqual({ end, sent: 1 });
    expect(await last({ turn: says('``` ```') }, {})).toEqual({ end, sent: 1 });
    expect(await last({}, { model: 'none' })).toEqual({ end, sent: 0 });
    const hinted = { ...end, message: `for 12\n\n${rule}` };
    expect(await last({}, { model: 'none', hint: 'for 12' })).toEqual({ end: hinted, sent: 0 });
  });

  it('is not made by rule where a model was named, or fails in another way', async () => {
    const named = subject({ turn: fails('MODEL_NOT_FOUND') }).agents;
    await expect(collect(await named.message({ workspace: '/w', model: 'ollama:x' }))).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
    const full = subject({ turn: fails('QUEUE_FULL') }).agents;
    await expect(collect(await full.message({ workspace: '/w' }))).rejects.toMatchObject({ code: 'QUEUE_FULL' });
  });

  it.each(['staged', 'tracked', 'uncommitted'] as const)('says that nothing is %s', async (of) => {
    const { agents } = subject({ diff: { text: '', files: [] } });
    await expect(collect(await agents.message({ workspace: '/w', of }))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('both', () => {
  it('end in ABORTED where the turn is aborted, by the caller or by itself', async () => {
    const abort = new AbortController();
    const { agents, signals } = subject({ onEvent: () => abort.abort() });
    await expect(collect(await agents.review({ workspace: '/w' }, { signal: abort.signal }))).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(signals[0]?.aborted).toBe(true);
    const turn: TurnEventBody[] = [{ type: 'turn-end', reason: 'aborted', text: '', citations: [], usage }];
    await expect(collect(await subject({ turn }).agents.message({ workspace: '/w' }))).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  it('stop the turn when their stream is left', async () => {
    const { agents, signals } = subject();
    for await (const { type } of await agents.message({ workspace: '/w' })) if (type === 'event') break;
    expect(signals[0]?.aborted).toBe(true);
  });
});
