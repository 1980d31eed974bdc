import { answerAgent, type Agent, type Tool } from '@nootropic/agents';
import type { GenerateRequest, ModelEvent, TurnEvent } from '@nootropic/contracts';
import {
  createMemorySessionLog,
  createRecordingTelemetry,
  createTinyTokenizer,
  encodeTiny,
  renderTinyPrompt,
} from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { collect, subjectsOn, fakeKnowledge, tokens, type Play } from './assistant.fixture.ts';

const createSubject = subjectsOn({ sessions: createMemorySessionLog, telemetry: createRecordingTelemetry });

/** Tokens at the end of a prompt that the next one need not have: what may change from moment to moment. */
const volatileTail = 300;
const turns = 20;

const countTool: Tool = {
  spec: { name: 'count', description: 'Count the lines of a file.', parameters: { type: 'object', properties: {} } },
  reads: true,
  async *run() {
    return { ok: true, content: '42' };
  },
};

const abort = new AbortController();

/** One step, two, or two calls at once, with text before a call and without; once the turn is cut off between a call and its result. */
const script: readonly (readonly ModelEvent[])[] = Array.from({ length: turns }, (_, turn): ModelEvent[][] => {
  const call = (name: string, id: string, args: Record<string, unknown>): ModelEvent => ({
    type: 'tool-call',
    call: { id: `${id}${turn}`, name, arguments: args },
  });
  const say = (text: string): ModelEvent => ({ type: 'text', text });
  const done: ModelEvent = { type: 'finish', reason: 'stop', tokens };
  const called: ModelEvent = { type: 'finish', reason: 'tool-call', tokens };
  switch (turn % 5) {
    case 1:
      return [
        [say('Let me look.'), call('read', 'a', { path: 'src/a.ts' }), call('list', 'b', { path: '.' }), called],
        [say(`Answer ${turn}.`), done],
      ];
    case 2:
      return [
        [call('search', 'c', { query: 'alpha' }), called],
        [say('First this:\n'), call('symbol', 'd', { name: 'x' }), called],
        [say('So.'), done],
      ];
    case 3:
      return turn === 13
        ? [[say('I look.'), call('read', 'e', { path: 'wait' }), called]]
        : [[say('\nPlain answer.\n'), done]];
    default:
      return [[say(`Answer ${turn}: see src/a.ts:1-2.`), done]];
  }
}).flat();

const play: Play = async function* (call) {
  await Promise.resolve();
  yield* script[call - 1] ?? [];
};

const knowledge = fakeKnowledge({
  async read(path, range = { startLine: 1, endLine: 3 }) {
    if (path === 'wait') {
      abort.abort();
      await new Promise((resolve) => setTimeout(resolve, 5));
      abort.signal.throwIfAborted();
    }
    return { text: `text of ${path}`, startLine: range.startLine, endLine: Math.min(range.endLine, 3), totalLines: 3 };
  },
});

async function playSession(contextLength: number) {
  const requests: GenerateRequest[] = [];
  const subjects = { agent: answerAgent as Agent };
  const { assistant, sessions, later } = createSubject({
    ...{ chat: 'file:x', play, requests, knowledge },
    info: { contextLength },
    agent: () => subjects.agent,
  });
  const perTurn: { requests: GenerateRequest[]; events: TurnEvent[] }[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    later(turn * 3_600_000);
    if (turn === 6) subjects.agent = { ...answerAgent, tools: [countTool, ...answerAgent.tools] };
    if (turn === 8) {
      const { events: seq } = await sessions.find('latest');
      const written = { type: 'memory-written', fact: 'The user likes tests.', turnId: 'memory', sessionId: 'id-1' };
      await sessions.append('id-1', [{ ...written, seq: seq + 1, time: turn }]);
    }
    const before = requests.length;
    const events = await collect(
      await assistant.send(
        {
          workspace: '/w',
          text: `Question ${turn}: what is in the file, and which function does it call?`,
          ...(turn > 0 && { sessionId: 'id-1' }),
          ...(turn === 4 && { attachments: [{ kind: 'file', path: 'src/a.ts' }] }),
          ...(turn === 9 && { attachments: [{ kind: 'text', name: 'stdin', text: 'Error: it failed\n'.repeat(20) }] }),
        },
        turn === 13 ? { signal: abort.signal } : {},
      ),
    );
    perTurn.push({ requests: requests.slice(before), events });
  }
  return perTurn;
}

const tokenizer = createTinyTokenizer();
const encode = (request: GenerateRequest) => encodeTiny(tokenizer, renderTinyPrompt(request));

function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const end = a.findIndex((token, index) => token !== b[index]);
  return end < 0 ? a.length : end;
}

describe('the prompt of a session', () => {
  it('is append-only over twenty turns: each begins with all of the one before but a volatile tail', async () => {
    const session = await playSession(32_768);
    expect(session).toHaveLength(turns);
    const prompts = session.flatMap(({ requests }) => requests).map(encode);
    expect(prompts.length).toBeGreaterThan(turns);
    for (const [index, prompt] of prompts.entries()) {
      const next = prompts[index + 1];
      if (next) expect(prompt.length - commonPrefix(prompt, next)).toBeLessThanOrEqual(volatileTail);
    }
    expect(session.flatMap(({ events }) => events).filter(({ type }) => type === 'compaction')).toEqual([]);
  });

  it('has the same messages live and replayed: nothing of an old turn changes but by what was cut off', async () => {
    const session = await playSession(32_768);
    const requests = session.flatMap((turn) => turn.requests);
    for (const [index, { messages }] of requests.entries()) {
      const next = requests[index + 1];
      if (next) expect(next.messages.slice(0, messages.length)).toEqual(messages);
    }
  });

  it('announces a tool that came later instead of putting it before what was read', async () => {
    const session = await playSession(32_768);
    const [first] = session[5]?.requests ?? [];
    const [later] = session[6]?.requests ?? [];
    const [after] = session[7]?.requests ?? [];
    expect(first?.tools?.map(({ name }) => name)).not.toContain('count');
    for (const request of [later, after]) {
      expect(request?.tools?.map(({ name }) => name)).toEqual(['search', 'read', 'list', 'symbol', 'count']);
      expect(request?.announcedTools).toEqual(['count']);
    }
    expect(later?.messages.at(-1)?.content).toContain('"name":"count"');
    expect(after?.messages.at(-1)?.content).not.toContain('"name":"count"');
  });

  it('changes its beginning only with an announced compaction, and then not again for several turns', async () => {
    const session = await playSession(2_600);
    const compacted = session.flatMap(({ events }, turn) =>
      events.some(({ type }) => type === 'compaction') ? [turn] : [],
    );
    expect(compacted.length).toBeGreaterThan(0);
    expect(compacted.length).toBeLessThan(turns / 3);
    for (const [turn, { requests }] of session.entries()) {
      const [first] = session[turn + 1]?.requests ?? [];
      const last = requests.at(-1);
      if (!first || !last || compacted.includes(turn + 1)) continue;
      const prompt = encode(last);
      expect(prompt.length - commonPrefix(prompt, encode(first))).toBeLessThanOrEqual(volatileTail);
    }
    const latest = session.at(-1)?.requests.at(-1);
    expect(latest?.announcedTools).toBeUndefined();
    expect(latest?.tools?.map(({ name }) => name)).toContain('count');
  });
});
