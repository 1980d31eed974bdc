import type { CompletionState } from '@nootropic/contracts';
import { commands, QuickPickItemKind, window, type QuickPickItem } from 'vscode';
import type { Extension } from '../extension-parts.ts';
import type { CompletionCounts } from './completion-counts.ts';
import { completionStrings } from './completion-strings.ts';

interface Choice extends QuickPickItem {
  readonly run?: () => unknown;
}

/** Shows why there is no suggestion, which model completes, what became of suggestions so far, and what can be done. */
export async function showWhy(
  extension: Extension,
  { text, counts, enabled }: { readonly text: string; readonly counts: CompletionCounts; readonly enabled: boolean },
): Promise<void> {
  const words = completionStrings;
  const { host } = extension;
  const model = await modelState(extension);
  const number = new Intl.NumberFormat('en');
  const fact = (label: string, value: string): Choice => ({ label, description: value });
  const count = (label: string, name: keyof CompletionCounts): Choice => fact(label, number.format(counts[name]));
  const run = (label: string, command: string, ...args: unknown[]): Choice => ({
    label,
    run: () => commands.executeCommand(command, ...args),
  });
  const choices: Choice[] = [
    fact('$(info) Now', text),
    fact('$(server) Host', words.hostKinds[host.kind]),
    ...(model
      ? [fact('$(circuit-board) Model', [model.name, model.state, model.detail].filter(Boolean).join(' · '))]
      : []),
    { label: words.counts, kind: QuickPickItemKind.Separator },
    count(words.shownCount, 'shown'),
    count(words.accepted, 'accepted'),
    count(words.fromCache, 'fromCache'),
    count(words.characters, 'acceptedCharacters'),
    count(words.retained, 'retainedCharacters'),
    count(words.wasted, 'wastedTokens'),
    { label: '', kind: QuickPickItemKind.Separator },
    run(enabled ? words.switchOff : words.switchOn, 'nootropic.completion.toggle'),
    run(words.settings, 'workbench.action.openSettings', 'nootropic.completion'),
    run(words.log, 'nootropic.host.log'),
    ...('error' in host ? [run(words.install, 'nootropic.host.install')] : []),
  ];
  const chosen = await window.showQuickPick(choices, { title: words.why, matchOnDescription: true });
  await chosen?.run?.();
}

/** What the host says of it. Looking is no reason to start a host. */
async function modelState(extension: Extension): Promise<CompletionState | undefined> {
  const workspace = extension.workspaceFolder();
  if (extension.host.kind !== 'ready' || workspace === undefined) return undefined;
  try {
    return await (await extension.assistant()).completions.state({ workspace });
  } catch (cause) {
    extension.output.debug(`The state of completions is not known: ${String(cause)}`);
    return undefined;
  }
}
