import type { NootropicError } from '@nootropic/contracts';
import { commands, env, window } from 'vscode';
import { hostStrings } from './host-strings.ts';
import { installCommand } from './versions.ts';

/** Shows what happened, what to do about it, and buttons for what can be done at once. */
export async function tellError(error: Pick<NootropicError, 'code' | 'message' | 'hint'>): Promise<void> {
  const { copy, run, settings, again, log } = hostStrings;
  const isMissing = error.code === 'NOT_FOUND' && error.hint.includes(installCommand);
  const actions = isMissing ? [copy, run, settings] : error.code.startsWith('HOST_') ? [again, log] : [log];
  const chosen = await window.showErrorMessage(`${error.message} ${error.hint}`.trim(), ...actions);
  await act(chosen);
}

/** Shows how the program is installed. Nothing is installed unless the person clicks for it, and then where they can see it. */
export async function showInstall(): Promise<void> {
  const { copy, run, settings, install } = hostStrings;
  await act(await window.showInformationMessage(install(installCommand), { modal: true }, copy, run, settings));
}

async function act(chosen: string | undefined): Promise<void> {
  const { copy, run, settings, again, log, copied, terminal } = hostStrings;
  if (chosen === copy) {
    await env.clipboard.writeText(installCommand);
    window.setStatusBarMessage(copied(installCommand), 5000);
  } else if (chosen === run) {
    const shell = window.createTerminal({ name: terminal });
    shell.show();
    shell.sendText(installCommand);
  } else if (chosen === settings) await commands.executeCommand('workbench.action.openSettings', 'nootropic.command');
  else if (chosen === again) await commands.executeCommand('nootropic.host.connect');
  else if (chosen === log) await commands.executeCommand('nootropic.host.log');
}
