import type { CodeAction, CodeActionContext, Command, Diagnostic, Range, TextDocument, TextEditor } from 'vscode';
import type { Editor } from '../editor.ts';
import type { Extension } from '../extension-parts.ts';
import { documentWords, explainProblemWords, explainWords, fixWords, testWords, type Problem } from './action-words.ts';
import { betterNames } from './better-names.ts';
import { attachmentOf, codePlace, type CodePlace } from './code-place.ts';
import { taskMode } from './task-mode.ts';

/** Where an action was asked for. What is unset is taken from the active editor. */
interface Asked {
  readonly document: TextDocument;
  readonly range: Range;
  readonly place: CodePlace;
  readonly problems: readonly Problem[];
}

/** What can be asked of a place in code, in the editor's menus for it and as commands. */
export function activateActions(extension: Extension, vscode: Editor): void {
  const { l10n, window, workspace } = vscode;

  const askedAt = async (uri?: unknown, at?: unknown): Promise<Asked | undefined> => {
    const editor: TextEditor | undefined = window.activeTextEditor;
    const document = uri instanceof vscode.Uri ? await workspace.openTextDocument(uri) : editor?.document;
    const range = at instanceof vscode.Range ? at : editor?.selection;
    if (!document || !range) return undefined;
    const place = await codePlace(vscode, extension, { document, range });
    if (place) {
      const near = vscode.languages.getDiagnostics(document.uri).filter((each) => each.range.intersection(range));
      return { document, range, place, problems: near.map((each) => problemOf(vscode, document, each)) };
    }
    void window.showWarningMessage(l10n.t('The assistant works on files of an open folder; this is none.'));
    return undefined;
  };

  /** The agent reads the disk, so it must have what the person sees. */
  const saved = async ({ document }: Asked): Promise<boolean> => {
    if (!document.isDirty || (await document.save())) return true;
    void window.showWarningMessage(l10n.t('The file could not be saved, so nothing was asked.'));
    return false;
  };

  const chat = async (
    { document, place }: Asked,
    text: string,
    how: { agent: string; mode: 'plan' | 'ask' | 'auto-edit' },
  ) => extension.openChat({ type: 'ask', text, attachments: [chatAttachment(place, document)], ...how, send: true });

  const task = async (asked: Asked, text: string, title: string): Promise<void> => {
    if (!(await saved(asked))) return;
    const { place, document } = asked;
    const { runTask, tellUnchanged } = await import('./run-task.ts');
    const end = await runTask(vscode, extension, {
      ...{ workspace: place.workspace, text, title },
      attachments: [attachmentOf(place, document)],
    });
    // What changed is marked where it is; meanwhile the person may look at something else, and goes on with that.
    if (end?.changed.length === 0) tellUnchanged(vscode, extension, end);
  };

  const run: Readonly<Record<string, (asked: Asked) => Promise<void>>> = {
    explain: (asked) => chat(asked, explainWords(asked.place), { agent: 'explain', mode: 'plan' }),
    explainProblem: (asked) =>
      chat(asked, explainProblemWords(asked.place, asked.problems), { agent: 'explain', mode: 'plan' }),
    test: async (asked) => {
      if (!extension.isTrusted)
        return void window.showWarningMessage(l10n.t('The workspace is not trusted: nothing is changed in it.'));
      if (await saved(asked)) await chat(asked, testWords(asked.place), { agent: 'test', mode: taskMode(vscode) });
    },
    document: (asked) =>
      task(asked, documentWords(asked.place), l10n.t('Documenting {0}', asked.place.symbol ?? asked.place.path)),
    async fix(asked) {
      if (asked.problems.length === 0) {
        window.setStatusBarMessage(l10n.t('There is no problem here.'), 4000);
        return;
      }
      await task(asked, fixWords(asked.place, asked.problems), l10n.t('Mending {0}', asked.place.path));
    },
    rename: (asked) => rename({ vscode, extension }, asked),
  };

  extension.context.subscriptions.push(
    ...Object.entries(run).map(([name, act]) =>
      vscode.commands.registerCommand(`nootropic.${name}`, async (uri?: unknown, range?: unknown) => {
        try {
          const asked = await askedAt(uri, range);
          if (asked) await act(asked);
        } catch (cause) {
          extension.tell(cause);
        }
      }),
    ),
    vscode.commands.registerCommand('nootropic.answer', async (given: unknown) => {
      const { sessionId, requestId, decision } = (given ?? {}) as Record<string, unknown>;
      if (typeof sessionId !== 'string' || typeof requestId !== 'string') return;
      const assistant = await extension.assistant();
      // Answered elsewhere meanwhile: then there is nothing to do.
      await assistant
        .answer({ sessionId, requestId, decision: decision === 'allow' ? 'allow' : 'deny' })
        .catch(() => undefined);
    }),
    vscode.languages.registerCodeActionsProvider(
      { scheme: 'file' },
      {
        provideCodeActions: (document, range, context) => offered({ vscode, extension }, { document, range, context }),
      },
      { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, vscode.CodeActionKind.Refactor] },
    ),
  );
}

