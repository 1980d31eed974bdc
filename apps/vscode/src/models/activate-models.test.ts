import type * as Vscode from 'vscode';
import { describe, expect, it, vi } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import type { Editor } from '../editor.ts';
import { createFakeEditor } from '../testing/fake-editor.ts';
import { createFakeExtension, streamOf, type FakeExtensionOptions } from '../testing/fake-extension.ts';
import { activateModels } from './activate-models.ts';
import { editorTools } from './editor-tools.ts';
import { toolNames } from './register-tools.ts';

const token = { isCancellationRequested: false, onCancellationRequested: () => undefined } as never;

function opened(options: FakeExtensionOptions = {}) {
  const editor = createFakeEditor();
  const extension = createFakeExtension(options);
  activateModels(extension, editor.vscode);
  const provider = editor.modelProviders.get('nootropic') as Vscode.LanguageModelChatProvider;
  return { editor, extension, provider };
}

const offered = [
  {
    ...{ id: 'qwen', display_name: 'Qwen 3B', owned_by: 'local', context_length: 8192, role: 'chat' },
    ...{ abilities: ['generate', 'tools'], local: true, loaded: true },
  },
  {
    ...{ id: 'fim', display_name: 'FIM', owned_by: 'local', context_length: 0, role: 'completion' },
    ...{ abilities: ['generate', 'infill'], local: true, loaded: false },
  },
  {
    ...{ id: 'embed', display_name: '', owned_by: 'local', context_length: 0, role: 'embedding' },
    ...{ abilities: ['embed'], local: true, loaded: true },
  },
];

const sse = (...chunks: unknown[]) =>
  new Response([...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), 'data: [DONE]\n\n'].join(''));

async function answered(response: Response, messages: unknown[], options: object = { toolMode: 1 }) {
  const ask = vi.fn(async (_path: string, _init?: RequestInit) => response);
  const { editor, provider } = opened({ ask });
  const parts: unknown[] = [];
  const progress = { report: (part: unknown) => void parts.push(part) };
  const model = { id: 'qwen' } as never;
  const build = messages.map((make) => (typeof make === 'function' ? make(editor.vscode) : make));
  const done = provider.provideLanguageModelChatResponse(
    model,
    build as never,
    options as never,
    progress as never,
    token,
  );
  const error = await Promise.resolve(done).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  const body = JSON.parse(String(ask.mock.calls[0]?.[1]?.body)) as Record<string, unknown>;
  return { parts, body, error };
}

