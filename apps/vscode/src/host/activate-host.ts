import { commands, ProgressLocation, window, workspace } from 'vscode';
import type { OwnExtension } from '../create-extension.ts';
import { hostStrings } from './host-strings.ts';
import { showInstall } from './tell-error.ts';

/** Commands about the host: find it again, show how it is installed, show the log. */
export function activateHost({ context, link, output, tell }: OwnExtension): void {
  const find = async (): Promise<void> => {
    link.forget();
    try {
      const { version, url } = await window.withProgress(
        { location: ProgressLocation.Notification, title: hostStrings.searching },
        () => link.endpoint(),
      );
      window.setStatusBarMessage(hostStrings.ready(version, url), 8000);
    } catch (cause) {
      tell(cause);
    }
  };
  context.subscriptions.push(
    commands.registerCommand('nootropic.host.connect', find),
    commands.registerCommand('nootropic.host.install', showInstall),
    commands.registerCommand('nootropic.host.log', () => output.show()),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('nootropic.command')) link.forget();
    }),
  );
}
