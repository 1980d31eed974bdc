import type { TurnEvent, TurnEventBody } from '@nootropic/contracts';
import { createMemorySessionLog, createRecordingTelemetry } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { block, collect, fakeKnowledge, saying, subjectsOn } from './assistant.fixture.ts';
import { buildPrompt } from './prompt.ts';

const subjects = subjectsOn({ sessions: createMemorySessionLog, telemetry: createRecordingTelemetry });

const usage = { tokensRead: 1200, tokensReused: 300, tokensWritten: 40, cost: 0.0123, totalMs: 4200 };
const work: readonly [turnId: string, body: TurnEventBody][] = [
  [
    'one-1',
    {
      type: 'turn-start',
      text: 'Fix it\nin `a.ts`',
      agent: 'code',
      workspace: '/w',
      attachments: [file('src/b.ts', 3)],
    },
  ],
  ['one-1', { type: 'model-chosen', model: 'file:x', reason: 'only one' }],
  ['one-1', { type: 'text-delta', text: 'Let me ' }],
  ['one-1', { type: 'text-delta', text: 'look.' }],
  ['one-1', { type: 'tool-call', call: { id: '1', name: 'read', arguments: { path: 'a.ts' } } }],
  ['one-1', { type: 'tool-result', callId: '1', name: 'read', ok: true, content: 'x' }],
  ['one-1', { type: 'tool-call', call: { id: '2', name: 'run', arguments: { line: 'npm `test`' } } }],
  ['one-1', { type: 'approval-request', requestId: 'r', action: 'run', detail: 'npm test' }],
  ['one-1', { type: 'approval-answer', requestId: 'r', decision: 'deny', text: 'not now' }],
  ['one-1', { type: 'tool-result', callId: '2', name: 'run', ok: false, content: 'denied\nby you' }],
  ['one-1', { type: 'file-change', path: 'a.ts', change: 'modified', added: 2, removed: 1, step: 7 }],
  ['one-1', { type: 'text-delta', text: 'Done.' }],
  [
    'one-1',
    {
      ...{ type: 'turn-end', reason: 'done', text: 'Let me look.Done.', usage },
      citations: [{ path: 'a.ts', startLine: 1, endLine: 2, symbol: 'a' }],
    },
  ],
  ['two-1', { type: 'turn-start', text: 'Again', agent: 'code', workspace: '/w' }],
  ['two-1', { type: 'turn-end', reason: 'aborted', text: '', citations: [], usage: { ...usage, totalMs: 1 } }],
  ['back', { type: 'rewind', toTurn: 'two-1', code: false }],
  ['two-2', { type: 'turn-start', text: 'Other way', agent: 'code', workspace: '/w' }],
  [
    'two-2',
    {
      type: 'turn-error',
      error: { code: 'MODEL_BUSY', message: 'Busy.', hint: 'Wait.' },
      usage: { ...usage, totalMs: 1 },
    },
  ],
];

function file(path: string, startLine: number) {
  return { kind: 'file' as const, path, startLine };
}

async function withWork(more: Parameters<typeof subjects>[0] = {}) {
  const subject = subjects(more);
  const events = work.map(
    ([turnId, body], at) => ({ ...body, seq: at + 1, sessionId: 'abc1', turnId, time: 1000 + at }) as TurnEvent,
  );
  await subject.sessions.create({
    id: 'abc1',
    workspace: '/w',
    title: 'Fix it',
    createdAt: Date.UTC(2020, 0, 2),
    events,
  });
  return { ...subject, events, requests: subject.assistant.sessions };
}

