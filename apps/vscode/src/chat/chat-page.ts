import { randomBytes } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import { serveFrameFetch } from '@nootropic/client';
import type { FaceCommand } from '@nootropic/ui';
import { commands, env, Position, Range, Uri, window, workspace, type Webview } from 'vscode';
import type { OwnExtension } from '../create-extension.ts';
import { pageMessageSchema, type ExtensionMessage, type PageMessage } from '../../webview/page-messages.ts';
import { attachables } from './attachables.ts';
import { chatStrings } from './chat-strings.ts';
import { pageHtml } from './page-html.ts';
import type { TerminalOutput } from './terminal-output.ts';

/** A page of the chat that is open. */
export interface ChatPage {
  /** Gives the page a command, once it has come up. */
  send(command: FaceCommand): void;
  dispose(): void;
}

/** Shows the chat in a webview of the editor, in the side bar or as a tab. */
export function mountChatPage(
  webview: Webview,
  { extension, terminal }: { readonly extension: OwnExtension; readonly terminal: TerminalOutput },
): ChatPage {
  const { context, link, output, tell } = extension;
  const root = Uri.joinPath(context.extensionUri, 'dist', 'webview');
  webview.options = { enableScripts: true, localResourceRoots: [root] };
  const post = (message: ExtensionMessage): void => void webview.postMessage(message);
  let isReady = false;
  const waiting: FaceCommand[] = [];

  const act = async (message: PageMessage): Promise<void> => {
    switch (message.type) {
      case 'ready': {
        const folder = extension.workspaceFolder(window.activeTextEditor?.document.uri);
        const kept = context.workspaceState.get<Record<string, unknown>>(keptKey, {});
        post({ channel: 'nootropic-page', type: 'start', kept, ...(folder !== undefined && { workspace: folder }) });
        isReady = true;
        for (const command of waiting.splice(0)) post({ channel: 'nootropic-page', type: 'command', command });
        return;
      }
      case 'keep': {
        const kept = { ...context.workspaceState.get<Record<string, unknown>>(keptKey, {}) };
        if (message.value === undefined || message.value === null) delete kept[message.key];
        else kept[message.key] = message.value;
        return context.workspaceState.update(keptKey, kept);
      }
      case 'open-file':
        return openFile(extension.workspaceFolder(window.activeTextEditor?.document.uri), message.place);
      case 'open-link':
        await env.openExternal(Uri.parse(message.url, true));
        return;
      case 'save-text':
        return saveText(message);
      case 'notify': {
        const { show } = chatStrings;
        const text = [message.title, message.text].filter((part) => part !== '').join(': ');
        if ((await window.showInformationMessage(text, show)) === show)
          await commands.executeCommand('nootropic.chat.open');
        return;
      }
      case 'attachables': {
        const items = await attachables(extension, terminal);
        return post({ channel: 'nootropic-page', type: 'attachables', id: message.id, items });
      }
      case 'pick-folder': {
        const [uri] = (await window.showOpenDialog({ canSelectFiles: false, canSelectFolders: true })) ?? [];
        const path = uri?.scheme === 'file' ? { path: uri.fsPath } : {};
        return post({ channel: 'nootropic-page', type: 'folder', id: message.id, ...path });
      }
      case 'open-folder':
        await commands.executeCommand('workbench.action.files.openFolder');
    }
  };

  const served = serveFrameFetch(
    {
      post: (message) => void webview.postMessage(message),
      onMessage: (listener) => {
        const subscription = webview.onDidReceiveMessage(listener);
        return () => subscription.dispose();
      },
    },
    async (path, init) => {
      try {
        return await link.fetch(path, init);
      } catch (cause) {
        output.debug(`The page asked for ${path.split('?')[0] ?? ''}: ${String(cause)}`);
        throw cause;
      }
    },
  );
  const received = webview.onDidReceiveMessage((message: unknown) => {
    const parsed = pageMessageSchema.safeParse(message);
    if (parsed.success) act(parsed.data).catch(tell);
  });
  const at = (name: string): string => webview.asWebviewUri(Uri.joinPath(root, name)).toString();
  webview.html = pageHtml({
    source: webview.cspSource,
    script: at('main.js'),
    style: at('main.css'),
    nonce: randomBytes(18).toString('base64url'),
  });

  return {
    send(command) {
      if (isReady) post({ channel: 'nootropic-page', type: 'command', command });
      else waiting.push(command);
    },
    dispose() {
      received.dispose();
      served[Symbol.dispose]();
    },
  };
}

const keptKey = 'nootropic.chat.kept';

async function openFile(
  folder: string | undefined,
  { path, line }: { readonly path: string; readonly line?: number | undefined },
): Promise<void> {
  const absolute = isAbsolute(path) ? path : folder === undefined ? undefined : join(folder, path);
  if (absolute === undefined) return;
  const start = new Position((line ?? 1) - 1, 0);
  await window.showTextDocument(Uri.file(absolute), {
    preview: true,
    ...(line !== undefined && { selection: new Range(start, start) }),
  });
}

async function saveText({ name, text }: { readonly name: string; readonly text: string }): Promise<void> {
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const safe = name.replaceAll(/[/\\:]/gu, '-');
  const uri = await window.showSaveDialog(folder ? { defaultUri: Uri.joinPath(folder, safe) } : {});
  if (uri) await workspace.fs.writeFile(uri, new TextEncoder().encode(text));
}
