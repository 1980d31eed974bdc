import type { Assistant } from '@nootropic/contracts';
import { NootropicError } from '@nootropic/contracts';
import type { FaceCommand } from '@nootropic/ui';
import { commands, window, workspace, type ExtensionContext, type Uri } from 'vscode';
import { createTurnWatch } from './edits/turn-watch.ts';
import type { Extension } from './extension-parts.ts';
import { createHostLink, type HostLink } from './host/host-link.ts';
import { tellError } from './host/tell-error.ts';

/** The extension as its parts see it, and the way to the host for the page of the chat. */
export interface OwnExtension extends Extension {
  readonly link: HostLink;
}

export function createExtension(context: ExtensionContext): OwnExtension {
  const output = window.createOutputChannel('nootropic', { log: true });
  context.subscriptions.push(output);
  const version = (context.extension.packageJSON as { version: string }).version;
  const host = createHostLink({
    isTrusted: () => workspace.isTrusted,
    find: async () => {
      const { findHost } = await import('./host/find-host.ts');
      return findHost({ command: commandSetting(), version });
    },
  });
  const watch = createTurnWatch({ folder: () => folderOf(undefined), onError: (cause) => output.error(String(cause)) });
  const link: HostLink = {
    ...host,
    get state() {
      return host.state;
    },
    fetch: watch.watched(host.fetch),
  };
  link.onChange((state) => {
    if (state.kind === 'ready') output.info(`The host is at ${state.url}, version ${state.version}.`);
    else if ('error' in state) output.error(`${state.error.message} ${state.error.hint}`);
    else output.debug(`The host: ${state.kind}.`);
  });
  let assistant: Promise<Assistant> | undefined;

  const extension: OwnExtension = {
    context,
    output,
    link,
    async assistant() {
      await link.endpoint();
      return (assistant ??= import('./host/host-assistant.ts').then(({ assistantOver }) => assistantOver(link)));
    },
    endpoint: () => link.endpoint(),
    ask: link.fetch,
    onTurnEvent(listener) {
      const end = watch.onEvent(listener);
      return { dispose: end };
    },
    workspaceFolder: (uri) => folderOf(uri),
    get host() {
      return link.state;
    },
    onHostChange(listener) {
      const end = link.onChange(listener);
      return { dispose: end };
    },
    get isTrusted() {
      return workspace.isTrusted;
    },
    tell(thrown) {
      const error = NootropicError.from(thrown);
      if (error.code === 'ABORTED') return;
      output.error(`${error.code}: ${error.message} ${error.hint}`);
      void tellError(error);
    },
    async openChat(command?: FaceCommand) {
      await commands.executeCommand('nootropic.chat.open', command);
    },
  };
  return extension;
}

/** Never one of a workspace: its scope is the machine, which a workspace cannot set. */
function commandSetting(): readonly string[] {
  const command = workspace.getConfiguration('nootropic').get<unknown>('command');
  const isCommand = Array.isArray(command) && command.every((part) => typeof part === 'string');
  return isCommand && command.length > 0 ? command : ['nootropic'];
}

function folderOf(uri: Uri | undefined): string | undefined {
  const own = uri && workspace.getWorkspaceFolder(uri);
  const folder = own ?? workspace.workspaceFolders?.find(({ uri: { scheme } }) => scheme === 'file');
  return folder?.uri.scheme === 'file' ? folder.uri.fsPath : undefined;
}