interface Parts {
  readonly vscode: Editor;
  readonly extension: Extension;
}

interface Place {
  readonly document: TextDocument;
  readonly range: Range;
  readonly context: CodeActionContext;
}

/** The command of an action, and the range that it is about: else that of the menu. */
interface Doing {
  readonly command: string;
  readonly at?: Range;
}

/** What is offered at a place. Without a problem or a selection the lamp stays off, and the menu shows them only when it is asked for. */
export function offered(
  { vscode, extension }: Pick<Parts, 'vscode'> & { extension: Pick<Extension, 'isTrusted' | 'workspaceFolder'> },
  place: Place,
): CodeAction[] {
  const { document, range, context } = place;
  const { l10n, CodeActionKind } = vscode;
  if (extension.workspaceFolder(document.uri) === undefined) return [];
  const wants = (kind: typeof CodeActionKind.QuickFix) =>
    context.only === undefined || kind.contains(context.only) || context.only.contains(kind);
  const make = (title: string, kind: typeof CodeActionKind.QuickFix, does: Doing): CodeAction => {
    const action = new vscode.CodeAction(title, kind);
    const { command, at = range } = does;
    action.command = { title, command: `nootropic.${command}`, arguments: [document.uri, at] } satisfies Command;
    return action;
  };
  const actions: CodeAction[] = [];
  const { QuickFix, Refactor } = CodeActionKind;
  if (wants(QuickFix))
    for (const diagnostic of context.diagnostics.slice(0, 1)) {
      if (extension.isTrusted) {
        const fix = make(l10n.t('Fix this problem with nootropic'), QuickFix, { command: 'fix', at: diagnostic.range });
        fix.diagnostics = [diagnostic];
        actions.push(fix);
      }
      actions.push(
        make(l10n.t('Explain this problem with nootropic'), QuickFix, {
          command: 'explainProblem',
          at: diagnostic.range,
        }),
      );
    }
  const isAsked = context.triggerKind === vscode.CodeActionTriggerKind.Invoke;
  if (!wants(Refactor) || (range.isEmpty && !isAsked)) return actions;
  const kind = (name: string) => Refactor.append('nootropic').append(name);
  actions.push(make(l10n.t('Explain with nootropic'), kind('explain'), { command: 'explain' }));
  if (!extension.isTrusted) return actions;
  actions.push(
    make(l10n.t('Write a test with nootropic'), kind('test'), { command: 'test' }),
    make(l10n.t('Document with nootropic'), kind('document'), { command: 'document' }),
    make(l10n.t('Find a better name with nootropic'), kind('rename'), { command: 'rename' }),
  );
  return actions;
}

