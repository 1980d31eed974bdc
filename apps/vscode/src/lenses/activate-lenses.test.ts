import type * as Vscode from 'vscode';
import { describe, expect, it, vi } from 'vitest';
import { createFakeEditor } from '../testing/fake-editor.ts';
import { createFakeExtension } from '../testing/fake-extension.ts';
import type { HostState } from '../host/host-state.ts';
import { activateLenses } from './activate-lenses.ts';
import { createCallerCounts } from './caller-counts.ts';

const token = { isCancellationRequested: false, onCancellationRequested: () => undefined } as never;

function opened({ on = true, host }: { on?: boolean; host?: HostState } = {}) {
  const editor = createFakeEditor();
  const { Range } = editor.vscode;
  if (on) editor.settings.set('lenses.enabled', true);
  const graph = vi.fn(async (_: unknown) => ({
    ...{ symbols: [], truncated: false },
    nodes: [{ symbol: { path: 'src/y.ts', startLine: 1 }, at: { path: 'src/y.ts', line: 7 } }],
  }));
  const extension = createFakeExtension({ assistant: { graph } as never, ...(host && { host }) });
  activateLenses(extension, editor.vscode);
  const document = editor.open('/home/me/code/src/x.ts', 'class A {\n  b() {}\n}\nconst c = 1;\n');
  const at = (line: number) => new Range(line, 2, line, 3);
  const method = { name: 'b', kind: 5, range: at(1), selectionRange: at(1), children: [] };
  const symbols = vi.fn(() => [
    { name: 'A', kind: 4, range: new Range(0, 0, 2, 1), selectionRange: at(0), children: [method] },
    { name: 'c', kind: 12, range: at(3), selectionRange: at(3), children: [] },
  ]);
  editor.builtIn.set('vscode.executeDocumentSymbolProvider', symbols);
  const provider = editor.lensProviders[0]?.provider as Vscode.CodeLensProvider;
  const lenses = async () => (await provider.provideCodeLenses(document as never, token)) ?? [];
  const resolved = async (lens: Vscode.CodeLens) => (await provider.resolveCodeLens?.(lens, token))?.command;
  return { lenses, resolved, graph, symbols, extension };
}

describe('lenses', () => {
  it('are off, and then ask nobody anything', async () => {
    const { lenses, symbols } = opened({ on: false });
    expect(await lenses()).toEqual([]);
    expect(symbols).not.toHaveBeenCalled();
  });

  it('stand over what holds code; the callers are asked for when they are shown, once', async () => {
    const { lenses, resolved, graph } = opened();
    const all = await lenses();
    const titles = all.map(({ command, range }) => [range.start.line, command?.title]);
    expect(titles).toEqual(
      [0, 1]
        .flatMap((line) => [
          ['Explain', line],
          ['Test', line],
          [undefined, line],
        ])
        .map(([title, line]) => [line, title]),
    );
    expect(graph).not.toHaveBeenCalled();
    const callers = all[5] as Vscode.CodeLens;
    expect(await resolved(callers)).toMatchObject({ title: '1 caller', command: 'editor.action.showReferences' });
    expect(graph.mock.calls[0]?.[0]).toMatchObject({
      workspace: '/home/me/code',
      ask: 'callers',
      symbol: 'src/x.ts:2',
      depth: 1,
    });
    await resolved(callers);
    expect(graph).toHaveBeenCalledOnce();
  });

  it('start no host, and offer no test where the workspace is not trusted', async () => {
    const { lenses, resolved, graph, extension } = opened({ host: { kind: 'idle' } });
    extension.isTrusted = false;
    const all = await lenses();
    expect(all).toHaveLength(4);
    expect(await resolved(all[1] as Vscode.CodeLens)).toEqual({ title: 'callers not known', command: '' });
    expect(graph).not.toHaveBeenCalled();
  });
});

describe('caller counts', () => {
  it('ask a few at a time, and do not ask for who has gone', async () => {
    const waiting = new Map<string, (callers: undefined) => void>();
    const counts = createCallerCounts({
      ask: (symbol) => new Promise((go) => void waiting.set(symbol, go)),
      atOnce: 1,
    });
    const stop = new AbortController();
    const first = counts.of('a', new AbortController().signal);
    const second = counts.of('b', stop.signal);
    await vi.waitFor(() => expect([...waiting.keys()]).toEqual(['a']));
    stop.abort();
    waiting.get('a')?.(undefined);
    await Promise.all([first, second]);
    expect([...waiting.keys()]).toEqual(['a']);
  });

  it('ask again after something was saved, and after an error', async () => {
    const ask = vi.fn(async () => ({ places: [], isCut: false }));
    const { signal } = new AbortController();
    const counts = createCallerCounts({ ask });
    await counts.of('a', signal);
    counts.forget();
    ask.mockRejectedValueOnce(new Error('no'));
    await expect(counts.of('a', signal)).rejects.toThrow('no');
    await counts.of('a', signal);
    expect(ask).toHaveBeenCalledTimes(3);
  });
});