describe('models in the editor’s own picker', () => {
  it('are those that answer, with what they can', async () => {
    const { provider } = opened({ ask: async () => Response.json({ data: offered }) });
    const found = await provider.provideLanguageModelChatInformation({ silent: false }, token);
    expect(found).toMatchObject([
      {
        ...{ id: 'qwen', name: 'Qwen 3B', maxInputTokens: 6144, maxOutputTokens: 2048 },
        capabilities: { toolCalling: true, imageInput: false },
      },
    ]);
  });

  it('may have tools where nothing is known of them, since the chat offers no others', async () => {
    const named = { ...offered[0], context_length: 0, abilities: ['generate'] };
    const plain = { ...named, context_length: 4096 };
    const { provider } = opened({ ask: async () => Response.json({ data: [named, plain] }) });
    const found = await provider.provideLanguageModelChatInformation({ silent: false }, token);
    expect(found?.map(({ capabilities }) => capabilities.toolCalling)).toEqual([true, false]);
  });

  it('do not start a host when the editor asks by itself', async () => {
    const { provider } = opened({ host: { kind: 'idle' } });
    expect(await provider.provideLanguageModelChatInformation({ silent: true }, token)).toEqual([]);
  });

  it('answer piece by piece, and call tools by the names that the editor knows', async () => {
    const long = `mcp_${'x'.repeat(80)}`;
    const call = (index: number, part: object) => ({ choices: [{ delta: { tool_calls: [{ index, ...part }] } }] });
    const { parts, body } = await answered(
      sse(
        { choices: [{ delta: { content: 'I ' } }] },
        { choices: [{ delta: { content: 'look.' } }] },
        call(0, { id: 'c', function: { name: 'tool_0', arguments: '{"a":' } }),
        call(0, { function: { arguments: '1}' } }),
        { choices: [{ delta: {} }] },
      ),
      [
        (vscode: Editor) => ({ role: 1, content: [new vscode.LanguageModelTextPart('Look.')] }),
        (vscode: Editor) => ({ role: 2, content: [new vscode.LanguageModelToolCallPart('b', long, { q: 1 })] }),
        (vscode: Editor) => ({
          role: 1,
          content: [new vscode.LanguageModelToolResultPart('b', [new vscode.LanguageModelTextPart('found')])],
        }),
      ],
      { toolMode: 2, tools: [{ name: long, description: 'd', inputSchema: { type: 'object' } }] },
    );
    expect(parts).toEqual([{ value: 'I ' }, { value: 'look.' }, { callId: 'c', name: long, input: { a: 1 } }]);
    expect(body).toMatchObject({
      ...{ model: 'qwen', stream: true, tool_choice: 'required' },
      tools: [{ type: 'function', function: { name: 'tool_0' } }],
      messages: [
        { role: 'user', content: 'Look.' },
        { role: 'assistant', tool_calls: [{ id: 'b', function: { name: 'tool_0', arguments: '{"q":1}' } }] },
        { role: 'tool', tool_call_id: 'b', content: 'found' },
      ],
    });
  });

  it('say why they do not answer', async () => {
    const user = (vscode: Editor) => ({ role: 1, content: [new vscode.LanguageModelTextPart('Hi')] });
    const refused = Response.json({ error: { message: 'There is no model named "qwen".' } }, { status: 404 });
    expect((await answered(refused, [user])).error).toMatchObject({ message: 'There is no model named "qwen".' });
    const midway = sse({ choices: [{ delta: { content: 'a' } }] }, { error: { message: 'The model process ended.' } });
    expect((await answered(midway, [user])).error).toMatchObject({ message: 'The model process ended.' });
  });

  it('count tokens exactly once they are in memory, and load nothing for that', async () => {
    const asked: string[] = [];
    const ask = async (path: string) => {
      asked.push(path);
      return path === '/tokenize' ? Response.json({ tokens: [1, 2, 3] }) : Response.json({ data: offered });
    };
    const { provider } = opened({ ask });
    expect(await provider.provideTokenCount({ id: 'qwen' } as never, 'eight ch', token)).toBe(2);
    expect(asked).toEqual([]);
    await provider.provideLanguageModelChatInformation({ silent: false }, token);
    expect(await provider.provideTokenCount({ id: 'qwen' } as never, 'eight ch', token)).toBe(3);
  });
});

describe('tools for the editor’s own chat', () => {
  it('are the same in the manifest, at the start, and where they are done', () => {
    expect(manifest.contributes.languageModelTools.map(({ name }) => name)).toEqual([...toolNames]);
    expect(editorTools.map(({ name }) => name)).toEqual([...toolNames]);
    for (const { name, inputSchema } of manifest.contributes.languageModelTools) {
      const shape = editorTools.find((each) => each.name === name)?.input.shape ?? {};
      expect(Object.keys(inputSchema.properties)).toEqual(Object.keys(shape));
    }
  });

  it('search the code', async () => {
    const hit = { path: 'src/x.ts', startLine: 3, endLine: 5, symbol: 'x', score: 1, snippet: 'x()' };
    const { editor } = opened({ assistant: { search: (async () => ({ hits: [hit], notices: [] })) as never } });
    const tool = editor.tools.get('nootropic_search');
    const result = await tool?.invoke({ input: { query: 'x' }, toolInvocationToken: undefined }, token);
    expect(result?.content).toEqual([{ value: 'src/x.ts:3-5\nx()' }]);
    expect(await tool?.prepareInvocation?.({ input: { query: 'x' } }, token)).not.toHaveProperty(
      'confirmationMessages',
    );
  });

  it('take a change back only after the person was asked, who sees which files', async () => {
    const undo = vi.fn(async ({ dryRun = false }: { dryRun?: boolean }) => ({
      ...{ steps: [{ changes: [{ path: 'src/x.ts' }] }], conflicts: [], lost: [] },
      restored: dryRun ? [] : [{ path: 'src/x.ts' }],
    }));
    const { editor, extension } = opened({ assistant: { changes: { undo: undo as never } } });
    const tool = editor.tools.get('nootropic_undo');
    const prepared = await tool?.prepareInvocation?.({ input: {} }, token);
    expect(prepared?.confirmationMessages?.message).toContain('src/x.ts');
    expect(undo).toHaveBeenLastCalledWith({ workspace: '/home/me/code', dryRun: true }, expect.anything());
    const invoke = () => tool?.invoke({ input: {}, toolInvocationToken: undefined }, token);
    expect((await invoke())?.content).toEqual([{ value: 'Taken back: src/x.ts.' }]);
    extension.isTrusted = false;
    await expect(invoke()).rejects.toMatchObject({ code: 'DENIED' });
  });
});

