import { describe, expect, it, vi } from 'vitest';
import { createFakeEditor } from '../testing/fake-editor.ts';
import { createFakeExtension, streamOf } from '../testing/fake-extension.ts';
import { activateActions, offered } from './activate-actions.ts';
import { betterNames, readNames } from './better-names.ts';

const code = [
  'export function add(a: number, b: number) {',
  '  return a - b;',
  '}',
  '',
  'const x = add(1, 2);',
  '',
].join('\n');

function opened({ isDirty = false, mode }: { isDirty?: boolean; mode?: string } = {}) {
  const editor = createFakeEditor();
  const { Range, vscode } = { Range: editor.vscode.Range, vscode: editor.vscode };
  if (mode !== undefined) editor.settings.set('actions.mode', mode);
  const sent: unknown[] = [];
  const events: object[] = [];
  const send = async (input: unknown) => {
    sent.push(input);
    return streamOf(
      ...events.map((event, index) => ({ seq: index + 1, sessionId: 's', turnId: 't', time: 1, ...event })),
    );
  };
  const answer = vi.fn(async (_: unknown) => ({ requestId: 'r' }));
  const ask = async () =>
    Response.json({ choices: [{ message: { content: '{"names":["sum","add","2x","total"]}' } }] });
  const extension = createFakeExtension({ assistant: { send, answer } as never, ask: ask as never });
  activateActions(extension, vscode);
  const document = editor.open('/home/me/code/src/x.ts', code, { isDirty });
  const symbol = {
    name: 'add',
    kind: 11,
    range: new Range(0, 0, 2, 1),
    selectionRange: new Range(0, 16, 0, 19),
    children: [],
  };
  editor.builtIn.set('vscode.executeDocumentSymbolProvider', () => [symbol]);
  const problem = { range: new Range(1, 9, 1, 14), severity: 0, message: 'It subtracts.', source: 'ts', code: 42 };
  editor.diagnostics.set('/home/me/code/src/x.ts', [problem as never]);
  const at = (line: number, character = 0) => new Range(line, character, line, character);
  return { editor, extension, document, sent, events, answer, at, problem };
}

const end = {
  ...{ type: 'turn-end', reason: 'done', text: 'Done.', citations: [] },
  usage: { tokensRead: 0, tokensReused: 0, tokensWritten: 0, totalMs: 1 },
};

describe('the menu of a place', () => {
  const titles = (editor: ReturnType<typeof opened>, place: object) =>
    offered({ vscode: editor.editor.vscode, extension: editor.extension }, {
      document: editor.document as never,
      range: editor.at(1),
      context: { diagnostics: [], triggerKind: 2, only: undefined },
      ...place,
    } as never).map(({ title }) => title);

  it('keeps the lamp off where nothing is wrong and nothing selected', () => {
    expect(titles(opened(), {})).toEqual([]);
  });

  it('offers to fix and explain a problem', () => {
    const given = opened();
    expect(titles(given, { context: { diagnostics: [given.problem], triggerKind: 2 } })).toEqual([
      'Fix this problem with nootropic',
      'Explain this problem with nootropic',
    ]);
  });

  it('offers the rest where it is asked for or something is selected', () => {
    const given = opened();
    const rest = ['Explain', 'Write a test', 'Document', 'Find a better name'].map((each) => `${each} with nootropic`);
    expect(titles(given, { context: { diagnostics: [], triggerKind: 1 } })).toEqual(rest);
    const range = new given.editor.vscode.Range(0, 0, 2, 1);
    expect(titles(given, { range })).toEqual(rest);
    given.extension.isTrusted = false;
    expect(titles(given, { range })).toEqual(['Explain with nootropic']);
  });
});

