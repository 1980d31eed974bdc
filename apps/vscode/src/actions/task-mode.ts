import type { Editor } from '../editor.ts';

/** How far a task may go that is started from the editor. */
export function taskMode(vscode: Editor): 'ask' | 'auto-edit' {
  const mode = vscode.workspace.getConfiguration('nootropic').get('actions.mode');
  return mode === 'auto-edit' ? mode : 'ask';
}
