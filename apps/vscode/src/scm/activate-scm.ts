import { NootropicError } from '@nootropic/contracts';
import type { Uri } from 'vscode';
import type { Editor } from '../editor.ts';
import type { Extension } from '../extension-parts.ts';
import { gitRepositories, meantChange, repositoryFor, type GitRepository } from './git-repositories.ts';

/** Tells the menus that a message is being written, so that they show how to stop it. */
const runningKey = 'nootropic.writingMessage';

/** Writes the message for what is to be committed into the box of the source control view. It never commits. */
export function activateScm(extension: Extension, vscode: Editor): void {
  const { l10n, window } = vscode;
  const running = new Map<string, AbortController>();
  /** The last message written here, by repository: it may be replaced without a question. */
  const own = new Map<string, string>();

  const setRunning = (): void => void vscode.commands.executeCommand('setContext', runningKey, running.size > 0);

  const chosen = async (source: unknown): Promise<GitRepository | undefined> => {
    const repositories = await gitRepositories(vscode);
    const rootUri =
      typeof source === 'object' && source !== null && 'rootUri' in source ? (source.rootUri as Uri) : undefined;
    const found = repositoryFor(repositories, rootUri, window.activeTextEditor?.document.uri);
    if (found || repositories.length === 0) return found;
    const items = repositories.map((repository) => ({
      label: vscode.workspace.asRelativePath(repository.rootUri),
      repository,
    }));
    return (await window.showQuickPick(items, { title: l10n.t('Which repository?') }))?.repository;
  };

  const mayReplace = async ({ inputBox }: GitRepository, key: string): Promise<boolean> => {
    const { value } = inputBox;
    if (value.trim() === '' || value === own.get(key)) return true;
    const replace = l10n.t('Replace');
    const asked = l10n.t('There is a message already. Replace it?');
    return (await window.showWarningMessage(asked, { modal: true, detail: value }, replace)) === replace;
  };

  const write = async (source: unknown): Promise<void> => {
    const repository = await chosen(source);
    if (!repository) return void window.showWarningMessage(l10n.t('There is no git repository here.'));
    const key = repository.rootUri.toString();
    const of = meantChange(repository);
    if (of === undefined) return void window.showInformationMessage(l10n.t('There is nothing to commit.'));
    if (running.has(key) || !(await mayReplace(repository, key))) return;
    const stop = new AbortController();
    running.set(key, stop);
    setRunning();
    const before = repository.inputBox.value;
    try {
      const options = { location: vscode.ProgressLocation.SourceControl, title: l10n.t('Writing the commit message') };
      const message = await window.withProgress(options, () => ask({ repository, of, stop }));
      if (message === undefined) return;
      if (repository.inputBox.value !== before) {
        const replace = l10n.t('Replace');
        const said = l10n.t('A message was written, but the box has changed meanwhile.');
        if ((await window.showInformationMessage(said, { detail: message.text }, replace)) !== replace) return;
      }
      repository.inputBox.value = message.text;
      own.set(key, message.text);
      if (message.by === 'rule')
        window.setStatusBarMessage(l10n.t('No model could be asked: the message was made of the file names.'), 8000);
    } catch (cause) {
      if (!stop.signal.aborted) extension.tell(cause);
    } finally {
      running.delete(key);
      setRunning();
    }
  };

  const ask = async ({ repository, of, stop }: Asked): Promise<{ text: string; by: 'model' | 'rule' } | undefined> => {
    const { git } = await extension.assistant();
    const workspace = repository.rootUri.fsPath;
    for await (const item of await git.message({ workspace, of }, { signal: stop.signal })) {
      if (item.type === 'message') return { text: item.message, by: item.by };
      if (item.type === 'event' && item.event.type === 'turn-error') throw errorOf(item.event);
    }
    return undefined;
  };

  extension.context.subscriptions.push(
    vscode.commands.registerCommand('nootropic.commitMessage', write),
    vscode.commands.registerCommand('nootropic.commitMessage.stop', () => {
      for (const stop of running.values()) stop.abort();
    }),
    { dispose: () => running.forEach((stop) => stop.abort()) },
  );
}

interface Asked {
  readonly repository: GitRepository;
  readonly of: 'staged' | 'tracked' | 'uncommitted';
  readonly stop: AbortController;
}

/** The error in the last event of a turn. */
export function errorOf(event: { readonly [field: string]: unknown }): NootropicError {
  const { code, message, hint } = event['error'] as { code: NootropicError['code']; message: string; hint: string };
  return new NootropicError(code, message, { hint });
}
