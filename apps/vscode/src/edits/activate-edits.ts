import type { Disposable } from 'vscode';
import type { Editor } from '../editor.ts';
import type { Extension } from '../extension-parts.ts';
import { createAllowedChanges } from './allowed-changes.ts';
import { createEditActions, unsaved, uriOf, type EditActions } from './edit-actions.ts';
import { registerEditDocuments } from './edit-documents.ts';
import { registerEditLenses, registerEditMarks } from './edit-marks.ts';
import { registerEditTree } from './edit-tree.ts';
import { createEditLoader, fileChangeOf, lastTurn, type FileChange } from './load-edits.ts';
import {
  createPendingEdits,
  isPart,
  openParts,
  type EditedFile,
  type EditedPart,
  type PendingEdits,
} from './pending-edits.ts';
import { goTo, isFile, openAll, openDiff, partAtCursor } from './show-edits.ts';
import { registerProposals } from './show-proposals.ts';

/** What agents changed, as the editor's own diffs: to look at, to keep, to take back by the hunk, the file, or the turn. */
export function activateEdits(extension: Extension, vscode: Editor): void {
  const { l10n, window } = vscode;
  const pending = createPendingEdits();
  const actions = createEditActions({ extension, vscode, pending });
  const load = createEditLoader(async () => (await extension.assistant()).changes);
  const { enqueue, settled } = createLine((cause) => extension.tell(cause));
  const warned = new Set<string>();
  const allowed = createAllowedChanges();

  const take = (change: FileChange): void =>
    enqueue(async () => {
      pending.add(await load(change));
    });

  const warn = async (change: FileChange): Promise<void> => {
    const { path, turnId } = change;
    const document = unsaved(vscode, change);
    if (!document || warned.has(`${turnId} ${path}`)) return;
    warned.add(`${turnId} ${path}`);
    const compare = l10n.t('Compare');
    const said = l10n.t(
      '{0} was changed on the disk by the assistant, and has other changes here that are not saved.',
      path,
    );
    if ((await window.showWarningMessage(said, compare)) !== compare) return;
    await window.showTextDocument(document);
    await vscode.commands.executeCommand('workbench.files.action.compareWithSaved', document.uri);
  };

  const review = async (): Promise<void> => {
    await settled();
    await actions.refresh();
    if (pending.files().length === 0) await readLastTurn();
    const files = pending.files();
    if (files.length > 0) return openAll(vscode, files);
    window.setStatusBarMessage(l10n.t('Nothing is left to review.'), 4000);
  };
  const newest = async (): Promise<FileChange[]> => {
    const workspace = extension.workspaceFolder(window.activeTextEditor?.document.uri);
    return workspace === undefined ? [] : lastTurn((await extension.assistant()).changes, workspace);
  };
  const readLastTurn = async (): Promise<void> => {
    for (const change of await newest()) pending.add(await load(change));
  };
  const undoLast = async (): Promise<void> => {
    const made = await newest();
    const [first] = made;
    if (!first) {
      window.setStatusBarMessage(l10n.t('Nothing is left to undo.'), 4000);
      return;
    }
    const names = [...new Set(made.map(({ path }) => path))].join(', ');
    const undo = l10n.t('Undo the Turn');
    const asked = l10n.t('Take back what the last turn changed: {0}?', names);
    if ((await window.showInformationMessage(asked, { modal: true }, undo)) === undo) await actions.undoTurn(first);
  };

  const status = window.createStatusBarItem('nootropic.edits', vscode.StatusBarAlignment.Left, 10);
  status.name = l10n.t('Changes to review');
  status.command = 'nootropic.edits.review';
  const showStatus = (): void => {
    const files = pending.files();
    status.text = `$(diff) ${l10n.t('{0} to review', files.flatMap(openParts).length)}`;
    status.tooltip = files.map(({ path }) => path).join('\n');
    if (files.length > 0) status.show();
    else status.hide();
  };

  extension.context.subscriptions.push(
    registerEditDocuments(vscode, () => extension.assistant()),
    registerEditLenses(vscode, pending),
    registerEditMarks(vscode, pending),
    registerEditTree(vscode, pending, () => void actions.refresh()),
    registerProposals(vscode, extension),
    ...registerCommands({ vscode, pending, actions, review, undoLast, tell: extension.tell }),
    status,
    { dispose: pending.onChange(showStatus) },
    extension.onTurnEvent(({ workspace, event }) => {
      allowed.see(event);
      const change = fileChangeOf(event, workspace);
      if (!change || allowed.take(event)) return;
      take(change);
      void warn(change);
    }),
  );
}

