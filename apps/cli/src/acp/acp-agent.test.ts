import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  client,
  methods,
  ndJsonStream,
  type ClientConnection,
  type PromptRequest,
  type RequestPermissionRequest,
  type RequestPermissionResponse,
  type SessionUpdate,
} from '@agentclientprotocol/sdk';
import type { Assistant, SendInput, TurnEventBody } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeHost, turnEnd, type FakeHostOptions } from '../fake-host.test-fixture.ts';
import { createAcpAgent } from './acp-agent.ts';

let workspace: string;
let connections: { close(): void }[];

beforeEach(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-acp-')));
  connections = [];
});
afterEach(async () => {
  for (const connection of connections) connection.close();
  await rm(workspace, { recursive: true, force: true });
});

interface Editor {
  readonly agent: ClientConnection['agent'];
  readonly updates: SessionUpdate[];
  readonly asked: RequestPermissionRequest[];
  /** The updates of one kind. */
  of<K extends SessionUpdate['sessionUpdate']>(kind: K): Extract<SessionUpdate, { sessionUpdate: K }>[];
}

/** An editor on the other end of two byte streams, as on standard input and output. */
async function connect(
  options: Partial<FakeHostOptions> = {},
  answer: (asked: RequestPermissionRequest) => RequestPermissionResponse['outcome'] = () => ({
    outcome: 'selected',
    optionId: 'allow',
  }),
): Promise<Editor> {
  const { assistant } = await createFakeHost(options).open();
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const down = new TransformStream<Uint8Array, Uint8Array>();
  const updates: SessionUpdate[] = [];
  const asked: RequestPermissionRequest[] = [];
  const served = createAcpAgent({ assistant, version: '1.2.3', mode: 'ask', diffRoom: async () => 6000 }).connect(
    ndJsonStream(down.writable, up.readable),
  );
  const connection = client()
    .onNotification(methods.client.session.update, ({ params }) => void updates.push(params.update))
    .onRequest(methods.client.session.requestPermission, ({ params }) => {
      asked.push(params);
      return { outcome: answer(params) };
    })
    .connect(ndJsonStream(up.writable, down.readable));
  connections.push(served, connection);
  return {
    ...{ agent: connection.agent, updates, asked },
    of: (kind) => updates.filter((update) => update.sessionUpdate === kind) as never,
  };
}

async function begin(editor: Editor): Promise<string> {
  await editor.agent.request(methods.agent.initialize, { protocolVersion: 1, clientCapabilities: {} });
  const { sessionId } = await editor.agent.request(methods.agent.session.new, { cwd: workspace, mcpServers: [] });
  return sessionId;
}

const say = (sessionId: string, text: string): PromptRequest => ({ sessionId, prompt: [{ type: 'text', text }] });

const change = '--- a/src/a.ts\n+++ b/src/a.ts\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n';

