import { NootropicError, type Message, type TurnEvent } from '@nootropic/contracts';
import { createMemorySessionLog, createRecordingTelemetry, onePixelImages } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import {
  block,
  collect,
  subjectsOn,
  fakeKnowledge,
  fakeRuntime,
  find,
  saying,
  storedModel,
  tokens,
  type Play,
} from './assistant.fixture.ts';

const assistant = subjectsOn({ sessions: createMemorySessionLog, telemetry: createRecordingTelemetry });

describe('a picture', () => {
  const [png] = onePixelImages;
  const input = {
    workspace: '/w',
    text: 'What is this?',
    attachments: [{ kind: 'image', name: 'a.png', ...png }],
  } as const;

  it('goes to a model that sees, also with later questions, and is not searched for', async () => {
    const requests: unknown[] = [];
    const queries: string[] = [];
    const knowledge = fakeKnowledge({
      gather: async (query) => {
        queries.push(query);
        return { blocks: [], tokens: 0, leftOut: [] };
      },
    });
    const info = { can: ['generate', 'see'] as const };
    const { assistant: subject, telemetry } = assistant({ chat: 'file:x', info, requests, knowledge });
    const events = await collect(await subject.send({ ...input, attachments: [...input.attachments] }));
    expect(find(events, 'turn-end')?.reason).toBe('done');
    await collect(await subject.send({ workspace: '/w', text: 'And why?', sessionId: events[0]?.sessionId ?? '' }));
    const asked = requests as { messages: Message[] }[];
    expect(asked.map(({ messages }) => messages[1])).toEqual([
      { role: 'user', content: 'Attached picture: a.png\n\nQuestion: What is this?', images: [png] },
      { role: 'user', content: 'Attached picture: a.png\n\nQuestion: What is this?', images: [png] },
    ]);
    expect(queries).toEqual(['What is this?', 'And why?']);
    expect(JSON.stringify(telemetry)).not.toContain(png.data);
  });

  it('is refused by one that does not, before anything is sent', async () => {
    const requests: unknown[] = [];
    const { assistant: subject } = assistant({ chat: 'file:x', requests });
    const events = await collect(await subject.send({ ...input, attachments: [...input.attachments] }));
    expect(find(events, 'turn-error')?.error).toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: expect.stringContaining('cannot look at pictures') as string,
    });
    const later = { workspace: '/w', text: 'And now?', sessionId: events[0]?.sessionId ?? '' };
    expect(find(await collect(await subject.send(later)), 'turn-end')?.reason).toBe('done');
    expect(requests).toHaveLength(1);
    expect(JSON.stringify(requests)).toContain('[image a.png: left out]');
    expect(JSON.stringify(requests)).not.toContain(png.data);
  });

  it('is refused where there is no model, and where it is none', async () => {
    const subject = assistant().assistant;
    const events = await collect(await subject.send({ ...input, attachments: [...input.attachments] }));
    expect(find(events, 'turn-error')?.error.code).toBe('MODEL_UNSUPPORTED');
    const broken = { ...input, attachments: [{ ...input.attachments[0], data: 'AAAA' }] };
    await expect(subject.send(broken)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});

describe('a turn', () => {
  it('goes its way in order, with numbers without a gap, and stores all that it shows', async () => {
    const { assistant: subject, sessions } = assistant({
      chat: 'file:x',
      play: saying('See ', 'src/a.ts:1-2', ' and src/gone.ts:4.'),
    });
    const events = await collect(await subject.send({ workspace: '/w', text: 'where?' }));
    expect(events.map(({ type }) => type)).toEqual([
      'turn-start',
      'context-ready',
      'model-chosen',
      'text-delta',
      'notice',
      'turn-end',
    ]);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(find(events, 'notice')).toMatchObject({
      code: 'citation-missing',
      message: expect.stringContaining('src/gone.ts:4') as string,
    });
    expect(find(events, 'turn-end')).toMatchObject({
      reason: 'done',
      text: 'See src/a.ts:1-2 and src/gone.ts:4.',
      citations: [{ path: 'src/a.ts', startLine: 1, endLine: 2 }],
      usage: { tokensRead: 5, tokensReused: 2, tokensWritten: 3 },
    });
    const [session] = await sessions.list();
    expect(await sessions.read(session?.id ?? '')).toEqual(events);
    expect(session).toMatchObject({ title: 'where?', workspace: '/w' });
  });

  it('writes each event before it is shown', async () => {
    const sessions = createMemorySessionLog();
    const { assistant: subject } = assistant({ sessions, chat: 'file:x' });
    for await (const event of await subject.send({ workspace: '/w', text: 'where?' })) {
      expect(await sessions.read(event.sessionId, event.seq - 1)).toContainEqual(event);
    }
  });

  it('answers with the passages where there is no model', async () => {
    const events = await collect(await assistant().assistant.send({ workspace: '/w', text: 'where?' }));
    expect(find(events, 'model-chosen')).toMatchObject({ model: 'none' });
    expect(find(events, 'turn-end')).toMatchObject({
      reason: 'done',
      citations: [block.citation],
      usage: { tokensWritten: 0 },
    });
    expect(find(events, 'turn-end')?.text).toContain('models import PATH');
  });

  it('runs the tools that the model calls and tells it what they gave', async () => {
    const requests: { messages: { role: string; content: string }[] }[] = [];
    const play: Play = async function* (call) {
      if (call === 1) {
        yield { type: 'tool-call', call: { id: 'c1', name: 'read', arguments: { path: 'src/a.ts' } } };
        yield { type: 'tool-call', call: { id: 'c2', name: 'fly', arguments: {} } };
        yield { type: 'tool-call', call: { id: 'c3', name: 'read', arguments: { path: 7 } } };
      } else yield { type: 'text', text: 'done' };
      yield { type: 'finish', reason: call === 1 ? 'tool-call' : 'stop', tokens };
    };
    const events = await collect(
      await assistant({ chat: 'file:x', play, requests }).assistant.send({ workspace: '/w', text: 'where?' }),
    );
    const results = events.filter((event) => event.type === 'tool-result');
    expect(results.map(({ ok }) => ok)).toEqual([true, false, false]);
    expect(results[1]?.content).toContain('There is no tool fly');
    expect(results[2]?.content).toContain('Wrong arguments');
    expect(requests[1]?.messages.slice(-4).map(({ role }) => role)).toEqual(['assistant', 'tool', 'tool', 'tool']);
    expect(find(events, 'turn-end')?.usage).toMatchObject({ tokensRead: 10, tokensWritten: 6 });
  });

  it('ends although the model would call the same tool for ever', async () => {
    const play: Play = async function* (call) {
      yield { type: 'tool-call', call: { id: `c${call}`, name: 'list', arguments: { path: '.' } } };
      yield { type: 'finish', reason: 'tool-call', tokens };
    };
    const events = await collect(
      await assistant({ chat: 'file:x', play }).assistant.send({ workspace: '/w', text: 'where?' }),
    );
    expect(find(events, 'turn-end')?.reason).toBe('steps');
    const results = events.filter((event) => event.type === 'tool-result');
    expect(results).toHaveLength(9);
    expect(results[2]).toMatchObject({ ok: false, content: expect.stringContaining('already') as string });
    expect(results[7]?.content).toContain('no more calls are run');
    expect(results[8]).toMatchObject({ ok: false, content: expect.stringMatching(/^Answer now/u) as string });
  });

  it('ends in a turn-error, not a throw, and keeps what was said', async () => {
    const play: Play = async function* () {
      yield { type: 'text', text: 'half' };
      throw new NootropicError('MODEL_CRASHED');
    };
    const { assistant: subject, sessions } = assistant({ chat: 'file:x', play });
    const events = await collect(await subject.send({ workspace: '/w', text: 'where?' }));
    expect(events.at(-1)).toMatchObject({ type: 'turn-error', error: { code: 'MODEL_CRASHED' } });
    expect(await sessions.read('id-1')).toEqual(events);
  });

  it('names a model that does not exist', async () => {
    const events = await collect(
      await assistant().assistant.send({ workspace: '/w', text: 'x', model: 'file:missing' }),
    );
    expect(events.at(-1)).toMatchObject({ type: 'turn-error', error: { code: 'MODEL_NOT_FOUND' } });
    const odd = await collect(await assistant().assistant.send({ workspace: '/w', text: 'x', model: 'gpt' }));
    expect(odd.at(-1)).toMatchObject({ type: 'turn-error', error: { code: 'MODEL_REF_INVALID' } });
  });

  it('takes the name of an imported model for its reference', async () => {
    const events = await collect(
      await assistant({ stored: [storedModel()] }).assistant.send({ workspace: '/w', text: 'x', model: 'mine' }),
    );
    expect(find(events, 'model-chosen')).toMatchObject({
      model: 'file:/models/mine.gguf',
      reason: 'named for this turn',
    });
  });

  const endless: Play = async function* () {
    yield { type: 'text', text: 'half' };
    await new Promise(() => {});
  };

  it('ends as aborted when it is cancelled, though the model does not listen', async () => {
    const abort = new AbortController();
    const { assistant: subject, sessions } = assistant({ chat: 'file:x', play: endless });
    const events: TurnEvent[] = [];
    for await (const event of await subject.send({ workspace: '/w', text: 'where?' }, { signal: abort.signal })) {
      events.push(event);
      if (event.type === 'text-delta') abort.abort();
    }
    expect(events.at(-1)).toMatchObject({ type: 'turn-end', reason: 'aborted', text: 'half' });
    expect(await sessions.read('id-1')).toEqual(events);
  });

  it('stores its end when the reader walks away', async () => {
    const { assistant: subject, sessions } = assistant({ chat: 'file:x', play: endless });
    for await (const event of await subject.send({ workspace: '/w', text: 'where?' }))
      if (event.type === 'text-delta') break;
    expect((await sessions.read('id-1')).at(-1)).toMatchObject({ type: 'turn-end', reason: 'aborted', text: 'half' });
  });

  it('ends as soon as its stream is returned, though nothing comes', async () => {
    const silent: Play = async function* () {
      yield* [];
      await new Promise(() => {});
    };
    const { assistant: subject, sessions } = assistant({ chat: 'file:x', play: silent });
    const stream = await subject.send({ workspace: '/w', text: 'where?' });
    let step = await stream.next();
    while (step.done !== true && step.value.type !== 'model-chosen') step = await stream.next();
    const waiting = stream.next();
    await stream.return?.();
    expect((await waiting).value).toMatchObject({ type: 'turn-end', reason: 'aborted' });
    expect((await sessions.read('id-1')).at(-1)).toMatchObject({ type: 'turn-end', reason: 'aborted' });
  });

  it('is aborted already when it is cancelled before it starts', async () => {
    const events = await collect(
      await assistant({ chat: 'file:x' }).assistant.send(
        { workspace: '/w', text: 'where?' },
        { signal: AbortSignal.abort() },
      ),
    );
    expect(events.at(-1)).toMatchObject({ type: 'turn-end', reason: 'aborted' });
  });
});

describe('a session', () => {
  it('goes on where it was, with a prompt that starts with all of the one before', async () => {
    const requests: { messages: unknown[] }[] = [];
    const { assistant: subject } = assistant({ chat: 'file:x', requests });
    const first = await collect(await subject.send({ workspace: '/w', text: 'one' }));
    const second = await collect(await subject.send({ workspace: '/w', text: 'two', sessionId: 'id-1' }));
    expect(second[0]?.seq).toBe((first.at(-1)?.seq ?? 0) + 1);
    const [before, after] = requests;
    expect(after?.messages.slice(0, before?.messages.length)).toEqual(before?.messages);
    expect(after?.messages).toHaveLength((before?.messages.length ?? 0) + 2);
  });

  it('takes several turns at once: none is lost, each ends, and the numbers have no gap', async () => {
    const { assistant: subject, sessions } = assistant({ chat: 'file:x', play: saying('a', 'b', 'c') });
    await collect(await subject.send({ workspace: '/w', text: 'one' }));
    const turns = ['two', 'three', 'four', 'five'].map(async (text) =>
      collect(await subject.send({ workspace: '/w', text, sessionId: 'id-1' })),
    );
    for (const turn of await Promise.all(turns)) expect(turn.at(-1)?.type).toBe('turn-end');
    const kept = await sessions.read('id-1');
    expect(kept.map(({ seq }) => seq)).toEqual(kept.map((_, index) => index + 1));
    expect(kept.filter(({ type }) => type === 'turn-end')).toHaveLength(5);
  });

  it('that does not exist is said before anything is written', async () => {
    const { assistant: subject, sessions } = assistant();
    await expect(
      collect(await subject.send({ workspace: '/w', text: 'x', sessionId: 'nowhere' })),
    ).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    expect(await sessions.list()).toEqual([]);
  });
});

describe('the prompt', () => {
  it('says in which session each call of the model is', async () => {
    const calls: { session?: string; client?: string }[] = [];
    const { assistant: subject } = assistant({ chat: 'file:x', calls });
    await collect(await subject.send({ workspace: '/w', text: 'one' }));
    expect(calls).toMatchObject([{ session: 'id-1', workClass: 'chat' }]);
  });

  it('goes on after a call whose result was cut off, with an answer to every call', async () => {
    const requests: { messages: Message[] }[] = [];
    const abort = new AbortController();
    const play: Play = async function* (call) {
      if (call === 1) yield { type: 'tool-call', call: { id: 'c1', name: 'list', arguments: {} } };
      else yield { type: 'text', text: 'fine' };
      yield { type: 'finish', reason: call === 1 ? 'tool-call' : 'stop', tokens };
    };
    const knowledge = fakeKnowledge({
      async list() {
        abort.abort();
        return new Promise(() => {});
      },
    });
    const { assistant: subject } = assistant({ chat: 'file:x', play, requests, knowledge });
    const first = await collect(await subject.send({ workspace: '/w', text: 'one' }, { signal: abort.signal }));
    expect(first.map(({ type }) => type).slice(-2)).toEqual(['tool-call', 'turn-end']);
    await collect(await subject.send({ workspace: '/w', text: 'two', sessionId: 'id-1' }));
    expect(requests[1]?.messages.slice(2).map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant', 'user']);
    expect(requests[1]?.messages.find(({ role }) => role === 'tool')?.content).toContain('not run');
  });

  it('fits attached text that is longer than the model can read, and says so', async () => {
    const requests: { messages: Message[] }[] = [];
    const text = Array.from({ length: 20_000 }, (_, line) => `line ${line}`).join('\n');
    const { assistant: subject } = assistant({ chat: 'file:x', requests });
    const input = { workspace: '/w', attachments: [{ kind: 'text' as const, name: 'stdin', text }] };
    const events = await collect(await subject.send({ ...input, text: 'why?' }));
    expect(events.at(-1)?.type).toBe('turn-end');
    expect(events).toContainEqual(expect.objectContaining({ type: 'notice', code: 'attachment-cut' }));
    const asked = requests[0]?.messages.at(-1)?.content ?? '';
    expect(asked.length).toBeLessThan(4096 * 4);
    expect(asked).toContain('line 19999');
    expect(asked).toContain('Question: why?');
    await collect(await subject.send({ workspace: '/w', text: 'and?', sessionId: 'id-1' }));
    expect(requests[1]?.messages.slice(0, 2)).toEqual(requests[0]?.messages);
  });
});

describe('sources', () => {
  const ended = async (text: string) => {
    const { assistant: subject } = assistant({ chat: 'file:x', play: saying(text) });
    return find(await collect(await subject.send({ workspace: '/w', text: 'where?' })), 'turn-end');
  };

  it('are the passages given, where the answer names none', async () => {
    expect((await ended('No idea.'))?.citations).toEqual([block.citation]);
  });

  it('are none where all that it names does not exist', async () => {
    expect((await ended('See src/gone.ts:4.'))?.citations).toEqual([]);
  });
});

describe('a model that cannot be used', () => {
  const down = (ref: string) => {
    throw new NootropicError('MODEL_UNREACHABLE', `${ref} does not answer.`);
  };
  const remote = (options: Parameters<typeof fakeRuntime>[0] = {}) => fakeRuntime({ scheme: 'openai', ...options });

  it('gives way to the fallbacks in their order, each step said', async () => {
    const runtimes = [remote({ onLoad: down }), fakeRuntime({ play: saying('from here') })];
    const { assistant: subject } = assistant({
      ...{ runtimes, chat: 'openai:a@http://127.0.0.1:1/v1' },
      config: { models: { fallback: ['openai:b@http://127.0.0.1:1/v1', 'nowhere', 'file:c'] } },
    });
    const events = await collect(await subject.send({ workspace: '/w', text: 'x' }));
    const notices = events.flatMap((event) =>
      event.type === 'notice' && event.code === 'model-fallback' ? [event.message] : [],
    );
    expect(notices).toHaveLength(3);
    expect(notices[0]).toContain('openai:a@http://127.0.0.1:1/v1 cannot be used');
    expect(find(events, 'model-chosen')).toMatchObject({
      model: 'file:c',
      reason: expect.stringContaining('number 3') as string,
    });
    expect(find(events, 'turn-end')?.text).toBe('from here');
  });

  it('gives way when it fails before its first word, and not after', async () => {
    const failing: Play = async function* () {
      yield { type: 'prompt-progress', done: 1, total: 2 };
      throw new NootropicError('QUEUE_FULL');
    };
    const speaking: Play = async function* () {
      yield { type: 'text', text: 'half' };
      throw new NootropicError('MODEL_UNREACHABLE');
    };
    const config = { models: { fallback: ['file:c'] } };
    const chat = 'openai:a@http://192.0.2.1/v1';
    const ask = async (play: Play) => {
      const { assistant: subject } = assistant({ runtimes: [remote({ play }), fakeRuntime()], chat, config });
      return collect(await subject.send({ workspace: '/w', text: 'x' }));
    };
    expect(find(await ask(failing), 'turn-end')?.text).toBe('hello');
    expect((await ask(speaking)).at(-1)).toMatchObject({ type: 'turn-error', error: { code: 'MODEL_UNREACHABLE' } });
  });

  it('ends the turn with its own error where all fail, and where it was named and is not there', async () => {
    const options = {
      runtimes: [remote({ onLoad: down }), fakeRuntime()],
      config: { models: { fallback: ['file:c'] } },
    };
    const named = await collect(
      await assistant(options).assistant.send({ workspace: '/w', text: 'x', model: 'file:missing' }),
    );
    expect(named.at(-1)).toMatchObject({ type: 'turn-error', error: { code: 'MODEL_NOT_FOUND' } });
    const all = assistant({
      ...options,
      chat: 'openai:a@http://h/v1',
      config: { models: { fallback: ['file:missing'] } },
    });
    expect((await collect(await all.assistant.send({ workspace: '/w', text: 'x' }))).at(-1)).toMatchObject({
      type: 'turn-error',
      error: { code: 'MODEL_UNREACHABLE' },
    });
  });

  it('is never replaced by one on another machine where that is forbidden', async () => {
    const requests: unknown[] = [];
    const loads: string[] = [];
    const runtimes = [
      remote({ requests, onLoad: (ref) => void loads.push(ref) }),
      fakeRuntime({
        onLoad: () => {
          throw new NootropicError('MODEL_LOAD_FAILED');
        },
      }),
    ];
    const models = { neverRemote: ['/w'], fallback: ['openai:a@https://api.example.com/v1'] };
    const { assistant: subject } = assistant({ runtimes, chat: 'file:x', config: { models } });
    const events = await collect(await subject.send({ workspace: '/w/project', text: 'x' }));
    expect(events.at(-1)).toMatchObject({ type: 'turn-error', error: { code: 'MODEL_LOAD_FAILED' } });
    expect([requests, loads]).toEqual([[], []]);
    expect(JSON.stringify(events)).toContain('models.neverRemote names /w');
  });
});

describe('usage', () => {
  it('counts every call by turn, model and client, and what it cost', async () => {
    const price = () => ({ read: 1_000_000, reused: 0, written: 2_000_000 });
    const { assistant: subject, usage, telemetry } = assistant({ chat: 'file:x', models: { price } });
    const events = await collect(await subject.send({ workspace: '/w', text: 'x' }));
    expect(find(events, 'turn-end')?.usage).toMatchObject({
      tokensRead: 5,
      tokensReused: 2,
      tokensWritten: 3,
      cost: 11,
    });
    expect(usage.records).toMatchObject([
      { model: 'file:x', client: 'local', turnId: 'id-2', tokensRead: 5, cost: 11 },
    ]);
    for (const metric of ['nootropic_tokens_total', 'nootropic_model_calls_total', 'nootropic_turns_total'])
      expect(telemetry.total(metric), metric).toBeGreaterThan(0);
    const timed = telemetry.measured.flatMap(({ kind, metric }) => (kind === 'time' ? [metric] : []));
    for (const metric of ['model_call', 'model_load', 'first_text', 'turn_duration', 'queue_wait', 'index'])
      expect(timed).toContain(`nootropic_${metric}_seconds`);
  });

  it('does not fail a turn that could not be counted', async () => {
    const usage = {
      add: () => Promise.reject(new Error('disk')),
      sum: async () => [],
      [Symbol.asyncDispose]: async () => {},
    };
    const { assistant: subject, telemetry } = assistant({ chat: 'file:x', models: { usage } });
    const events = await collect(await subject.send({ workspace: '/w', text: 'x' }));
    expect(events.at(-1)).toMatchObject({ type: 'turn-end', reason: 'done' });
    expect(telemetry.lines).toContainEqual(expect.objectContaining({ level: 'warn' }));
  });

  it('counts what is known of a call whose model was left behind', async () => {
    const abort = new AbortController();
    const play: Play = async function* () {
      yield { type: 'prompt-progress', done: 700, total: 700 };
      yield { type: 'text', text: 'half of it' };
      await new Promise(() => {});
    };
    const { assistant: subject, usage } = assistant({ chat: 'file:x', play });
    const events: TurnEvent[] = [];
    for await (const event of await subject.send({ workspace: '/w', text: 'x' }, { signal: abort.signal })) {
      events.push(event);
      if (event.type === 'text-delta') abort.abort();
    }
    expect(events.at(-1)).toMatchObject({ reason: 'aborted', usage: { tokensRead: 700, tokensWritten: 3 } });
    expect(usage.records).toMatchObject([{ tokensRead: 700, tokensWritten: 3 }]);
  });

  it('counts tool calls by names that it knows, and errors by their code', async () => {
    const play: Play = async function* (call) {
      if (call > 1) throw new NootropicError('MODEL_CRASHED');
      yield { type: 'tool-call', call: { id: 'a', name: 'fly', arguments: {} } };
      yield { type: 'tool-call', call: { id: 'b', name: 'list', arguments: {} } };
      yield { type: 'finish', reason: 'tool-call', tokens };
    };
    const { assistant: subject, telemetry } = assistant({ chat: 'file:x', play });
    await collect(await subject.send({ workspace: '/w', text: 'x' }));
    const labels = (metric: string) =>
      telemetry.measured.flatMap((each) => (each.metric === metric ? [each.labels] : []));
    expect(labels('nootropic_tool_calls_total')).toEqual([
      { tool: 'unknown', result: 'error' },
      { tool: 'list', result: 'ok' },
    ]);
    expect(labels('nootropic_errors_total')).toEqual([{ code: 'MODEL_CRASHED' }]);
  });
});
