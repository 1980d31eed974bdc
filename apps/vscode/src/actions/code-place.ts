import { relative, sep } from 'node:path';
import type { Attachment } from '@nootropic/contracts';
import type { DocumentSymbol, Range, SymbolInformation, TextDocument, Uri } from 'vscode';
import type { Editor } from '../editor.ts';
import type { Extension } from '../extension-parts.ts';

/** The code that an action is about: lines of a file, and the symbol that they are, where there is one. Lines count from 1. */
export interface CodePlace {
  readonly workspace: string;
  /** Relative to the workspace. */
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  /** Its name, where it is one function, class or the like. */
  readonly symbol?: string;
}

/** What is selected; without a selection the innermost symbol around a place that is more than a variable; else the line. */
export async function codePlace(
  vscode: Editor,
  extension: Pick<Extension, 'workspaceFolder'>,
  at: { readonly document: TextDocument; readonly range: Range },
): Promise<CodePlace | undefined> {
  const { document, range } = at;
  const workspace = extension.workspaceFolder(document.uri);
  const path = workspace === undefined ? undefined : pathIn(workspace, document.uri);
  if (workspace === undefined || path === undefined) return undefined;
  const lines = (of: Range) => ({
    startLine: of.start.line + 1,
    endLine: Math.max(of.start.line, of.end.line - (of.end.character === 0 && !of.isEmpty ? 1 : 0)) + 1,
  });
  const symbol = innermost(vscode, await symbolsOf(vscode, document.uri), range);
  if (range.isEmpty)
    return { workspace, path, ...lines(symbol?.range ?? range), ...(symbol && { symbol: symbol.name }) };
  const isWhole = symbol && lines(symbol.range).startLine === lines(range).startLine;
  return { workspace, path, ...lines(range), ...(isWhole && { symbol: symbol.name }) };
}

/** A path relative to a folder, with `/`; none where it does not lie in it. */
export function pathIn(folder: string, { scheme, fsPath }: Pick<Uri, 'scheme' | 'fsPath'>): string | undefined {
  const path = relative(folder, fsPath);
  return scheme !== 'file' || path === '' || path.startsWith('..') ? undefined : path.split(sep).join('/');
}

/** The symbols that the editor's language support finds in a file; none where it has none. */
export async function symbolsOf(vscode: Editor, uri: Uri): Promise<readonly DocumentSymbol[]> {
  try {
    const found = await vscode.commands.executeCommand<(DocumentSymbol | SymbolInformation)[] | undefined>(
      'vscode.executeDocumentSymbolProvider',
      uri,
    );
    return (found ?? []).filter((each) => 'range' in each);
  } catch {
    return [];
  }
}

/** Symbols that hold code of their own. */
export function holdsCode({ SymbolKind }: Editor, { kind }: Pick<DocumentSymbol, 'kind'>): boolean {
  const kinds = [
    ...[SymbolKind.Function, SymbolKind.Method, SymbolKind.Constructor, SymbolKind.Class],
    ...[SymbolKind.Interface, SymbolKind.Enum, SymbolKind.Struct],
  ];
  return kinds.includes(kind);
}

export function innermost(
  vscode: Editor,
  symbols: readonly DocumentSymbol[],
  range: Range,
): DocumentSymbol | undefined {
  const around = symbols.find((each) => each.range.contains(range));
  if (!around) return undefined;
  return innermost(vscode, around.children, range) ?? (holdsCode(vscode, around) ? around : undefined);
}

/** The code as it goes along with a question: by its place where the disk has what the editor shows, else as its text. */
export function attachmentOf({ path, startLine, endLine }: CodePlace, document: TextDocument): Attachment {
  if (!document.isDirty) return { kind: 'file', path, startLine, endLine };
  const last = document.lineAt(Math.min(endLine, document.lineCount) - 1).range;
  const text = document.getText(document.lineAt(startLine - 1).range.union(last));
  return { kind: 'text', name: `${path}:${startLine}-${endLine}`, text };
}
