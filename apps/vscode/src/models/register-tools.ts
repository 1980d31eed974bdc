import { NootropicError } from '@nootropic/contracts';
import type { Disposable, PreparedToolInvocation } from 'vscode';
import type { Editor } from '../editor.ts';
import type { Extension } from '../extension-parts.ts';
import type { EditorTool, ToolCall } from './editor-tools.ts';
import { signalOf } from './model-provider.ts';

/** Characters that an answer may have: what is longer pushes the conversation out of a small model. */
const mostCharacters = 24_000;

/** The tools by their names in `contributes.languageModelTools`; what they do is loaded with the first call. */
export const toolNames = [
  'nootropic_search',
  'nootropic_symbol',
  'nootropic_graph',
  'nootropic_map',
  'nootropic_undo',
] as const;

/** Offers the tools to the editor's own chat. Where the editor has no such thing, nothing is registered. */
export function registerEditorTools(
  vscode: Editor,
  extension: Pick<Extension, 'assistant' | 'workspaceFolder' | 'isTrusted'>,
): Disposable | undefined {
  if (typeof vscode.lm?.registerTool !== 'function') return undefined;
  const callOf = async (signal: AbortSignal): Promise<ToolCall> => {
    const workspace = extension.workspaceFolder(vscode.window.activeTextEditor?.document.uri);
    if (workspace === undefined) throw new NootropicError('NOT_FOUND', vscode.l10n.t('No folder is open.'));
    return { workspace, assistant: await extension.assistant(), signal };
  };
  const toolOf = async (name: string): Promise<EditorTool> => {
    const { editorTools } = await import('./editor-tools.ts');
    const found = editorTools.find((each) => each.name === name);
    if (!found) throw new NootropicError('NOT_FOUND', `There is no tool ${name}.`);
    return found;
  };
  return vscode.Disposable.from(
    ...toolNames.map((name) =>
      vscode.lm.registerTool<unknown>(name, {
        async prepareInvocation({ input: given }, token): Promise<PreparedToolInvocation> {
          const { input, saying, asking } = await toolOf(name);
          const asked = input.parse(given) as never;
          const invocationMessage = saying(vscode, asked);
          if (!asking) return { invocationMessage };
          return {
            invocationMessage,
            confirmationMessages: await asking(vscode, asked, await callOf(signalOf(token))),
          };
        },
        async invoke({ input: given }, token) {
          const { input, asking, run } = await toolOf(name);
          if (asking && !extension.isTrusted)
            throw new NootropicError(
              'DENIED',
              vscode.l10n.t('The workspace is not trusted: nothing is changed in it.'),
            );
          const text = await run(input.parse(given) as never, await callOf(signalOf(token)));
          const whole = text.length > mostCharacters ? `${text.slice(0, mostCharacters)}\n[cut]` : text;
          return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(whole)]);
        },
      }),
    ),
  );
}
