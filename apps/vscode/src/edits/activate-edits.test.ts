import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { describe, expect, it, vi } from 'vitest';
import { createFakeEditor } from '../testing/fake-editor.ts';
import { createFakeExtension } from '../testing/fake-extension.ts';
import { activateEdits } from './activate-edits.ts';

const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}`);
const before = `${lines(30).join('\n')}\n`;
const after = before.replace('line 3\n', 'line three\n').replace('line 20\n', 'line twenty\n');
const diff = createTwoFilesPatch('a/src/x.ts', 'b/src/x.ts', before, after, undefined, undefined, {
  headerOptions: FILE_HEADERS_ONLY,
  context: 3,
});
const change = { type: 'file-change', path: 'src/x.ts', change: 'modified', step: 7, added: 2, removed: 2 };
const outcome = { steps: [], restored: [], conflicts: [], lost: [] };

interface Given {
  readonly isDirty?: boolean;
  readonly conflicts?: readonly { readonly path: string; readonly reason: string }[];
}

async function opened({ isDirty = false, conflicts = [] }: Given = {}) {
  const editor = createFakeEditor();
  const reject = vi.fn(async (_: unknown) => ({ ...outcome, conflicts }));
  const undo = vi.fn(async ({ dryRun = false }: { dryRun?: boolean }) => ({
    ...outcome,
    steps: [{ id: 7, changes: [{ path: 'src/x.ts' }] }],
    restored: dryRun ? [] : [{ path: 'src/x.ts' }],
  }));
  const extension = createFakeExtension({
    assistant: {
      changes: {
        diff: async () => ({ diff }),
        list: async () => [],
        reject,
        undo,
        file: async () => ({ text: before }),
      } as never,
    },
  });
  activateEdits(extension, editor.vscode);
  const document = editor.open('/home/me/code/src/x.ts', after, { isDirty });
  extension.see(change);
  const lenses = () =>
    (editor.lensProviders[0]?.provider.provideCodeLenses(document as never, {} as never) ?? []) as readonly {
      range: { start: { line: number } };
      command: { title: string; command: string; arguments: unknown[] };
    }[];
  await vi.waitFor(() => expect(lenses().length).toBeGreaterThan(0));
  const press = (command: string, at: number) =>
    editor.run(command, lenses().filter((lens) => lens.command.command === command)[at]?.command.arguments[0]);
  return { editor, extension, document, lenses, reject, undo, press };
}

const kept = 'nootropic.edits.keep';
const rejected = 'nootropic.edits.reject';

describe('a change of an agent', () => {
  it('has buttons over each of its parts', async () => {
    const { lenses, editor } = await opened();
    const keeps = lenses().filter(({ command }) => command.command === kept);
    expect(keeps.map(({ range }) => range.start.line)).toEqual([2, 19]);
    expect(editor.context.get('nootropic.hasEdits')).toBe(true);
  });

  it('keeps a part without touching anything', async () => {
    const { press, lenses, reject } = await opened();
    await press(kept, 0);
    expect(lenses().filter(({ command }) => command.command === kept)).toHaveLength(1);
    expect(reject).not.toHaveBeenCalled();
  });

  it('rejects a part through the journal, by its number in the diff of its step', async () => {
    const { press, reject, lenses, editor } = await opened();
    await press(rejected, 1);
    expect(reject).toHaveBeenCalledWith({
      workspace: '/home/me/code',
      step: 7,
      parts: [{ path: 'src/x.ts', hunks: [1] }],
    });
    await press(rejected, 0);
    expect(lenses()).toEqual([]);
    expect(editor.context.get('nootropic.hasEdits')).toBe(false);
  });

  it('says what stands in the way, and keeps showing the part', async () => {
    const { press, editor, lenses } = await opened({
      conflicts: [{ path: 'src/x.ts', reason: 'It was changed since.' }],
    });
    await press(rejected, 0);
    expect(editor.messages.at(-1)?.text).toContain('It was changed since.');
    expect(lenses().filter(({ command }) => command.command === rejected)).toHaveLength(2);
  });

  it('writes over nothing that is not saved', async () => {
    const { press, editor, reject, document } = await opened({ isDirty: true });
    expect(editor.messages[0]?.text).toContain('has other changes here that are not saved');
    await press(rejected, 0);
    expect(reject).not.toHaveBeenCalled();
    expect(document.saves).toBe(0);
    editor.choose = ({ buttons }) => buttons[0];
    await press(rejected, 0);
    expect(document.saves).toBe(1);
    expect(reject).toHaveBeenCalledOnce();
  });

  it('goes with its whole turn', async () => {
    const { press, undo, lenses } = await opened();
    await press('nootropic.edits.undoTurn', 0);
    expect(undo).toHaveBeenLastCalledWith({ workspace: '/home/me/code', turnId: 't' });
    expect(lenses()).toEqual([]);
  });

  it('is not touched where the workspace is not trusted', async () => {
    const { press, extension, reject } = await opened();
    extension.isTrusted = false;
    await press(rejected, 0);
    expect(reject).not.toHaveBeenCalled();
  });

  it('opens as a diff of what was before and the file itself', async () => {
    const { editor, press } = await opened();
    await press('nootropic.edits.openDiff', 0);
    const [original, modified] = editor.ran.find(({ command }) => command === 'vscode.diff')?.args ?? [];
    expect(String(modified)).toBe('file:/home/me/code/src/x.ts');
    const text = await editor.contentProviders
      .get('nootropic-edit')
      ?.provideTextDocumentContent(original as never, { onCancellationRequested: () => undefined } as never);
    expect(text).toBe(before);
  });

  it('is not asked for again where a person allowed exactly it', async () => {
    const { extension, lenses, press } = await opened();
    await press(kept, 0);
    await press(kept, 0);
    extension.see({ type: 'approval-request', requestId: 'r', action: 'edit', detail: diff, paths: ['src/x.ts'] });
    extension.see({ type: 'approval-answer', requestId: 'r', decision: 'allow' });
    extension.see({ ...change, step: 8 });
    extension.see({ ...change, step: 9 });
    await vi.waitFor(() => expect(lenses().length).toBeGreaterThan(0));
    const steps = lenses().map(({ command }) => (command.arguments[0] as { step: number }).step);
    expect(new Set(steps)).toEqual(new Set([9]));
  });
});

describe('a change that waits for leave', () => {
  async function asked() {
    const editor = createFakeEditor();
    const answer = vi.fn(async (_: unknown) => ({ requestId: 'r' }));
    const extension = createFakeExtension({ assistant: { answer } as never });
    activateEdits(extension, editor.vscode);
    editor.files.set('/home/me/code/src/x.ts', before);
    extension.see({ type: 'approval-request', requestId: 'r', action: 'edit', detail: diff, paths: ['src/x.ts'] });
    await vi.waitFor(() => expect(editor.ran.some(({ command }) => command === 'vscode.diff')).toBe(true));
    const [original, modified] = editor.ran.find(({ command }) => command === 'vscode.diff')?.args ?? [];
    const provider = editor.contentProviders.get('nootropic-proposal');
    const text = async (uri: unknown) => provider?.provideTextDocumentContent(uri as never, {} as never);
    return { editor, answer, original, modified, text, extension };
  }

  it('is shown as a diff, and made when it is allowed', async () => {
    const { editor, answer, original, modified, text } = await asked();
    expect(await text(original)).toBe(before);
    expect(await text(modified)).toBe(after);
    await editor.run('nootropic.proposal.allow');
    expect(answer).toHaveBeenCalledWith({ sessionId: 's', requestId: 'r', decision: 'allow' });
    expect(editor.closedTabs).toHaveLength(1);
  });

  it('is made without the parts that are left out', async () => {
    const { editor, answer, modified, text } = await asked();
    await editor.run('nootropic.proposal.toggle', 'r', 'src/x.ts', 0);
    expect(await text(modified)).toBe(before.replace('line 20\n', 'line twenty\n'));
    await editor.run('nootropic.proposal.allow');
    expect(answer).toHaveBeenCalledWith({
      ...{ sessionId: 's', requestId: 'r', decision: 'allow' },
      without: [{ path: 'src/x.ts', hunks: [0] }],
    });
  });

  it('is denied where nothing of it is left', async () => {
    const { editor, answer } = await asked();
    await editor.run('nootropic.proposal.toggle', 'r', 'src/x.ts', 0);
    await editor.run('nootropic.proposal.toggle', 'r', 'src/x.ts', 1);
    await editor.run('nootropic.proposal.allow');
    expect(answer).toHaveBeenCalledWith({ sessionId: 's', requestId: 'r', decision: 'deny' });
  });

  it('closes when the chat answered', async () => {
    const { editor, extension, answer } = await asked();
    extension.see({ type: 'approval-answer', requestId: 'r', decision: 'allow' });
    await vi.waitFor(() => expect(editor.closedTabs).toHaveLength(1));
    await editor.run('nootropic.proposal.allow');
    expect(answer).not.toHaveBeenCalled();
  });
});