function problemOf(
  vscode: Editor,
  document: TextDocument,
  { range, severity, message, source, code }: Diagnostic,
): Problem {
  const { line } = range.start;
  const number = typeof code === 'object' ? code.value : code;
  const from = [source, number].filter((part) => part !== undefined).join(' ');
  return {
    line: line + 1,
    severity: (vscode.DiagnosticSeverity[severity] ?? 'error').toLowerCase(),
    message,
    code: line < document.lineCount ? document.lineAt(line).text : '',
    ...(from !== '' && { source: from }),
  };
}

function chatAttachment(place: CodePlace, document: TextDocument) {
  const attachment = attachmentOf(place, document);
  if (attachment.kind === 'text') return attachment;
  const { path, startLine, endLine } = place;
  return { kind: 'file' as const, path, startLine, endLine };
}

/** Asks for names, lets the person pick one or write their own, and lets the editor's own language support rename. */
async function rename({ vscode, extension }: Parts, { document, range }: Asked): Promise<void> {
  const { l10n, window } = vscode;
  const word = document.getWordRangeAtPosition(range.start);
  if (!word) {
    window.setStatusBarMessage(l10n.t('There is no name here.'), 4000);
    return;
  }
  const name = document.getText(word);
  const around = await codePlace(vscode, extension, { document, range: new vscode.Range(word.start, word.start) });
  const chosen = await pickName({ vscode, extension }, name, (signal) =>
    betterNames(
      (path, init) => extension.ask(path, init),
      { name, languageId: document.languageId, code: linesAround(document, word, around) },
      signal,
    ),
  );
  if (chosen === undefined || chosen === name) return;
  const edit = await vscode.commands.executeCommand<import('vscode').WorkspaceEdit | undefined>(
    'vscode.executeDocumentRenameProvider',
    document.uri,
    word.start,
    chosen,
  );
  if (edit && edit.size > 0 && (await vscode.workspace.applyEdit(edit))) return;
  void window.showWarningMessage(l10n.t('The editor’s support for this language cannot rename {0}.', name));
}

/** A name is understood by the function or class that it stands in, and by the lines next to it where there is none. */
function linesAround(document: TextDocument, word: Range, place: CodePlace | undefined): string {
  const isLarge = place && place.endLine > place.startLine;
  const first = isLarge ? place.startLine - 1 : Math.max(0, word.start.line - 20);
  const last = Math.min(document.lineCount - 1, isLarge ? place.endLine - 1 : word.start.line + 20);
  return document.getText(document.lineAt(first).range.union(document.lineAt(last).range));
}

async function pickName(
  { vscode, extension }: Parts,
  name: string,
  ask: (signal: AbortSignal) => Promise<string[]>,
): Promise<string | undefined> {
  const { l10n, window } = vscode;
  const pick = window.createQuickPick();
  const stop = new AbortController();
  pick.title = l10n.t('A better name for {0}', name);
  pick.placeholder = l10n.t('Choose a name, or write your own');
  pick.busy = true;
  pick.show();
  let names: readonly string[] = [];
  const show = (): void => {
    const own = pick.value.trim();
    const isOwn = own !== '' && !names.includes(own);
    pick.items = [
      ...(isOwn ? [{ label: own, description: l10n.t('your own') }] : []),
      ...names.map((label) => ({ label })),
    ];
  };
  pick.onDidChangeValue(show);
  ask(stop.signal)
    .then((found) => {
      names = found;
      if (found.length === 0) pick.placeholder = l10n.t('The model found none; write your own');
      show();
    })
    .catch((cause: unknown) => {
      if (stop.signal.aborted) return;
      pick.hide();
      extension.tell(cause);
    })
    .finally(() => {
      pick.busy = false;
    });
  try {
    return await new Promise<string | undefined>((resolve) => {
      pick.onDidAccept(() => resolve(pick.selectedItems[0]?.label));
      pick.onDidHide(() => resolve(undefined));
    });
  } finally {
    stop.abort();
    pick.dispose();
  }
}
