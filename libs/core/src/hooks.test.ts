import type { Hook, HookEvent, TurnEventBody } from '@nootropic/contracts';
import * as testing from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { createHooks } from './hooks.ts';
import { fakeWorkplace, type FakeWorkplaceOptions } from './workplace.fixture.ts';

const hook = (event: HookEvent, command: string, more: Partial<Hook> = {}): Hook => ({
  ...{ event, command },
  origin: { scope: 'workspace', path: '.nootropic/hooks.json', hash: 'h' },
  ...more,
});

async function fire(hooks: readonly Hook[], event: HookEvent, options: FakeWorkplaceOptions = {}) {
  const place = fakeWorkplace(testing, options);
  const subject = createHooks({
    ...{ hooks, runner: place.runner, journal: () => place.journal(), root: '/w', now: () => 0 },
    ...{ sandboxed: options.sandbox?.available ?? true, signal: new AbortController().signal },
    scope: { sessionId: 's', turnId: 't' },
  });
  const events: TurnEventBody[] = [];
  const work = subject.fire(event, { tool_name: 'edit' }, 'edit');
  let step = await work.next();
  for (; !step.done; step = await work.next()) events.push(step.value);
  return { answer: step.value, events, ran: place.ran, place };
}

describe('hooks', () => {
  it('are told of the event as JSON, in the sandbox, without the right to write before something is done', async () => {
    const { ran, answer } = await fire([hook('BeforeTool', 'check')], 'BeforeTool');
    expect(ran).toMatchObject([{ argv: ['sh', '-c', 'check'], sandbox: { writes: false } }]);
    expect(JSON.parse(ran[0]?.stdin ?? '')).toMatchObject({
      ...{ session_id: 's', cwd: '/w', hook_event_name: 'BeforeTool', tool_name: 'edit' },
    });
    expect(answer).toEqual({ decision: 'allow', reason: '', context: '' });
  });

  it('deny with exit code 2 or with JSON, and none runs after that', async () => {
    const two = await fire([hook('BeforeTool', 'a'), hook('BeforeTool', 'b')], 'BeforeTool', {
      shell: () => ({ exitCode: 2, stderr: 'not on fridays\n' }),
    });
    expect(two.answer).toMatchObject({ decision: 'deny', reason: 'not on fridays' });
    expect(two.ran).toHaveLength(1);
    const json = await fire([hook('BeforeTool', 'a')], 'BeforeTool', {
      shell: () => ({ stdout: '{"decision":"block","reason":"no","additionalContext":"use b"}' }),
    });
    expect(json.answer).toEqual({ decision: 'deny', reason: 'no', context: 'use b' });
  });

  it('can only tighten: a hook that allows takes back nothing that another asks for', async () => {
    const { answer } = await fire([hook('BeforeTool', 'ask'), hook('BeforeTool', 'allow')], 'BeforeTool', {
      shell: (line) => ({ stdout: JSON.stringify({ decision: line, reason: line }) }),
    });
    expect(answer).toMatchObject({ decision: 'ask', reason: 'ask' });
  });

  it.each([
    ['another exit code', { exitCode: 1 }],
    ['no JSON', { stdout: 'hello' }],
    ['JSON of another form', { stdout: '["deny"]' }],
  ])('are passed over with a notice: %s', async (_, result) => {
    const { answer, events } = await fire([hook('BeforeTool', 'x')], 'BeforeTool', { shell: () => result });
    expect(answer.decision).toBe('allow');
    expect(events).toMatchObject([{ type: 'notice', code: 'hook-failed', level: 'warning' }]);
  });

  it('run only for their event and the tools that they name', async () => {
    const hooks = [
      hook('AfterTool', 'after'),
      hook('BeforeTool', 'other', { matcher: 'run|write' }),
      hook('BeforeTool', 'mine', { matcher: 'edit|write' }),
      hook('BeforeTool', 'part', { matcher: 'edi' }),
    ];
    const { ran } = await fire(hooks, 'BeforeTool');
    expect(ran.map(({ argv }) => argv[2])).toEqual(['mine']);
  });

  it('may change files afterwards, and that is recorded', async () => {
    const { events, place } = await fire([hook('AfterTool', 'format')], 'AfterTool', {
      shell: (_, files) => (files.write('src/a.ts', 'formatted\n'), {}),
    });
    expect(events).toMatchObject([{ type: 'file-change', path: 'src/a.ts', step: 1 }]);
    expect(await place.kept.journal.list()).toMatchObject([{ label: 'hook .nootropic/hooks.json' }]);
  });

  it('of a workspace do not run where nothing confines them; those of the user do', async () => {
    const sandbox = { available: false, kind: 'none' };
    const own = hook('BeforeTool', 'own', { origin: { scope: 'user', path: '~/hooks.json', hash: 'h' } });
    const { ran, events } = await fire([hook('BeforeTool', 'theirs'), own], 'BeforeTool', { sandbox });
    expect(ran.map(({ argv }) => argv[2])).toEqual(['own']);
    expect(events).toMatchObject([{ code: 'hook-failed' }]);
  });
});
