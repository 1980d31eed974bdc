import { relative, sep } from 'node:path';
import type { Attachable } from '@nootropic/ui';
import {
  DiagnosticSeverity,
  languages,
  TabInputText,
  window,
  workspace,
  type Diagnostic,
  type TextDocument,
  type TextEditor,
  type Uri,
} from 'vscode';
import type { Extension } from '../extension-parts.ts';
import { chatStrings } from './chat-strings.ts';
import type { TerminalOutput } from './terminal-output.ts';

type Attachment = Attachable['attachment'];

/** Open files that are offered beside the one at hand. */
const mostFiles = 12;
const mostProblems = 100;

/** What the editor has at hand to send along with a question, most likely first. */
export async function attachables(
  extension: Pick<Extension, 'workspaceFolder'>,
  terminal: TerminalOutput,
): Promise<Attachable[]> {
  // A chat that is a tab has the focus itself; the editor beside it is meant.
  const editor = window.activeTextEditor ?? window.visibleTextEditors.find(({ document }) => isFile(document.uri));
  const items: Attachable[] = [];
  if (editor && !editor.selection.isEmpty) items.push(selectionOf(editor, extension));
  if (editor && isFile(editor.document.uri)) {
    const name = nameOf(editor.document.uri, extension);
    items.push({ title: chatStrings.file(name), attachment: attachmentOf(editor.document, extension) });
    const problems = languages.getDiagnostics(editor.document.uri);
    if (problems.length > 0)
      items.push({
        title: chatStrings.problems(name, problems.length),
        attachment: {
          kind: 'text',
          name: chatStrings.problemsName(name),
          text: problemLines(problems, editor.document),
        },
      });
  }
  const { last } = terminal;
  if (last) {
    const command = last.command.split('\n')[0]?.slice(0, 60) ?? '';
    items.push({
      title: chatStrings.terminal(command),
      attachment: { kind: 'text', name: chatStrings.terminal(command), text: `$ ${last.command}\n${last.text}` },
    });
  }
  for (const uri of openFiles(editor?.document.uri)) {
    const name = nameOf(uri, extension);
    const dirty = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    const attachment = dirty
      ? attachmentOf(dirty, extension)
      : (pathIn(uri, extension) ?? attachmentOf(await workspace.openTextDocument(uri), extension));
    items.push({ title: chatStrings.file(name), attachment });
  }
  return items;
}

/** The selection, or the line of the cursor where nothing is selected: as a range of the file where that is what the disk has, else as its text. */
export function selectionOf(
  { document, selection }: Pick<TextEditor, 'document' | 'selection'>,
  extension: Pick<Extension, 'workspaceFolder'>,
): Attachable {
  const first = selection.start.line + 1;
  // A selection that ends before the first character of a line does not hold that line.
  const last = Math.max(first, selection.end.line + (selection.end.character === 0 && !selection.isEmpty ? 0 : 1));
  const name = nameOf(document.uri, extension);
  const path = document.isDirty ? undefined : pathIn(document.uri, extension);
  const range = document.lineAt(first - 1).range.union(document.lineAt(last - 1).range);
  return {
    title: chatStrings.selection(name, first, last),
    attachment: path
      ? { ...path, startLine: first, endLine: last }
      : { kind: 'text', name: `${name}:${first}-${last}`, text: document.getText(range) },
  };
}

/** A document: by its path where the disk has what the editor shows, else by its text. */
export function attachmentOf(document: TextDocument, extension: Pick<Extension, 'workspaceFolder'>): Attachment {
  const path = document.isDirty ? undefined : pathIn(document.uri, extension);
  return path ?? { kind: 'text', name: nameOf(document.uri, extension), text: document.getText() };
}

/** The problems of a document as lines that a model reads: where, how bad, what, and the line itself. */
function problemLines(problems: readonly Diagnostic[], document: TextDocument): string {
  return [...problems]
    .sort((a, b) => a.severity - b.severity || a.range.start.line - b.range.start.line)
    .slice(0, mostProblems)
    .map(({ range, severity, message, source }) => {
      const { line } = range.start;
      const code = line < document.lineCount ? document.lineAt(line).text.trim() : '';
      const from = source === undefined ? '' : ` (${source})`;
      return `line ${line + 1}: ${DiagnosticSeverity[severity].toLowerCase()}: ${message}${from}\n    ${code}`;
    })
    .join('\n');
}

function openFiles(except: Uri | undefined): Uri[] {
  const found = new Map<string, Uri>();
  for (const { tabs } of window.tabGroups.all)
    for (const { input } of tabs)
      if (input instanceof TabInputText && isFile(input.uri)) found.set(input.uri.toString(), input.uri);
  if (except) found.delete(except.toString());
  return [...found.values()].slice(0, mostFiles);
}

const isFile = (uri: Uri): boolean => uri.scheme === 'file' || uri.scheme === 'untitled';

function pathIn(
  uri: Uri,
  { workspaceFolder }: Pick<Extension, 'workspaceFolder'>,
): Extract<Attachment, { kind: 'file' }> | undefined {
  const folder = workspaceFolder(uri);
  if (uri.scheme !== 'file' || folder === undefined) return undefined;
  const path = relative(folder, uri.fsPath);
  if (path.startsWith('..') || path === '') return undefined;
  return { kind: 'file', path: path.split(sep).join('/') };
}

function nameOf(uri: Uri, extension: Pick<Extension, 'workspaceFolder'>): string {
  return pathIn(uri, extension)?.path ?? uri.path.split('/').at(-1) ?? uri.path;
}