describe('fork', () => {
  it('copies the events up to and with a turn, as those of a session of its own', async () => {
    const { requests, sessions, events } = await withWork();
    const fork = await requests.fork({ id: 'abc', turnId: 'one' });
    expect(fork).toMatchObject({ title: 'Fix it (2)', workspace: '/w', events: 13 });
    const copied = await sessions.read(fork.id);
    expect(copied.map(({ seq }) => seq)).toEqual(events.slice(0, 13).map(({ seq }) => seq));
    expect(new Set(copied.map(({ sessionId }) => sessionId))).toEqual(new Set([fork.id]));
    const agent = { system: 's', tools: [] };
    expect(buildPrompt(agent, copied)).toEqual(buildPrompt(agent, events.slice(0, 13)));
    expect(await sessions.read('abc1')).toEqual(events);
  });

  it('shares no turn and no step of the journal, and goes back where the first one went back', async () => {
    const { requests, sessions, events } = await withWork();
    const fork = await requests.fork({ id: 'abc1' });
    const copied = await sessions.read(fork.id);
    expect(copied).toHaveLength(events.length);
    const before = new Set(events.map(({ turnId }) => turnId));
    expect(copied.filter(({ turnId }) => before.has(turnId))).toEqual([]);
    expect(copied.filter((event) => 'step' in event)).toEqual([]);
    const agent = { system: 's', tools: [] };
    expect(buildPrompt(agent, copied)).toEqual(buildPrompt(agent, events));
    expect((await requests.fork({ id: fork.id })).title).toBe('Fix it (3)');
  });

  it('says which turn there is not', async () => {
    const { requests } = await withWork();
    await expect(requests.fork({ id: 'abc1', turnId: 'three' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(requests.fork({ id: 'abc1', turnId: 'two' })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(requests.fork({ id: 'none' })).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });
});

describe('rename and search', () => {
  it('names a session anew, on one line, and finds it by that', async () => {
    const { requests } = await withWork();
    expect(await requests.rename({ id: 'abc', title: '  Night\n shift ' })).toMatchObject({ title: 'Night shift' });
    expect(await requests.search({ query: 'night' })).toEqual([
      { session: expect.objectContaining({ id: 'abc1', title: 'Night shift' }) as object, snippet: 'Night shift' },
    ]);
    expect(await requests.search({ query: 'other way' })).toMatchObject([{ turnId: 'two-2' }]);
    expect(await requests.search({ query: 'night', workspace: '/elsewhere' })).toEqual([]);
    await expect(requests.rename({ id: 'abc', title: ' \n ' })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});

describe('export', () => {
  it('writes what a person would like to read', async () => {
    const asked: unknown[] = [];
    const diff = async (selection: unknown) => (asked.push(selection), '--- a/a.ts\n+++ b/a.ts\n@@ -1 +1 @@\n-a\n+```');
    const workplace = async () => ({ journal: async () => ({ diff }) }) as never;
    const { requests } = await withWork({ ports: { workplace } });
    const { name, text } = await requests.export({ id: 'abc1' });
    expect(name).toBe('fix-it-2020-01-02.md');
    expect(asked).toEqual([{ turnId: 'one-1' }]);
    expect(text.split('\n\n')).toEqual([
      '# Fix it',
      expect.stringMatching(/^\*`\/w`, 2020-01-02 to \d{4}-\d\d-\d\d\*$/u) as string,
      '## Fix it',
      '> Fix it\n> in `a.ts`',
      'Attached: `src/b.ts:3`',
      'Let me look.',
      '- **read** `a.ts`\n- **run** `` npm `test` ``, failed: denied by you\n- denied: run (not now)\n- modified `a.ts` (+2 −1)',
      'Done.',
      '````diff\n--- a/a.ts\n+++ b/a.ts\n@@ -1 +1 @@\n-a\n+```\n````',
      'Sources:',
      '- `a.ts:1-2` a',
      '*1970-01-01 00:00 · file:x · 1200 tokens read, 300 reused, 40 written · 4.2 s · $0.0123*',
      '## Other way',
      '**MODEL_BUSY:** Busy. Wait.',
      '*1970-01-01 00:00 · 1200 tokens read, 300 reused, 40 written · 0.0 s · $0.0123*\n',
    ]);
  });

  it('writes all events as JSON, and does without a folder that is gone', async () => {
    const { requests, events } = await withWork();
    const { name, text } = await requests.export({ id: 'abc1', format: 'json' });
    expect(name).toBe('fix-it-2020-01-02.json');
    expect(JSON.parse(text)).toMatchObject({ session: { id: 'abc1' }, events });
    expect((await requests.export({ id: 'abc1' })).text).not.toContain('```diff');
  });
});

describe('why', () => {
  const knowledge = fakeKnowledge({ gather: async () => ({ blocks: [block, other], tokens: 20, leftOut: [] }) });
  const other = {
    ...block,
    citation: { path: 'src/b.ts', startLine: 9, endLine: 9 },
    role: 'test' as const,
    score: 0.5,
  };

  it('tells the parts of what the model read, whole, and what the answer rests on', async () => {
    const requests: { messages: { content: string }[] }[] = [];
    const { assistant } = subjects({ chat: 'file:x', play: saying('See src/a.ts:1-2.'), knowledge, requests });
    const ask = async (text: string, sessionId?: string) =>
      collect(
        await assistant.send({
          ...{ workspace: '/w', text, attachments: [{ kind: 'text', name: 'log', text: 'Error: no' }] },
          ...(sessionId !== undefined && { sessionId }),
        }),
      );
    const [first] = await ask('where?');
    const id = first?.sessionId ?? '';
    const events = await ask('and why?', id);
    const read = requests.at(-1)?.messages.map(({ content }) => content) ?? [];
    const turnId = events[0]?.turnId ?? '';
    const account = await assistant.sessions.why({ id, turnId });
    expect(account.sections.map(({ name }) => name)).toEqual([
      ...['instructions', 'tools', 'earlier-turns', 'attachments', 'passages', 'question'],
    ]);
    const texts = (...names: string[]) =>
      account.sections.filter(({ name }) => names.includes(name)).map(({ text }) => text);
    expect(texts('instructions')[0]).toBe(read[0]?.slice(0, 2000));
    expect(texts('attachments', 'passages', 'question').join('\n\n')).toBe(read.at(-1));
    expect(texts('earlier-turns')[0]).toBe(read.slice(1, -1).join('\n\n').slice(0, 2000));
    expect(account.passages).toMatchObject([
      { citation: block.citation, score: 1, role: 'passage', cited: true },
      { citation: other.citation, score: 0.5, role: 'test', cited: false },
    ]);
    expect(account).toMatchObject({ model: 'file:x', steps: 1, compactions: 0, counted: 'file:x' });
    expect(account.reason).not.toBe('');
    for (const { tokens: count } of account.sections) expect(count).toBeGreaterThan(0);
    expect(account.times.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(account.usage?.totalMs ?? 0);
    // Of the first turn it tells what was read then, and nothing of what came later.
    const before = await assistant.sessions.why({ id, turnId: first?.turnId ?? '' });
    expect(before.sections.map(({ name }) => name)).not.toContain('earlier-turns');
    expect(before.sections.at(-1)?.text).toBe('Question: where?');
  });

  it('estimates where the model is not in memory, counts its steps, and needs none', async () => {
    const { requests } = await withWork();
    const account = await requests.why({ id: 'abc1', turnId: 'one' });
    expect(account).toMatchObject({ model: 'file:x', counted: 'estimate', steps: 3, usage });
    expect(account.sections.map(({ name }) => name)).toEqual(['instructions', 'question']);
    const none = subjects();
    const [start] = await collect(await none.assistant.send({ workspace: '/w', text: 'where?' }));
    const extract = await none.assistant.sessions.why({ id: start?.sessionId ?? '', turnId: start?.turnId ?? '' });
    expect(extract).toMatchObject({ model: 'none', sections: [], passages: [{ cited: true }] });
    await expect(requests.why({ id: 'abc1', turnId: 'three' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
