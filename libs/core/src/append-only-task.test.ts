import type { Tool } from '@nootropic/agents';
import type { CheckResult, GenerateRequest, ModelEvent, SendInput, TurnEvent } from '@nootropic/contracts';
import * as testing from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { actingAgent, call, say, taskSubjectsOn, typesOf, workspaceOrigin } from './task.fixture.ts';

const taskSubject = taskSubjectsOn(testing);

/** Tokens at the end of a prompt that the next one need not have: what may change from moment to moment. */
const volatileTail = 300;
const turns = 20;

const lateTool: Tool = {
  spec: { name: 'late', description: 'A tool that came later.', parameters: { type: 'object', properties: {} } },
  reads: true,
  async *run() {
    return { ok: true, content: 'late indeed' };
  },
};

/** Every kind of turn after another: a question, a plan, work that is asked for, work that is not, and work that goes wrong twice. */
const modes: readonly SendInput['mode'][] = ['ask', undefined, 'plan', 'auto-edit', 'auto'];
const wrong = 7;

function script(turn: number): ModelEvent[][] {
  const put = (content: string, path = `src/${turn}.ts`) => call('put', { path, content }, `put ${turn} ${content}`);
  if (turn === wrong) return [put('wrong 1\n', 'src/a.ts'), put('wrong 2\n', 'src/a.ts'), say('It cannot be done.')];
  switch (modes[turn % modes.length]) {
    case undefined:
      return [call('read', { path: 'src/a.ts' }, `read ${turn}`), say(`It says text, see src/a.ts:1-2 (${turn}).`)];
    case 'plan':
      return [put('not now'), say(`1. Write src/${turn}.ts.`)];
    case 'ask':
      return [put(`content ${turn}\n`), call('run', { line: 'make' }, `run ${turn}`), say(`Written ${turn}.`)];
    default:
      return [[{ type: 'text', text: 'I write it.' }, ...put(`content ${turn}\n`)], say(`Done ${turn}.`)];
  }
}

async function playSession(contextLength: number) {
  const failing: CheckResult = { name: 'types', ok: false, output: 'error TS1', tookMs: 1 };
  const queue: ModelEvent[][] = [];
  let tools: readonly Tool[] = actingAgent.tools;
  let instructions = 'Write tests first.';
  const { send, requests, sessions } = await taskSubject({
    info: { contextLength },
    unattended: true,
    code: () => ({ ...actingAgent, tools }),
    async *play() {
      await Promise.resolve();
      yield* queue.shift() ?? say('Done.');
    },
    shell: () => ({ stdout: 'made\n' }),
    reflexion: testing.createMemoryReflexion({
      judge: ({ changes }) => (changes.some(({ path }) => path === 'src/a.ts') ? [failing] : []),
    }),
    customizations: {
      ...testing.createMemoryCustomizations(),
      load: async () => ({
        ...{ agents: [], skills: [], hooks: [], commands: [], ignored: [] },
        instructions: [{ text: instructions, origin: workspaceOrigin('AGENTS.md', instructions) }],
      }),
    },
  });
  const perTurn: { requests: GenerateRequest[]; events: TurnEvent[] }[] = [];
  let sessionId: string | undefined;
  for (let turn = 0; turn < turns; turn += 1) {
    if (turn === 9) tools = [lateTool, ...actingAgent.tools];
    if (turn === 11) instructions = 'Write tests first, and run them.';
    queue.push(...script(turn));
    const before = requests.length;
    const mode = turn === wrong ? 'auto-edit' : modes[turn % modes.length];
    const events = await send({
      ...{ mode, text: `Turn ${turn}: do what is to be done with src/a.ts, and say what it was.` },
      ...(sessionId !== undefined && { sessionId }),
      ...(turn === 4 && { attachments: [{ kind: 'file', path: 'src/a.ts' }] }),
    });
    sessionId ??= events[0]?.sessionId;
    queue.length = 0;
    perTurn.push({ requests: requests.slice(before), events });
  }
  return { perTurn, kept: await sessions.read(sessionId ?? '') };
}

const tokenizer = testing.createTinyTokenizer();
const encode = (request: GenerateRequest) => testing.encodeTiny(tokenizer, testing.renderTinyPrompt(request));

function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const end = a.findIndex((token, index) => token !== b[index]);
  return end < 0 ? a.length : end;
}

describe('the prompt of a session with tasks', () => {
  it('is append-only over twenty turns of every mode, with a lesson, new instructions and a new tool', async () => {
    const { perTurn } = await playSession(65_536);
    const events = perTurn.flatMap((turn) => turn.events);
    expect(perTurn).toHaveLength(turns);
    expect(typesOf(events as never)).toEqual(expect.arrayContaining(['lesson', 'file-change', 'approval-answer']));
    expect(events.filter(({ type }) => type === 'compaction' || type === 'turn-error')).toEqual([]);
    const requests = perTurn.flatMap((turn) => turn.requests);
    expect(requests.length).toBeGreaterThan(2 * turns);
    for (const [index, request] of requests.entries()) {
      const next = requests[index + 1];
      if (!next) continue;
      const prompt = encode(request);
      expect(prompt.length - commonPrefix(prompt, encode(next))).toBeLessThanOrEqual(volatileTail);
      expect(next.messages.slice(0, request.messages.length)).toEqual(request.messages);
    }
    const told = JSON.stringify(requests.at(-1)?.messages);
    expect(told.split('Write tests first.').length - 1).toBe(1);
    expect(told).toContain('Write tests first, and run them.');
    expect(told).toContain('was taken back');
    expect(requests.at(-1)?.announcedTools).toContain('late');
  });

  it('changes its beginning only with an announced compaction, and keeps what it was told', async () => {
    const { perTurn } = await playSession(5_000);
    const compacted = perTurn.flatMap(({ events }, turn) =>
      events.some(({ type }) => type === 'compaction') ? [turn] : [],
    );
    expect(compacted.length).toBeGreaterThan(0);
    expect(compacted.length).toBeLessThan(turns / 3);
    for (const [turn, { requests }] of perTurn.entries()) {
      const [first] = perTurn[turn + 1]?.requests ?? [];
      const last = requests.at(-1);
      if (!first || !last || compacted.includes(turn + 1)) continue;
      const prompt = encode(last);
      expect(prompt.length - commonPrefix(prompt, encode(first))).toBeLessThanOrEqual(volatileTail);
    }
    const latest = perTurn.at(-1)?.requests.at(-1);
    expect(JSON.stringify(latest?.messages)).toContain('Write tests first, and run them.');
    expect(latest?.tools?.map(({ name }) => name)).toContain('late');
  });
});
