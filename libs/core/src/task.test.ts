import { NootropicError, type CheckResult, type Hook, type TurnEvent } from '@nootropic/contracts';
import * as testing from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { find } from './assistant.fixture.ts';
import { call, say, steps, taskSubjectsOn, typesOf, workspaceOrigin } from './task.fixture.ts';

const taskSubject = taskSubjectsOn(testing);

const write = (content: string, path = 'src/a.ts') => call('put', { path, content }, `put ${content}`);

describe('a task', () => {
  it('goes its way: asked, allowed, written, checked, told to the model, and on the record', async () => {
    const { send, place, sessions, requests } = await taskSubject({ play: steps(write('new\n'), say('Changed.')) });
    const events = await send({});
    expect(typesOf(events)).toEqual([
      ...['turn-start', 'context-ready', 'model-chosen', 'tool-call', 'approval-request', 'approval-answer'],
      ...['file-change', 'tool-result', 'text-delta', 'turn-end'],
    ]);
    expect(find(events, 'turn-start')).toMatchObject({ agent: 'code', mode: 'ask' });
    expect(find(events, 'tool-result')).toMatchObject({ ok: true });
    expect(await place.text('src/a.ts')).toBe('new\n');
    expect(await sessions.read(events[0]?.sessionId ?? '')).toEqual(events);
    expect(requests[0]?.messages[0]).toMatchObject({ role: 'system', content: 'You change code.' });
    expect(requests[0]?.messages[1]?.content).toContain('Task: Do it.\n\n[Mode ask: ');
    expect(requests[1]?.messages.at(-1)).toMatchObject({
      role: 'tool',
      content: expect.stringContaining('modified src/a.ts'),
    });
  });

  it('tells the model why the person said no, and goes on', async () => {
    const { send, place, requests } = await taskSubject({
      play: steps(write('x'), say('Then not.')),
      answer: () => ({ decision: 'deny', text: 'not this file' }),
    });
    const events = await send({});
    expect(requests[1]?.messages.at(-1)?.content).toContain('The user said no: not this file');
    expect(find(events, 'approval-answer')).toMatchObject({ decision: 'deny', text: 'not this file' });
    expect(find(events, 'turn-end')).toMatchObject({ reason: 'done' });
    expect(await place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
  });

  it('is refused on the record what nobody is there to be asked for', async () => {
    const { send, place } = await taskSubject({ play: steps(write('x')) });
    const events = await send({ attended: false });
    expect(find(events, 'approval-answer')).toMatchObject({ decision: 'deny', automatic: true });
    expect(await place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
  });

  it('tries again after a check failed, then is taken back, and learns', async () => {
    const failing: CheckResult = { name: 'types (tsc)', ok: false, output: 'error TS1', tookMs: 1 };
    const reflexion = testing.createMemoryReflexion({ judge: () => [failing] });
    const { send, place, requests, assistant } = await taskSubject({
      reflexion,
      play: steps(write('bad\n'), write('worse\n'), say('I give up.')),
    });
    const events = await send({ text: 'Change src/a.ts for the types.' });
    expect(typesOf(events).filter((type) => type === 'check-result' || type === 'lesson')).toEqual([
      ...['check-result', 'check-result', 'lesson'],
    ]);
    expect(requests[1]?.messages.at(-1)?.content).toContain('error TS1');
    expect(requests[2]?.messages.at(-1)?.content).toContain('Taken back');
    expect(await place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
    const [lesson] = await assistant.lessons.list({ workspace: '/w' });
    const again = await send({ text: 'Change src/a.ts for the types again.' });
    expect(find(again, 'turn-start')?.preamble).toContain(lesson?.text);
    await assistant.lessons.remove({ workspace: '/w', id: lesson?.id ?? '' });
    await expect(assistant.lessons.remove({ workspace: '/w', id: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('says at its end which files do not pass', async () => {
    const failing: CheckResult = { name: 'types', ok: false, output: 'no', tookMs: 1 };
    const { send } = await taskSubject({
      reflexion: testing.createMemoryReflexion({ judge: () => [failing] }),
      play: steps(write('bad\n'), say('Done.'), say('Done.'), say('Done.'), say('Done.')),
    });
    const events = await send({});
    expect(events).toContainEqual(expect.objectContaining({ type: 'notice', code: 'checks-failing' }));
  });

  it('ends as aborted while it waits for a person, and the session can be read and gone on with', async () => {
    const abort = new AbortController();
    const { send, assistant, place } = await taskSubject({
      play: steps(write('x'), say('Later.')),
      answer: () => void abort.abort(),
    });
    const events = await send({}, abort.signal);
    expect(typesOf(events).slice(-3)).toEqual(['approval-request', 'tool-result', 'turn-end']);
    expect(find(events, 'turn-end')).toMatchObject({ reason: 'aborted' });
    const { sessionId = '' } = events[0] ?? {};
    const requestId = find(events, 'approval-request')?.requestId ?? '';
    await expect(assistant.answer({ sessionId, requestId, decision: 'allow' })).rejects.toMatchObject({
      code: 'APPROVAL_UNKNOWN',
    });
    expect(await place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
    expect(typesOf(await send({ sessionId, text: 'Go on.' })).at(-1)).toBe('turn-end');
  });

  it('hears what is said while it works, also while it waits', async () => {
    const { send, requests, assistant } = await taskSubject({
      play: steps(write('x\n'), say('As you say.')),
      answer: ({ sessionId }, front) => {
        void front.steer({ sessionId, text: 'and be quick' });
        return { decision: 'allow' };
      },
    });
    const events = await send({});
    expect(find(events, 'user-message')).toMatchObject({ text: 'and be quick' });
    expect(requests[1]?.messages.at(-1)).toMatchObject({ role: 'user', content: 'and be quick' });
    expect(await assistant.steer({ sessionId: events[0]?.sessionId ?? '', text: 'more' })).toEqual({ taken: false });
  });

  it('asks the person, and reads the answer', async () => {
    const { send, requests } = await taskSubject({
      play: steps(call('ask-user', { text: 'Tabs or spaces?' })),
      answer: ({ action }) => (action === 'question' ? { decision: 'allow', text: 'spaces' } : undefined),
    });
    await send({});
    expect(requests[1]?.messages.at(-1)).toMatchObject({ role: 'tool', content: 'spaces' });
  });

  it('changes and runs nothing in plan mode, and is offered nothing that could', async () => {
    const { send, place, requests } = await taskSubject({ play: steps(write('x'), say('1. Change it.')) });
    const events = await send({ mode: 'plan' });
    expect(find(events, 'turn-start')?.tools).toEqual(['search', 'read', 'list', 'symbol']);
    expect(requests[0]?.tools?.map(({ name }) => name)).toEqual(['search', 'read', 'list', 'symbol']);
    expect(find(events, 'tool-result')).toMatchObject({ ok: false });
    expect(await place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
  });

  it('can be gone on with where its program was killed while it waited', async () => {
    const made = await taskSubject({ play: steps(write('x'), say('Later.')) });
    const stream = await made.assistant.send({ workspace: '/w', text: 'Do it.', mode: 'ask', attended: true });
    let event: TurnEvent | undefined;
    do {
      const step = await stream.next();
      event = step.done === true ? undefined : step.value;
    } while (event && event.type !== 'approval-request');
    const sessionId = event?.sessionId ?? '';
    // Nobody reads the stream any more, and nothing is left of the program but the log.
    const next = await taskSubject({
      play: steps(say('Done.')),
      sessions: made.sessions,
      ports: { newId: () => 'later' },
    });
    expect((await next.assistant.sessions.show({ id: sessionId })).events.at(-1)).toMatchObject({
      type: 'approval-request',
    });
    expect(find(await next.send({ sessionId, text: 'Go on.' }), 'turn-end')).toMatchObject({ reason: 'done' });
    expect(next.requests[0]?.messages.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
    ]);
    await stream.return?.();
  });

  it('of mode auto goes on as auto-edit where nobody said yes to it, and says so', async () => {
    const made = await taskSubject({ play: steps(say('Done.')) });
    const events = await made.send({ mode: 'auto' });
    expect(find(events, 'turn-start')).toMatchObject({ mode: 'auto-edit' });
    expect(find(events, 'notice')).toMatchObject({ code: 'mode-lowered' });
    const yes = await taskSubject({ play: steps(say('Done.')), unattended: true });
    expect(find(await yes.send({ mode: 'auto' }), 'turn-start')).toMatchObject({ mode: 'auto' });
  });

  it('is given to a persona by its name, in the mode that suits it', async () => {
    const { send, requests } = await taskSubject({ play: steps() });
    const [start] = await send({ agent: 'explain', mode: undefined });
    expect(start).toMatchObject({ type: 'turn-start', agent: 'explain', mode: 'plan' });
    expect(requests[0]?.messages[0]?.content).toContain('You explain source code');
    await send({ sessionId: start?.sessionId, mode: 'ask' });
    expect(requests[1]?.messages[0]).toEqual(requests[0]?.messages[0]);
    expect(requests[1]?.messages.at(-1)?.content).toContain('From here on:\nYou change code.');
  });

  it('fails where there is no model: passages alone do nothing', async () => {
    const { send } = await taskSubject();
    expect(find(await send({ model: 'none' }), 'turn-error')?.error).toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('can be looked up beforehand: what the rules say of a line, a path and a page', async () => {
    const { assistant } = await taskSubject({
      config: { permissions: { rules: [{ decision: 'deny', tool: 'edit', path: 'gen/**' }] } },
    });
    const check = async (tool: string, subject: string) =>
      (await assistant.permissions.check({ workspace: '/w', tool, subject, mode: 'auto-edit' })).decision;
    expect(await check('edit', 'gen/a.ts')).toBe('deny');
    expect(await check('edit', 'src/a.ts')).toBe('allow');
    expect(await check('run', 'rm -rf src')).not.toBe('allow');
    expect(await check('web-fetch', 'http://169.254.169.254/latest')).toBe('deny');
  });

  it('fails in words for an agent that nobody knows', async () => {
    const { send } = await taskSubject();
    const events = await send({ agent: 'nobody' });
    expect(typesOf(events)).toEqual(['turn-start', 'turn-error']);
    expect(find(events, 'turn-error')?.error).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('what a workspace says to its agents', () => {
  const hook: Hook = {
    event: 'BeforeTool',
    matcher: 'put',
    command: 'check',
    origin: workspaceOrigin('.nootropic/hooks.json'),
  };
  const found = {
    instructions: [{ text: 'Write tests first.', origin: workspaceOrigin('AGENTS.md') }],
    skills: [
      {
        name: 'release',
        description: 'How to release.',
        folder: '.agents/skills/release',
        origin: workspaceOrigin('s'),
      },
    ],
    agents: [
      {
        ...{ name: 'poet', description: 'Writes.', prompt: 'Rhyme.', mode: 'plan' as const, model: 'file:evil' },
        origin: workspaceOrigin('.nootropic/agents/poet.md'),
      },
    ],
    hooks: [hook],
  };
  const customizations = testing.createMemoryCustomizations({ found });

  it('is told once in a session where it is trusted', async () => {
    const { send, requests } = await taskSubject({ customizations, play: steps() });
    const [start] = await send({});
    expect(start).toMatchObject({ type: 'turn-start' });
    expect(requests[0]?.messages[1]?.content).toMatch(
      /Instructions from AGENTS.md:\n\nWrite tests first\.[\s\S]*- release: How/u,
    );
    const second = await send({ sessionId: start?.sessionId ?? '' });
    expect(find(second, 'turn-start')).not.toHaveProperty('preamble');
  });

  it('does not count where it is not trusted, and the person is told once', async () => {
    const { send, requests, place, assistant } = await taskSubject({
      ...{ customizations, trusted: false, play: steps(write('x\n'), say('Done.')) },
      shell: () => ({ exitCode: 2, stderr: 'the hook of a stranger' }),
    });
    const events = await send({});
    expect(find(events, 'notice')).toMatchObject({
      code: 'customizations-ignored',
      message: expect.stringContaining('AGENTS.md'),
    });
    expect(JSON.stringify(requests)).not.toContain('Write tests first');
    expect(place.ran).toEqual([]);
    const again = await send({ sessionId: events[0]?.sessionId ?? '' });
    expect(again.filter((event) => event.type === 'notice' && event.code === 'customizations-ignored')).toEqual([]);
    const shown = await assistant.trust.show({ workspace: '/w' });
    expect(shown).toMatchObject({ trusted: false, instructions: [], hooks: [] });
    expect(shown.ignored.map(({ what }) => what)).toEqual(['instructions', 'agent', 'skill', 'hook']);
    expect(await assistant.trust.set({ workspace: '/w', trusted: true })).toMatchObject({
      trusted: true,
      hooks: [{ command: 'check' }],
    });
  });

  it('can forbid a call, and cannot allow one', async () => {
    const denied = await taskSubject({
      ...{ customizations, play: steps(write('x\n'), say('Done.')) },
      shell: () => ({ stdout: '{"decision":"deny","reason":"frozen"}' }),
    });
    await denied.send({ mode: 'auto-edit' });
    expect(denied.requests[1]?.messages.at(-1)?.content).toContain('frozen');
    expect(await denied.place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
    const allowed = await taskSubject({
      ...{ customizations, play: steps(write('x\n'), say('Done.')), answer: () => ({ decision: 'deny' as const }) },
      shell: () => ({ stdout: '{"decision":"allow"}' }),
    });
    await allowed.send({ mode: 'ask' });
    expect(await allowed.place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
  });

  it('gives a persona its words and only ever takes from its mode; its model does not count', async () => {
    const { send } = await taskSubject({ customizations, play: steps() });
    const events = await send({ agent: 'poet', mode: 'auto-edit' });
    expect(find(events, 'turn-start')).toMatchObject({
      agent: 'poet',
      mode: 'plan',
      preamble: expect.stringContaining('Rhyme.'),
    });
    expect(find(events, 'model-chosen')).toMatchObject({ model: 'file:x' });
  });

  it('hears of everything through its hooks, in order', async () => {
    const events = [
      'SessionStart',
      'BeforeAgent',
      'BeforeModel',
      'AfterModel',
      'BeforeTool',
      'AfterTool',
      'AfterAgent',
    ] as const;
    const { send, place, requests } = await taskSubject({
      customizations: testing.createMemoryCustomizations({
        found: {
          hooks: [...events, 'Notification' as const, 'SessionEnd' as const].map((event) => ({
            ...hook,
            event,
            matcher: '',
          })),
        },
      }),
      play: steps(write('x\n'), say('Done.')),
      shell: (_, __, { stdin = '' }) =>
        stdin.includes('"BeforeAgent"') ? { stdout: '{"additionalContext":"It is friday."}' } : {},
    });
    const told = await send({});
    const heard = place.ran.map(
      ({ stdin = '{}' }) => (JSON.parse(stdin) as { hook_event_name: string }).hook_event_name,
    );
    expect(heard).toEqual([
      ...['SessionStart', 'BeforeAgent', 'BeforeModel', 'AfterModel', 'BeforeTool', 'Notification', 'AfterTool'],
      ...['BeforeModel', 'AfterModel', 'AfterAgent'],
    ]);
    expect(requests[0]?.messages[1]?.content).toContain('It is friday.');
    expect(find(told, 'notice')).toMatchObject({ code: 'hook-unused' });
  });

  it('can forbid to ask the model', async () => {
    const { send, requests } = await taskSubject({
      customizations: testing.createMemoryCustomizations({ found: { hooks: [{ ...hook, event: 'BeforeModel' }] } }),
      shell: () => ({ exitCode: 2, stderr: 'enough for today' }),
    });
    expect(find(await send({}), 'turn-error')?.error).toMatchObject({
      ...{ code: 'DENIED', message: expect.stringContaining('enough for today') as string },
    });
    expect(requests).toEqual([]);
  });

  it('does not run a hook whose file changed since the session began', async () => {
    let hash = 'h1';
    const { send, place, sessions } = await taskSubject({
      play: steps(write('x\n'), say('Done.'), write('y\n'), say('Done.')),
      customizations: {
        load: async () => ({
          ...{ instructions: [], agents: [], skills: [], commands: [], ignored: [] },
          hooks: [{ ...hook, origin: workspaceOrigin('.nootropic/hooks.json', hash) }],
        }),
        readSkill: async () => Promise.reject(new NootropicError('NOT_FOUND')),
      },
    });
    const [start] = await send({ mode: 'auto-edit' });
    expect(place.ran).toHaveLength(1);
    hash = 'h2';
    const events = await send({ mode: 'auto-edit', sessionId: start?.sessionId ?? '' });
    expect(place.ran).toHaveLength(1);
    expect(find(events, 'notice')).toMatchObject({ code: 'hook-changed' });
    expect((await sessions.list()).length).toBe(1);
  });
});

describe('going back', () => {
  async function twoTurns() {
    const made = await taskSubject({
      play: steps(write('first\n'), say('One.'), write('second\n'), say('Two.'), say('Three.')),
    });
    const first = await made.send({ text: 'First.' });
    const sessionId = first[0]?.sessionId ?? '';
    const second = await made.send({ text: 'Second.', sessionId });
    return { ...made, sessionId, turns: [first[0]?.turnId ?? '', second[0]?.turnId ?? ''] as const };
  }

  it('in the code and in the conversation', async () => {
    const { assistant, sessionId, turns, place, send, requests } = await twoTurns();
    const { code } = await assistant.sessions.rewind({ id: sessionId, turnId: turns[0] });
    expect(code?.steps).toHaveLength(2);
    expect(await place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
    await send({ text: 'Third.', sessionId });
    expect(requests.at(-1)?.messages).toHaveLength(2);
    expect(requests.at(-1)?.messages[1]?.content).not.toContain('First.');
  });

  it('in the code only, or in the conversation only', async () => {
    const { assistant, sessionId, turns, place, send, requests } = await twoTurns();
    expect(
      (await assistant.sessions.rewind({ id: sessionId, turnId: turns[1], what: 'conversation' })).code,
    ).toBeUndefined();
    expect(await place.text('src/a.ts')).toBe('second\n');
    await send({ text: 'Third.', sessionId });
    expect(JSON.stringify(requests.at(-1)?.messages)).toContain('First.');
    expect(JSON.stringify(requests.at(-1)?.messages)).not.toContain('Second.');
    const other = await twoTurns();
    await other.assistant.sessions.rewind({ id: other.sessionId, turnId: other.turns[1], what: 'code' });
    expect(await other.place.text('src/a.ts')).toBe('first\n');
    await other.send({ text: 'Third.', sessionId: other.sessionId });
    expect(JSON.stringify(other.requests.at(-1)?.messages)).toContain('Second.');
  });

  it('names what somebody changed since, and leaves it alone unless forced', async () => {
    const { assistant, sessionId, turns, place } = await twoTurns();
    place.files.write('src/a.ts', 'mine\n');
    const { code } = await assistant.sessions.rewind({ id: sessionId, turnId: turns[1], what: 'code' });
    expect(code?.conflicts).toMatchObject([{ path: 'src/a.ts' }]);
    expect(await place.text('src/a.ts')).toBe('mine\n');
    await assistant.sessions.rewind({ id: sessionId, turnId: turns[1], what: 'code', force: true });
    expect(await place.text('src/a.ts')).toBe('first\n');
  });

  it('knows no turn that is not there', async () => {
    const { assistant, sessionId } = await twoTurns();
    await expect(assistant.sessions.rewind({ id: sessionId, turnId: 'x' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('lists, shows, takes back and makes again through `changes`', async () => {
    const { assistant, sessionId, place } = await twoTurns();
    const workspace = '/w';
    expect((await assistant.changes.list({ workspace, sessionId })).map(({ label }) => label)).toEqual([
      ...['write src/a.ts', 'write src/a.ts'],
    ]);
    expect((await assistant.changes.diff({ workspace, sessionId })).diff).toContain('+second');
    await assistant.changes.undo({ workspace });
    expect(await place.text('src/a.ts')).toBe('first\n');
    await assistant.changes.redo({ workspace });
    expect(await place.text('src/a.ts')).toBe('second\n');
  });

  it('takes the start of an id for the whole, where only one begins so', async () => {
    const { assistant, sessionId, place } = await twoTurns();
    const workspace = '/w';
    await expect(assistant.changes.undo({ workspace, turnId: 'id-' })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(await place.text('src/a.ts')).toBe('second\n');
    const { steps } = await assistant.changes.undo({ workspace, sessionId: sessionId.slice(0, -1) });
    expect(steps).toHaveLength(2);
  });
});
