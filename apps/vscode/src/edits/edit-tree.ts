import type { Disposable, TreeDataProvider, TreeItem } from 'vscode';
import type { Editor } from '../editor.ts';
import { uriOf } from './edit-actions.ts';
import { openParts, type EditedFile, type PendingEdits } from './pending-edits.ts';

/** The files that are to be reviewed, as a list beside the chat. It is there only while there are some. */
export function registerEditTree(vscode: Editor, pending: PendingEdits, onShown: () => void): Disposable {
  const { l10n } = vscode;
  const changed = new vscode.EventEmitter<void>();
  const provider: TreeDataProvider<EditedFile> = {
    onDidChangeTreeData: changed.event,
    getChildren: (parent) => (parent ? [] : [...pending.files()]),
    getTreeItem(file): TreeItem {
      const open = openParts(file);
      const lines = open.flatMap(({ hunk }) => hunk?.lines ?? []);
      const added = lines.filter((line) => line.startsWith('+')).length;
      const removed = lines.filter((line) => line.startsWith('-')).length;
      const item = new vscode.TreeItem(uriOf(vscode, file));
      item.id = `${file.turnId} ${file.path}`;
      item.description = `+${added} −${removed} · ${words[file.change](vscode)}`;
      item.tooltip = l10n.t('{0}, changes to review: {1}', file.path, open.length);
      item.contextValue = 'edit';
      item.command = { title: l10n.t('Open Diff'), command: 'nootropic.edits.openDiff', arguments: [file] };
      return item;
    },
  };
  const view = vscode.window.createTreeView('nootropic.edits', { treeDataProvider: provider });
  const show = (): void => {
    const files = pending.files();
    changed.fire();
    view.badge =
      files.length === 0 ? undefined : { value: files.length, tooltip: l10n.t('Files to review: {0}', files.length) };
    void vscode.commands.executeCommand('setContext', 'nootropic.hasEdits', files.length > 0);
  };
  const end = pending.onChange(show);
  return vscode.Disposable.from(
    view,
    changed,
    { dispose: end },
    view.onDidChangeVisibility(({ visible }) => {
      if (visible) onShown();
    }),
  );
}

const words: Readonly<Record<EditedFile['change'], (vscode: Editor) => string>> = {
  created: ({ l10n }) => l10n.t('new'),
  modified: ({ l10n }) => l10n.t('changed'),
  deleted: ({ l10n }) => l10n.t('removed'),
  renamed: ({ l10n }) => l10n.t('renamed'),
};