describe('createAcpAgent', () => {
  it('says what it can, and offers the four modes', async () => {
    const { agent } = await connect();
    const about = await agent.request(methods.agent.initialize, { protocolVersion: 99 });
    expect(about).toMatchObject({
      protocolVersion: 1,
      agentInfo: { name: 'nootropic', version: '1.2.3' },
      agentCapabilities: { loadSession: true, promptCapabilities: { embeddedContext: true, image: false } },
    });
    const { modes } = await agent.request(methods.agent.session.new, { cwd: workspace, mcpServers: [] });
    expect(modes?.currentModeId).toBe('ask');
    expect(modes?.availableModes.map(({ id }) => id)).toEqual(['plan', 'ask', 'auto-edit', 'auto']);
    await expect(agent.request(methods.agent.session.new, { cwd: 'relative', mcpServers: [] })).rejects.toMatchObject({
      code: -32_602,
    });
  });

  it('sends text, links and embedded texts as a task, and goes on in the same session', async () => {
    const sent: SendInput[] = [];
    const editor = await connect({ onSend: (input) => sent.push(input) });
    const sessionId = await begin(editor);
    const file = pathToFileURL(join(workspace, 'src', 'a.ts')).href;
    const { stopReason } = await editor.agent.request(methods.agent.session.prompt, {
      sessionId,
      prompt: [
        { type: 'text', text: 'What does' },
        { type: 'resource_link', name: 'a.ts', uri: `${file}#L3-L9` },
        { type: 'text', text: ' do with' },
        { type: 'resource', resource: { uri: pathToFileURL(join(workspace, 'b.ts')).href, text: 'not saved yet' } },
        { type: 'text', text: '? See' },
        { type: 'resource_link', name: 'passwd', uri: 'file:///etc/passwd' },
      ],
    });
    expect(stopReason).toBe('end_turn');
    expect(sent[0]).toMatchObject({
      ...{ workspace, mode: 'ask', attended: true, newSessionId: sessionId },
      text: 'What does @src/a.ts do with @b.ts? See passwd (file:///etc/passwd)',
      attachments: [
        { kind: 'file', path: 'src/a.ts', startLine: 3, endLine: 9 },
        { kind: 'text', name: 'b.ts', text: 'not saved yet' },
      ],
    });
    expect(editor.of('agent_message_chunk').map(({ content }) => content.type === 'text' && content.text)).toEqual([
      'It is ',
      'here.',
    ]);
    await editor.agent.request(methods.agent.session.setMode, { sessionId, modeId: 'auto-edit' });
    await editor.agent.request(methods.agent.session.prompt, say(sessionId, 'more'));
    expect(sent[1]).toMatchObject({ sessionId, mode: 'auto-edit' });
    expect(sent[1]?.newSessionId).toBeUndefined();
    await expect(
      editor.agent.request(methods.agent.session.setMode, { sessionId, modeId: 'yolo' }),
    ).rejects.toMatchObject({ code: -32_602 });
    await expect(editor.agent.request(methods.agent.session.prompt, say('other', 'x'))).rejects.toMatchObject({
      code: -32_002,
    });
  });

  it.each([
    ['allow', 'allow'],
    ['always', 'always'],
    ['deny', 'deny'],
    [undefined, 'deny'],
  ])('asks for leave at the editor, and takes %s for %s', async (optionId, decision) => {
    const answers: string[] = [];
    let go: () => void = () => undefined;
    const waited = new Promise<void>((resolve) => (go = resolve));
    const turn = async function* (): AsyncGenerator<TurnEventBody> {
      yield { type: 'tool-call', call: { id: 'c1', name: 'edit', arguments: { path: 'src/a.ts' } } };
      yield {
        ...{
          type: 'approval-request',
          requestId: 'r1',
          action: 'edit',
          detail: change,
          callId: 'c1',
          paths: ['src/a.ts'],
        },
        offers: [{ decision: 'allow', tool: 'edit', path: 'src/**', matches: [], differs: [] }],
      };
      await waited;
      yield { type: 'file-change', path: 'src/a.ts', change: 'modified', step: 7, added: 1, removed: 1 };
      yield { type: 'check-result', name: 'types', ok: false, output: 'no' };
      yield { type: 'tool-result', callId: 'c1', name: 'edit', ok: true, content: 'written' };
      yield {
        type: 'plan-update',
        steps: [
          { text: 'a', state: 'done' },
          { text: 'b', state: 'active' },
          { text: 'c', state: 'dropped' },
        ],
      };
      yield turnEnd('x');
    };
    const answer: Assistant['answer'] = async ({ requestId, decision: given }) => {
      answers.push(`${requestId} ${given}`);
      go();
      return { requestId };
    };
    const diff = async () => ({ diff: change });
    const editor = await connect({ turn, changes: { answer, changes: { diff } as never } }, () =>
      optionId === undefined ? { outcome: 'cancelled' } : { outcome: 'selected', optionId },
    );
    const sessionId = await begin(editor);
    await editor.agent.request(methods.agent.session.prompt, say(sessionId, 'change it'));
    const path = join(workspace, 'src', 'a.ts');
    const shown = { type: 'diff', path, oldText: 'one\ntwo', newText: 'one\n2' };
    expect(answers).toEqual([`r1 ${decision}`]);
    expect(editor.asked[0]).toMatchObject({
      sessionId,
      toolCall: { toolCallId: 'c1', kind: 'edit', content: [shown], locations: [{ path, line: 1 }] },
    });
    expect(editor.asked[0]?.options.map(({ kind }) => kind)).toEqual(['allow_once', 'allow_always', 'reject_once']);
    expect(editor.of('tool_call')[0]).toMatchObject({
      toolCallId: 'c1',
      kind: 'edit',
      status: 'in_progress',
      locations: [{ path }],
    });
    const last = editor.of('tool_call_update').at(-1);
    expect(last).toMatchObject({ toolCallId: 'c1', status: 'completed' });
    expect(last?.content?.map(({ type }) => type)).toEqual(['diff', 'content', 'content']);
    expect(last?.content?.[0]).toEqual(shown);
    expect(editor.of('plan')[0]?.entries.map(({ content, status }) => `${content} ${status}`)).toEqual([
      'a completed',
      'b in_progress',
    ]);
  });

  it('stops when the editor cancels, and can go on then', async () => {
    let sends = 0;
    const turn = async function* (_input: SendInput, signal: AbortSignal | undefined): AsyncGenerator<TurnEventBody> {
      sends += 1;
      yield { type: 'text-delta', text: 'So ' };
      if (sends === 1) {
        await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
        yield turnEnd('So ', 'aborted');
      } else yield turnEnd('So ');
    };
    const editor = await connect({ turn });
    const sessionId = await begin(editor);
    const first = editor.agent.request(methods.agent.session.prompt, say(sessionId, 'x'));
    await expect.poll(() => editor.of('agent_message_chunk').length).toBe(1);
    await expect(editor.agent.request(methods.agent.session.prompt, say(sessionId, 'y'))).rejects.toMatchObject({
      code: -32_600,
    });
    await editor.agent.notify(methods.agent.session.cancel, { sessionId });
    expect((await first).stopReason).toBe('cancelled');
    expect((await editor.agent.request(methods.agent.session.prompt, say(sessionId, 'z'))).stopReason).toBe('end_turn');
  });

  it('tells a failure of the turn as one of the request', async () => {
    const turn = async function* (): AsyncGenerator<TurnEventBody> {
      await undefined;
      yield {
        type: 'turn-error',
        error: { code: 'MODEL_NOT_FOUND', message: 'There is none.', hint: 'Get one.' },
        usage: { tokensRead: 0, tokensReused: 0, tokensWritten: 0, totalMs: 0 },
      };
    };
    const editor = await connect({ turn });
    const sessionId = await begin(editor);
    await expect(editor.agent.request(methods.agent.session.prompt, say(sessionId, 'x'))).rejects.toMatchObject({
      ...{ code: -32_603, message: 'There is none. Get one.', data: { code: 'MODEL_NOT_FOUND' } },
    });
  });

  it('loads a session with all that was said, and lists those there are', async () => {
    const editor = await connect();
    await editor.agent.request(methods.agent.initialize, { protocolVersion: 1 });
    await editor.agent.request(methods.agent.session.load, { sessionId: 'aaaaaaaa-1', cwd: workspace, mcpServers: [] });
    expect(editor.updates.slice(0, 3).map(({ sessionUpdate }) => sessionUpdate)).toEqual([
      'user_message_chunk',
      'agent_message_chunk',
      'agent_message_chunk',
    ]);
    await expect(
      editor.agent.request(methods.agent.session.load, { sessionId: 'nope', cwd: workspace, mcpServers: [] }),
    ).rejects.toMatchObject({ code: -32_002 });
    // The start of an id is enough for a person, and not for a program.
    await expect(
      editor.agent.request(methods.agent.session.load, { sessionId: 'aaaa', cwd: workspace, mcpServers: [] }),
    ).rejects.toMatchObject({ code: -32_002 });
    const { sessions } = await editor.agent.request(methods.agent.session.list, {});
    expect(sessions.map(({ sessionId }) => sessionId)).toEqual(['aaaaaaaa-1', 'aaaaaaaa-2']);
  });

  it('announces commands, runs its own, and hands those of files on', async () => {
    const sent: SendInput[] = [];
    const commands = [
      { name: 'deploy', description: 'Deploys.', origin: { scope: 'workspace' as const, path: 'x', hash: 'h' } },
    ];
    const nothing = { instructions: [], agents: [], skills: [], hooks: [], ignored: [] };
    const editor = await connect({
      onSend: (input) => sent.push(input),
      changes: { trust: { show: async () => ({ trusted: true, unattended: false, ...nothing, commands }) } as never },
      diff: async ({ of, revision }) =>
        revision === 'empty'
          ? { text: '', files: [] }
          : {
              text: `diff of ${of}`,
              files: [
                { path: 'a.ts', change: 'modified', binary: false, added: 1, removed: 0, shown: 'whole', places: [] },
              ],
            },
    });
    const sessionId = await begin(editor);
    await expect.poll(() => editor.of('available_commands_update').length).toBe(1);
    const names = editor.of('available_commands_update')[0]?.availableCommands.map(({ name }) => name);
    expect(names).toEqual(['review', 'commit', 'explain', 'test', 'undo', 'diff', 'deploy']);
    const prompt = async (text: string) => editor.agent.request(methods.agent.session.prompt, say(sessionId, text));
    await prompt('/undo');
    await prompt('/review empty');
    expect(sent).toEqual([]);
    const words = editor.of('agent_message_chunk').map(({ content }) => (content.type === 'text' ? content.text : ''));
    expect(words).toEqual(['Undone: edit src/a.ts (1 file).', 'There is no change.']);
    await prompt('/review');
    expect(sent[0]).toMatchObject({
      agent: 'review',
      attachments: [{ kind: 'text', name: 'changes.diff', text: 'diff of uncommitted' }],
    });
    await prompt('/deploy now');
    expect(sent[1]).toMatchObject({ text: '/deploy now', mode: 'ask' });
    expect(sent[1]?.agent).toBeUndefined();
  });
});
