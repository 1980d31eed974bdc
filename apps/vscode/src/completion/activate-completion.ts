import type { TypingState } from '@nootropic/client';
import { commands, ConfigurationTarget, languages, StatusBarAlignment, ThemeColor, window, workspace } from 'vscode';
import type { Extension } from '../extension-parts.ts';
import { completionStatus } from './completion-status.ts';
import { completionStrings } from './completion-strings.ts';
import type { TypingSession } from './typing-session.ts';

/** Suggestions while typing, their item in the status bar, and the commands about them. The engine is loaded with the first suggestion that is asked for. */
export function activateCompletion(extension: Extension): void {
  const { context, tell } = extension;
  const item = window.createStatusBarItem('nootropic.completion', StatusBarAlignment.Right, 100);
  item.name = completionStrings.name;
  item.command = 'nootropic.completion.why';
  let state: TypingState = { state: 'idle' };
  const enabled = (): boolean => workspace.getConfiguration('nootropic.completion').get('enabled', true);
  const show = (): void => {
    const { icon, text, isWarning } = completionStatus(state, { enabled: enabled(), host: extension.host });
    item.text = `$(${icon}) ${completionStrings.ready}`;
    item.tooltip = `${text}\n${completionStrings.tooltip}`;
    item.accessibilityInformation = { label: `${completionStrings.name}: ${text}` };
    item.backgroundColor = isWarning ? new ThemeColor('statusBarItem.warningBackground') : undefined;
  };
  let session: Promise<TypingSession> | undefined;
  const open = (): Promise<TypingSession> =>
    (session ??= import('./typing-session.ts').then(({ createTypingSession }) => {
      const own = createTypingSession(extension, (next) => {
        state = next;
        show();
      });
      context.subscriptions.push(own);
      return own;
    }));

  const why = async (): Promise<void> => {
    const { showWhy } = await import('./show-why.ts');
    const { text } = completionStatus(state, { enabled: enabled(), host: extension.host });
    await showWhy(extension, { text, counts: (await open()).counts, enabled: enabled() });
  };
  const toggle = async (): Promise<void> => {
    await workspace.getConfiguration('nootropic.completion').update('enabled', !enabled(), ConfigurationTarget.Global);
  };

  show();
  item.show();
  context.subscriptions.push(
    item,
    languages.registerInlineCompletionItemProvider([{ scheme: 'file' }, { scheme: 'untitled' }], {
      provideInlineCompletionItems: async (...[document, position, asked, token]) =>
        (await open()).suggest(document, position, { context: asked, token }),
    }),
    extension.onHostChange(show),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('nootropic.completion')) show();
    }),
    commands.registerCommand('nootropic.completion.why', () => why().catch(tell)),
    commands.registerCommand('nootropic.completion.toggle', () => toggle().catch(tell)),
    commands.registerCommand('_nootropic.completion.accepted', async (id: unknown) => {
      if (typeof id === 'string') (await open()).accepted(id);
    }),
    commands.registerCommand('nootropic.completion.trigger', () =>
      commands.executeCommand('editor.action.inlineSuggest.trigger'),
    ),
    commands.registerCommand('nootropic.completion.dismiss', async () => {
      await commands.executeCommand('editor.action.inlineSuggest.hide');
      (await open()).dismissed();
    }),
  );
}
