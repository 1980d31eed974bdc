import type { Disposable } from 'vscode';
import type { Editor } from '../editor.ts';
import type { AnsweringParts } from './answer-chat.ts';
import { signalOf } from './model-provider.ts';

/** `@nootropic` in the editor's own chat: the same assistant, with its sources. Where the editor has no such thing, nothing is registered. */
export function registerParticipant(vscode: Editor, extension: AnsweringParts): Disposable | undefined {
  if (typeof vscode.chat?.createChatParticipant !== 'function') return undefined;
  const participant = vscode.chat.createChatParticipant(
    'nootropic.assistant',
    async (...[request, context, response, token]) => {
      const { answerChat } = await import('./answer-chat.ts');
      return answerChat({ vscode, extension, request, context, response, signal: signalOf(token) });
    },
  );
  participant.iconPath = vscode.Uri.joinPath(extension.context.extensionUri, 'media', 'icon.png');
  participant.followupProvider = {
    provideFollowups: async (result) => (await import('./answer-chat.ts')).followups(vscode, result),
  };
  return participant;
}