interface CommandParts {
  readonly vscode: Editor;
  readonly pending: PendingEdits;
  readonly actions: EditActions;
  readonly review: () => Promise<void>;
  readonly undoLast: () => Promise<void>;
  readonly tell: Extension['tell'];
}

function registerCommands({ vscode, pending, actions, review, undoLast, tell }: CommandParts): Disposable[] {
  const active = () => vscode.window.activeTextEditor;
  /** The file that a command is about: that of its argument, else that of the active editor, the newest turn's first. */
  const fileOf = (argument: unknown): EditedFile | undefined => {
    const { workspace, path, turnId } = recordOf(argument);
    const named = pending
      .files()
      .find((each) => each.workspace === workspace && each.path === path && each.turnId === turnId);
    const uri = active()?.document.uri;
    return named ?? (uri ? pending.files().findLast((each) => isFile(uri, each)) : undefined);
  };
  const partOf = (argument: unknown): { file: EditedFile; part: EditedPart } | undefined => {
    const { step, index } = recordOf(argument);
    const file = typeof step === 'number' ? fileOf(argument) : undefined;
    const place = { step: Number(step), ...(typeof index === 'number' && { index }) };
    const part = file?.parts.find((each) => isPart(each, place));
    if (file && part) return { file, part };
    const editor = active();
    return editor && partAtCursor(editor, pending);
  };
  const all = async (act: (file: EditedFile) => void | Promise<void>): Promise<void> => {
    // Later turns stand on earlier ones.
    for (const file of pending.files().toReversed()) await act(file);
  };
  const onward = async (): Promise<void> => {
    const uri = active()?.document.uri;
    if (uri && pending.files().some((file) => isFile(uri, file))) await goTo(vscode, pending, 'next');
  };
  const commands: Readonly<Record<string, (argument: unknown) => unknown>> = {
    review,
    openDiff(argument) {
      const file = fileOf(argument);
      return file ? openDiff(vscode, file) : review();
    },
    openFile(argument) {
      const file = fileOf(argument);
      return file && vscode.window.showTextDocument(uriOf(vscode, file));
    },
    async keep(argument) {
      const found = partOf(argument);
      if (!found) return;
      actions.keep(found.file, [found.part]);
      await onward();
    },
    async reject(argument) {
      const found = partOf(argument);
      if (found) await actions.reject(found.file, [found.part]);
    },
    keepFile(argument) {
      const file = fileOf(argument);
      if (file) actions.keep(file);
    },
    rejectFile(argument) {
      const file = fileOf(argument);
      return file && actions.reject(file);
    },
    keepAll: () => all((file) => actions.keep(file)),
    async rejectAll() {
      const { l10n, window } = vscode;
      const yes = l10n.t('Reject All');
      const asked = l10n.t('Take back all changes that were not reviewed yet? Files: {0}.', pending.files().length);
      if ((await window.showWarningMessage(asked, { modal: true }, yes)) === yes)
        await all((file) => actions.reject(file));
    },
    next: () => goTo(vscode, pending, 'next'),
    previous: () => goTo(vscode, pending, 'previous'),
    undoTurn(argument) {
      const file = fileOf(argument) ?? pending.files().at(-1);
      return file ? actions.undoTurn(file) : undoLast();
    },
  };
  return Object.entries(commands).map(([name, run]) =>
    vscode.commands.registerCommand(`nootropic.edits.${name}`, async (argument: unknown) => {
      try {
        await run(argument);
      } catch (cause) {
        tell(cause);
      }
    }),
  );
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Does one thing after another, in order; one that fails is told and does not stop the others. */
function createLine(onError: (cause: unknown) => void) {
  let last: Promise<void> = Promise.resolve();
  return {
    enqueue(work: () => Promise<void>): void {
      last = last.then(work).catch(onError);
    },
    settled: () => last,
  };
}
