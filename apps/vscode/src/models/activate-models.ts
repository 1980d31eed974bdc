import type { Editor } from '../editor.ts';
import type { Extension } from '../extension-parts.ts';
import { registerParticipant } from './chat-participant.ts';
import { registerMcpServer } from './mcp-definition.ts';
import { registerModels } from './model-provider.ts';
import { registerEditorTools } from './register-tools.ts';

/** What the editor's own chat and its agents get of the host: models, tools, the MCP server and `@nootropic`. What the editor does not have is left out. */
export function activateModels(extension: Extension, vscode: Editor): void {
  const parts = [registerModels, registerEditorTools, registerMcpServer, registerParticipant];
  for (const register of parts)
    try {
      const part = register(vscode, extension);
      if (part) extension.context.subscriptions.push(part);
    } catch (cause) {
      // A fork may have the name of an interface and refuse its use.
      extension.output.info(`This editor does not take a part: ${String(cause)}`);
    }
  extension.context.subscriptions.push(
    vscode.commands.registerCommand('nootropic.models.manage', () =>
      extension.openChat({ type: 'show', view: 'models' }).catch(extension.tell),
    ),
  );
}
