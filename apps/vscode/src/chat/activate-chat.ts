import type { FaceCommand } from '@nootropic/ui';
import { commands, env, Uri, ViewColumn, window, workspace, type Webview, type WebviewPanel } from 'vscode';
import type { OwnExtension } from '../create-extension.ts';
import { chatStrings } from './chat-strings.ts';
import type { ChatPage } from './chat-page.ts';
import { watchTerminals } from './terminal-output.ts';

const viewId = 'nootropic.chat';
const tabType = 'nootropic.chatTab';
/** Milliseconds that the editor is given to show the view before a command for it is given up. */
const showMs = 10_000;

/** The chat in the side bar and as a tab, and the commands that put something into it. Its page is loaded when it is shown. */
export function activateChat(extension: OwnExtension): void {
  const { context } = extension;
  const terminal = watchTerminals();
  context.subscriptions.push(terminal);
  /** Shown last, first. */
  const pages: ChatPage[] = [];
  let opened: (() => void) | undefined;

  const mount = async (webview: Webview, onDispose: (listener: () => void) => void): Promise<void> => {
    const { mountChatPage } = await import('./chat-page.ts');
    const page = mountChatPage(webview, { extension, terminal });
    pages.unshift(page);
    opened?.();
    onDispose(() => {
      pages.splice(pages.indexOf(page), 1);
      page.dispose();
    });
  };
  const mountTab = (panel: WebviewPanel): Promise<void> => {
    panel.iconPath = Uri.joinPath(context.extensionUri, 'media', 'view.svg');
    return mount(panel.webview, (listener) => panel.onDidDispose(listener));
  };

  const send = async (command: FaceCommand | undefined): Promise<void> => {
    await commands.executeCommand(`${viewId}.focus`);
    if (pages.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      opened = resolve;
      const timer = setTimeout(resolve, showMs);
      await promise;
      clearTimeout(timer);
      opened = undefined;
    }
    if (command) pages[0]?.send(command);
  };

  const askSelection = async (): Promise<void> => {
    const editor = window.activeTextEditor;
    if (!editor) return send(undefined);
    const { selectionOf } = await import('./attachables.ts');
    await send({ type: 'ask', text: '', attachments: [selectionOf(editor, extension).attachment] });
  };

  const add = async (uri?: unknown): Promise<void> => {
    const { attachmentOf } = await import('./attachables.ts');
    const editor = window.activeTextEditor;
    const isOfEditor = !(uri instanceof Uri) || uri.toString() === editor?.document.uri.toString();
    if (isOfEditor && editor && !editor.selection.isEmpty) return askSelection();
    const document =
      uri instanceof Uri && !isOfEditor ? await workspace.openTextDocument(uri) : (editor?.document ?? undefined);
    if (document) await send({ type: 'ask', text: '', attachments: [attachmentOf(document, extension)] });
  };

  const addTerminalSelection = async (): Promise<void> => {
    const { terminalSelection, nothingSelected } = chatStrings;
    // There is no other way to read it; what was in the clipboard is put back.
    const before = await env.clipboard.readText();
    await env.clipboard.writeText('');
    await commands.executeCommand('workbench.action.terminal.copySelection');
    const text = await env.clipboard.readText();
    await env.clipboard.writeText(before);
    if (text.trim() === '') return void window.setStatusBarMessage(nothingSelected, 5000);
    await send({ type: 'ask', text: '', attachments: [{ kind: 'text', name: terminalSelection, text }] });
  };

  const openTab = (): Promise<void> =>
    mountTab(
      window.createWebviewPanel(tabType, chatStrings.tab, ViewColumn.Active, {
        enableFindWidget: true,
        retainContextWhenHidden: true,
      }),
    );

  const guarded =
    <A extends unknown[]>(run: (...args: A) => Promise<void>) =>
    (...args: A) =>
      run(...args).catch(extension.tell);
  context.subscriptions.push(
    // A turn that streams must not be lost because another view is shown for a moment.
    window.registerWebviewViewProvider(
      viewId,
      { resolveWebviewView: (view) => mount(view.webview, (listener) => view.onDidDispose(listener)) },
      { webviewOptions: { retainContextWhenHidden: true } },
    ),
    window.registerWebviewPanelSerializer(tabType, { deserializeWebviewPanel: mountTab }),
    commands.registerCommand('nootropic.chat.open', guarded(send)),
    commands.registerCommand('nootropic.chat.openInTab', guarded(openTab)),
    commands.registerCommand(
      'nootropic.chat.newSession',
      guarded(() => send({ type: 'new-session' })),
    ),
    commands.registerCommand('nootropic.chat.askSelection', guarded(askSelection)),
    commands.registerCommand('nootropic.chat.add', guarded(add)),
    commands.registerCommand('nootropic.chat.addTerminalSelection', guarded(addTerminalSelection)),
  );
}