describe('an action', () => {
  it('explains the function around the cursor in the chat', async () => {
    const { editor, extension, document, at } = opened();
    await editor.run('nootropic.explain', document.uri, at(1));
    expect(extension.chats).toEqual([
      {
        ...{ type: 'ask', text: 'Explain `add` (src/x.ts:1-3).', agent: 'explain', mode: 'plan', send: true },
        attachments: [{ kind: 'file', path: 'src/x.ts', startLine: 1, endLine: 3 }],
      },
    ]);
  });

  it('sends what the editor shows where the disk has something else', async () => {
    const { editor, extension, document, at } = opened({ isDirty: true });
    await editor.run('nootropic.explain', document.uri, at(1));
    expect(extension.chats[0]).toMatchObject({
      attachments: [{ kind: 'text', name: 'src/x.ts:1-3', text: code.split('\n').slice(0, 3).join('\n') }],
    });
    expect(document.saves).toBe(0);
  });

  it('mends a problem through the agent, in the mode that is set, on what is saved', async () => {
    const { editor, document, sent, events, at } = opened({ isDirty: true, mode: 'auto-edit' });
    events.push({ type: 'file-change', path: 'src/x.ts', change: 'modified', step: 3 }, end);
    const show = vi.spyOn(editor.vscode.window, 'showTextDocument');
    await editor.run('nootropic.fix', document.uri, at(1, 10));
    expect(document.saves).toBe(1);
    // The person may have gone to another file meanwhile.
    expect(show).not.toHaveBeenCalled();
    expect(sent[0]).toMatchObject({ mode: 'auto-edit', attended: true, workspace: '/home/me/code' });
    expect((sent[0] as { text: string }).text).toContain('line 2: error: It subtracts. (ts 42)\n    return a - b;');
  });

  it('asks the person for leave, who may answer in the message', async () => {
    const { editor, document, events, answer, at, sent } = opened({ mode: 'nonsense' });
    events.push({ type: 'approval-request', requestId: 'r', action: 'run', detail: 'npm test' }, end);
    editor.choose = ({ text, buttons }) => (text.includes('npm test') ? buttons[0] : undefined);
    await editor.run('nootropic.document', document.uri, at(1));
    expect((sent[0] as { mode: string }).mode).toBe('ask');
    await vi.waitFor(() => expect(answer).toHaveBeenCalledWith({ sessionId: 's', requestId: 'r', decision: 'allow' }));
    expect(editor.messages.at(-1)?.text).toBe('The assistant changed nothing.');
  });

  it('changes nothing in a workspace that is not trusted', async () => {
    const { editor, extension, document, at, sent } = opened();
    extension.isTrusted = false;
    for (const name of ['fix', 'document', 'test']) await editor.run(`nootropic.${name}`, document.uri, at(1, 10));
    expect([sent, extension.chats]).toEqual([[], []]);
  });

  it('tells what went wrong', async () => {
    const { editor, extension, document, events, at } = opened();
    events.push({
      type: 'turn-error',
      error: { code: 'MODEL_CRASHED', message: 'It ended.', hint: 'Again.' },
      usage: end.usage,
    });
    await editor.run('nootropic.document', document.uri, at(1));
    expect(extension.told[0]).toMatchObject({ code: 'MODEL_CRASHED' });
  });
});

describe('better names', () => {
  it('are names, each once, and not the one that is there', () => {
    expect(readNames('{"names":["sum","add","sum","2x","a b","total"]}', 'add')).toEqual(['sum', 'total']);
    expect(readNames('Here:\n1. `sum`\n2. total\n- "grand_total"', 'add')).toEqual(['sum', 'total', 'grand_total']);
    expect(readNames('["grid-area","row"]', 'main-grid')).toEqual(['grid-area', 'row']);
  });

  it('are asked for with a schema, and with the code cut', async () => {
    const bodies: string[] = [];
    const ask = async (_: string, init?: RequestInit) => {
      bodies.push(String(init?.body));
      return Response.json({ choices: [{ message: { content: '{"names":["sum"]}' } }] });
    };
    expect(await betterNames(ask, { name: 'add', languageId: 'ts', code: 'x'.repeat(100_000) })).toEqual(['sum']);
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ response_format: { type: 'json_schema' } });
    expect(bodies[0]?.length).toBeLessThan(10_000);
  });
});
