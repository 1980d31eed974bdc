import type { TextEditor, Uri } from 'vscode';
import type { Editor } from '../editor.ts';
import { uriOf } from './edit-actions.ts';
import { editUri } from './edit-documents.ts';
import { openParts, type EditedFile, type PendingEdits } from './pending-edits.ts';
import { partAfter, partAt, placedParts, type PlacedPart } from './placed-parts.ts';

/** Opens the editor's own diff of a file: as it was before the turn on the left, as it is now on the right, where it can be edited. */
export async function openDiff(vscode: Editor, file: EditedFile, line?: number): Promise<void> {
  const [first, last] = [file.parts[0], file.parts.at(-1)];
  if (!first || !last) return;
  const { workspace, path, from, change } = file;
  const before = editUri(vscode, { workspace, step: first.step, path: from ?? path, side: 'before' });
  const after =
    change === 'deleted' ? editUri(vscode, { workspace, step: last.step, path, side: 'after' }) : uriOf(vscode, file);
  const title = vscode.l10n.t('{0} (before the turn ↔ now)', path);
  const shown = line ?? firstLine(file, await textAt(vscode, after));
  const selection = shown === undefined ? {} : { selection: new vscode.Range(shown, 0, shown, 0) };
  await vscode.commands.executeCommand('vscode.diff', before, after, title, { preview: true, ...selection });
}

/** Opens every file of a review in one editor, where the editor can do that. */
export async function openAll(vscode: Editor, files: readonly EditedFile[]): Promise<void> {
  const [first] = files;
  if (!first) return;
  if (files.length === 1) return openDiff(vscode, first);
  const resources = files.flatMap((file): [Uri, Uri, Uri][] => {
    const [begin, end] = [file.parts[0], file.parts.at(-1)];
    if (!begin || !end) return [];
    const { workspace, path, from, change } = file;
    const now = uriOf(vscode, file);
    const after = change === 'deleted' ? editUri(vscode, { workspace, step: end.step, path, side: 'after' }) : now;
    return [[now, editUri(vscode, { workspace, step: begin.step, path: from ?? path, side: 'before' }), after]];
  });
  await vscode.commands.executeCommand('vscode.changes', vscode.l10n.t('Changes of the Assistant'), resources);
}

/** The open parts in an editor that shows a file of a workspace. */
export function partsIn(editor: Pick<TextEditor, 'document'>, pending: PendingEdits): readonly PlacedPart[] {
  const { document } = editor;
  if (document.uri.scheme !== 'file') return [];
  const files = pending.files().filter((file) => isFile(document.uri, file));
  return files.length === 0 ? [] : placedParts(files, document.getText());
}

export function isFile({ fsPath }: Pick<Uri, 'fsPath'>, { workspace, path }: EditedFile): boolean {
  const slashed = (text: string) => text.replaceAll('\\', '/');
  return slashed(fsPath) === `${slashed(workspace).replace(/\/$/u, '')}/${path}`;
}

/** The part at the cursor of an editor. */
export function partAtCursor(editor: TextEditor, pending: PendingEdits): PlacedPart | undefined {
  return partAt(partsIn(editor, pending), editor.selection.active.line);
}

/** Goes to the next thing to judge, or the one before: in this file, then in the next one. */
export async function goTo(vscode: Editor, pending: PendingEdits, way: 'next' | 'previous'): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const found = editor && partAfter(partsIn(editor, pending), editor.selection.active.line, way);
  if (editor && found) {
    reveal(vscode, editor, found);
    return;
  }
  const files = pending.files();
  const here = editor ? files.findIndex((file) => isFile(editor.document.uri, file)) : -1;
  const step = way === 'next' ? 1 : -1;
  const start = here === -1 && way === 'previous' ? 0 : here;
  const next = files.at((start + step + files.length) % Math.max(1, files.length));
  if (!next) {
    vscode.window.setStatusBarMessage(vscode.l10n.t('Nothing is left to review.'), 4000);
    return;
  }
  await openDiff(vscode, next);
  const opened = vscode.window.activeTextEditor;
  const parts = opened ? partsIn(opened, pending) : [];
  const part = way === 'next' ? parts[0] : parts.at(-1);
  if (opened && part) reveal(vscode, opened, part);
}

function reveal(vscode: Editor, editor: TextEditor, { place }: PlacedPart): void {
  const at = new vscode.Position(Math.min(place.start, Math.max(0, editor.document.lineCount - 1)), 0);
  editor.selection = new vscode.Selection(at, at);
  editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

async function textAt(vscode: Editor, uri: Uri): Promise<string> {
  try {
    return (await vscode.workspace.openTextDocument(uri)).getText();
  } catch {
    return '';
  }
}

function firstLine(file: EditedFile, text: string): number | undefined {
  return openParts(file).length === 0 ? undefined : placedParts([file], text)[0]?.place.start;
}