describe('@nootropic', () => {
  async function asked(request: object, events: readonly object[], history: unknown[] = []) {
    const sent: unknown[] = [];
    const send = async (input: unknown) => {
      sent.push(input);
      const base = { sessionId: 's1', turnId: 't', time: 1 };
      return streamOf(...events.map((event, index) => ({ ...base, seq: index + 1, ...event })));
    };
    const { editor } = opened({ assistant: { send } as never });
    const said: [string, unknown][] = [];
    const response = new Proxy({}, { get: (_, name) => (value: unknown) => void said.push([String(name), value]) });
    const handler = editor.participants.get('nootropic.assistant');
    const result = await handler?.(
      { references: [], prompt: '', ...request } as never,
      { history } as never,
      response as never,
      token,
    );
    return { sent, said, result };
  }
  const end = {
    ...{ type: 'turn-end', reason: 'done', text: 'It adds.' },
    citations: [{ path: 'src/x.ts', startLine: 3, endLine: 5 }],
    usage: { tokensRead: 1, tokensReused: 0, tokensWritten: 1, totalMs: 1 },
  };

  it('answers with its sources, and goes on with its session', async () => {
    const { said, result, sent } = await asked({ prompt: 'What is x?' }, [
      { type: 'text-delta', text: 'It adds.' },
      end,
    ]);
    expect(said[0]).toEqual(['markdown', 'It adds.']);
    const [what, location] = said[1] ?? [];
    expect(what).toBe('reference');
    expect((location as { range: { start: { line: number } } }).range.start.line).toBe(2);
    expect(sent[0]).not.toHaveProperty('mode');
    const again = await asked({ prompt: 'And y?' }, [end], [{ result }]);
    expect(again.sent[0]).toMatchObject({ sessionId: 's1', text: 'And y?' });
  });

  it('has a persona for each of its commands', async () => {
    const { sent } = await asked({ command: 'test' }, [end]);
    expect(sent[0]).toMatchObject({ agent: 'test', mode: 'ask', attended: true });
    const names = manifest.contributes.chatParticipants[0]?.commands.map(({ name }) => name);
    expect(names).toEqual(['explain', 'fix', 'test', 'review']);
  });

  it('shows what waits for leave with its answers, and an error with what to do', async () => {
    const request = { type: 'approval-request', requestId: 'r', action: 'run', detail: 'npm test' };
    const failed = {
      type: 'turn-error',
      error: { code: 'X', message: 'It broke.', hint: 'Ask again.' },
      usage: end.usage,
    };
    const { said, result } = await asked({ command: 'fix' }, [request, failed]);
    const buttons = said.filter(([what]) => what === 'button').map(([, button]) => button);
    expect(buttons).toMatchObject([{ title: 'Allow' }, { title: 'Deny' }]);
    expect(result).toMatchObject({ errorDetails: { message: 'It broke. Ask again.' } });
  });
});

it('names the program’s server to the editor, for reading only where the folder is not trusted', async () => {
  const { editor, extension } = opened();
  const provider = editor.mcpProviders.get('nootropic');
  const found = async () =>
    ((await provider?.provideMcpServerDefinitions(token)) ?? []) as unknown as { all: unknown[] }[];
  expect((await found())[0]?.all).toEqual([
    'nootropic',
    '/bin/nootropic',
    ['mcp', '--cwd', '/home/me/code'],
    {},
    '0.1.0',
  ]);
  extension.isTrusted = false;
  expect((await found())[0]?.all[2]).toEqual(['mcp', '--cwd', '/home/me/code', '--read-only']);
});

it('leaves out what an editor does not have', () => {
  const editor = createFakeEditor();
  const { lm: _, chat: __, ...bare } = editor.vscode as unknown as Record<string, unknown>;
  const extension = createFakeExtension();
  activateModels(extension, bare as unknown as Editor);
  expect(extension.context.subscriptions).toHaveLength(1);
});
