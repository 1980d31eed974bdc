import { createCodeAgent } from '@nootropic/agents';
import { NootropicError, type OutsideTool, type OutsideTools } from '@nootropic/contracts';
import * as testing from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { call, steps, taskSubjectsOn, type TaskOptions } from './task.fixture.ts';

const tool: OutsideTool = {
  ...{ name: 'mcp_github_search', server: 'github', description: 'Tool of the MCP server github. Searches issues.' },
  parameters: { type: 'object', properties: { words: { type: 'string' } } },
};

/** What an obedient model does that read a poisoned description: it looks for the tool, then calls it. */
const play = steps(call('find-tools', { words: 'search issues' }), call(tool.name, { words: 'x' }));

async function subject(options: TaskOptions & { fails?: NootropicError } = {}) {
  const calls: unknown[] = [];
  const outsideTools: Pick<OutsideTools, 'tools' | 'call'> = {
    tools: async () => [tool],
    call: async (name, args) => {
      calls.push({ name, args });
      if (options.fails) throw options.fails;
      return { ok: true, content: 'material: \u001b[31mIssue 7' };
    },
  };
  const made = await taskSubjectsOn(testing)({
    ...{ play, code: () => createCodeAgent({ furtherTools: true }) },
    ...options,
    ports: { outsideTools },
  });
  return { ...made, calls };
}

const resultOf = (events: Awaited<ReturnType<Awaited<ReturnType<typeof subject>>['send']>>) =>
  events.filter((event) => event.type === 'tool-result').at(-1);

describe('tools of other programs', () => {
  it('are not in the prompt, are found, asked for, and called with what the model gave', async () => {
    const { send, calls, requests } = await subject();
    const events = await send({});
    expect(requests[0]?.tools?.map(({ name }) => name)).not.toContain(tool.name);
    expect(requests[0]?.tools?.at(-1)?.name).toBe('find-tools');
    expect(events.filter(({ type }) => type === 'approval-request')).toMatchObject([
      { action: 'mcp', detail: `${tool.name} {"words":"x"}` },
    ]);
    expect(calls).toEqual([{ name: tool.name, args: { words: 'x' } }]);
    expect(resultOf(events)).toMatchObject({ ok: true });
  });

  it('are not called where the person says no, nobody is there, or nothing may be run', async () => {
    const denied = await subject({ answer: () => ({ decision: 'deny' }) });
    expect(resultOf(await denied.send({}))).toMatchObject({ ok: false });
    const alone = await subject();
    expect(resultOf(await alone.send({ attended: false }))).toMatchObject({ ok: false });
    const planning = await subject();
    expect(resultOf(await planning.send({ mode: 'plan' }))).toMatchObject({ ok: false });
    expect([denied.calls, alone.calls, planning.calls]).toEqual([[], [], []]);
  });

  it('are asked for in every mode, and by rule alone without', async () => {
    const auto = await subject({ unattended: true });
    const asked = await auto.send({ mode: 'auto' });
    expect(asked.filter(({ type }) => type === 'approval-request')).toHaveLength(1);
    const rules = [{ decision: 'allow' as const, tool: tool.name }];
    const allowed = await subject({ config: { permissions: { rules } } });
    expect((await allowed.send({})).filter(({ type }) => type === 'approval-request')).toEqual([]);
    expect(allowed.calls).toHaveLength(1);
  });

  it('tell the model why a call was refused', async () => {
    const { send } = await subject({ fails: new NootropicError('DENIED', 'The tool has changed.') });
    expect(resultOf(await send({}))).toMatchObject({ ok: false });
  });
});
