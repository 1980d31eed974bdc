import type { Disposable } from 'vscode';
import type { Editor } from '../editor.ts';
import type { Extension } from '../extension-parts.ts';

/** Names the program's MCP server to the editor, for agents of others in it. Where the editor has no such thing, nothing is registered. */
export function registerMcpServer(
  vscode: Editor,
  extension: Pick<Extension, 'endpoint' | 'host' | 'onHostChange' | 'workspaceFolder' | 'isTrusted'>,
): Disposable | undefined {
  if (typeof vscode.lm?.registerMcpServerDefinitionProvider !== 'function') return undefined;
  const changed = new vscode.EventEmitter<void>();
  return vscode.Disposable.from(
    changed,
    vscode.lm.registerMcpServerDefinitionProvider('nootropic', {
      onDidChangeMcpServerDefinitions: changed.event,
      async provideMcpServerDefinitions() {
        const folder = extension.workspaceFolder();
        // The editor asks by itself; that is no reason to start a host.
        if (folder === undefined || extension.host.kind !== 'ready') return [];
        const { program, version } = await extension.endpoint();
        const [command, ...first] = program;
        const args = [...first, 'mcp', '--cwd', folder, ...(extension.isTrusted ? [] : ['--read-only'])];
        return [new vscode.McpStdioServerDefinition('nootropic', command, args, {}, version)];
      },
    }),
    extension.onHostChange(({ kind }) => {
      if (kind !== 'starting') changed.fire();
    }),
  );
}
