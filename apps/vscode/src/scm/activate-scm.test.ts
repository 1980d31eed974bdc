import { expect, it, vi } from 'vitest';
import { createFakeEditor } from '../testing/fake-editor.ts';
import { createFakeExtension, streamOf } from '../testing/fake-extension.ts';
import { activateScm } from './activate-scm.ts';
import { meantChange, repositoryFor } from './git-repositories.ts';

interface State {
  readonly staged?: number;
  readonly changed?: number;
  readonly untracked?: number;
}

const many = (count = 0) => Array.from({ length: count }, () => ({}));

function opened({ staged, changed, untracked }: State, value = '') {
  const editor = createFakeEditor();
  const repository = {
    rootUri: editor.vscode.Uri.file('/home/me/code'),
    inputBox: { value },
    state: { indexChanges: many(staged), workingTreeChanges: many(changed), untrackedChanges: many(untracked) },
  };
  editor.extensions.set('vscode.git', { isActive: true, exports: { getAPI: () => ({ repositories: [repository] }) } });
  const message = vi.fn(async (_: unknown, _call?: { signal?: AbortSignal }) =>
    streamOf({ type: 'message', message: 'Count right', by: 'model', files: [] }),
  );
  const extension = createFakeExtension({ assistant: { git: { message: message as never } } });
  activateScm(extension, editor.vscode);
  return { editor, repository, message, extension, write: () => editor.run('nootropic.commitMessage', repository) };
}

it('puts the message into the box of the repository, for what is staged', async () => {
  const { repository, message, write } = opened({ staged: 1, changed: 3 });
  await write();
  expect(repository.inputBox.value).toBe('Count right');
  expect(message.mock.calls[0]?.[0]).toEqual({ workspace: '/home/me/code', of: 'staged' });
});

it('asks before it replaces what a person wrote, but not what it wrote itself', async () => {
  const { editor, repository, message, write } = opened({ changed: 1 }, 'my words');
  await write();
  expect(repository.inputBox.value).toBe('my words');
  expect(message).not.toHaveBeenCalled();
  editor.choose = ({ buttons }) => buttons[0];
  await write();
  expect(repository.inputBox.value).toBe('Count right');
  editor.choose = () => undefined;
  await write();
  expect(message).toHaveBeenCalledTimes(2);
});

it('leaves the box alone where it changed while the message was written', async () => {
  const { repository, message, write } = opened({ changed: 1 });
  message.mockImplementation(async () => {
    repository.inputBox.value = 'typed meanwhile';
    return streamOf({ type: 'message', message: 'Count right', by: 'model', files: [] });
  });
  await write();
  expect(repository.inputBox.value).toBe('typed meanwhile');
});

it('stops when it is told to, without an error', async () => {
  const { editor, repository, message, extension, write } = opened({ changed: 1 });
  message.mockImplementation(async (_, call) => {
    await new Promise((_go, stop) => call?.signal?.addEventListener('abort', () => stop(new Error('aborted'))));
    return streamOf();
  });
  const writing = write();
  await vi.waitFor(() => expect(editor.context.get('nootropic.writingMessage')).toBe(true));
  await vi.waitFor(() => expect(message).toHaveBeenCalled());
  await editor.run('nootropic.commitMessage.stop');
  await writing;
  expect(repository.inputBox.value).toBe('');
  expect(extension.told).toEqual([]);
  expect(editor.context.get('nootropic.writingMessage')).toBe(false);
});

it('shows why there is no message', async () => {
  const { extension, message, write } = opened({ changed: 1 });
  const error = { code: 'MODEL_UNREACHABLE', message: 'It does not answer.', hint: 'Start it.' };
  message.mockResolvedValue(streamOf({ type: 'event', event: { type: 'turn-error', error } }) as never);
  await write();
  expect(extension.told[0]).toMatchObject({ code: 'MODEL_UNREACHABLE', hint: 'Start it.' });
});

it('asks nothing where nothing has changed, and nothing without git', async () => {
  const { editor, message, write } = opened({});
  await write();
  expect(message).not.toHaveBeenCalled();
  editor.extensions.clear();
  await write();
  expect(editor.messages.at(-1)?.text).toContain('no git repository');
});

it('means what a commit would hold', () => {
  const of = ({ staged, changed, untracked }: State) =>
    meantChange({
      state: { indexChanges: many(staged), workingTreeChanges: many(changed), untrackedChanges: many(untracked) },
    });
  expect([of({ staged: 1, changed: 1 }), of({ changed: 1, untracked: 1 }), of({ untracked: 1 }), of({})]).toEqual([
    ...['staged', 'tracked', 'uncommitted'],
    undefined,
  ]);
  expect(meantChange({ state: { indexChanges: [], workingTreeChanges: many(1) } })).toBe('uncommitted');
});

it('finds the repository by its root, then by the file, the innermost first', () => {
  const { Uri } = createFakeEditor().vscode;
  const at = (path: string) => ({ rootUri: Uri.file(path) }) as never;
  const all = [at('/home/me/code'), at('/home/me/code/inner'), at('/other')];
  expect(repositoryFor(all, Uri.file('/other'), undefined)).toBe(all[2]);
  expect(repositoryFor(all, undefined, Uri.file('/home/me/code/inner/x.ts'))).toBe(all[1]);
  expect(repositoryFor(all, undefined, Uri.file('/workshop/x.ts'))).toBeUndefined();
  expect(repositoryFor(all.slice(0, 1), undefined, undefined)).toBe(all[0]);
});
