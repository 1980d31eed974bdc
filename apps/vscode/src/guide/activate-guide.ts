import type { Editor } from '../editor.ts';
import type { Extension } from '../extension-parts.ts';

/** Steps of the walkthrough that are done once something has happened. */
const steps = ['hasHost', 'hasAnswer', 'hasUndone'] as const;
type Step = (typeof steps)[number];

/**
 * Ticks the steps of the walkthrough that no command completes. A step is ticked when its context comes to hold while the editor knows the walkthrough, which is
 * only once it was opened; one that held before is never ticked. So a context holds for a moment only, and again when the walkthrough is opened for
 * what was done before.
 */
export function activateGuide(extension: Extension, vscode: Editor): void {
  const { context } = extension;
  const { executeCommand, registerCommand } = vscode.commands;
  const tick = async (step: Step): Promise<void> => {
    await executeCommand('setContext', `nootropic.${step}`, true);
    await executeCommand('setContext', `nootropic.${step}`, false);
  };
  const wasDone = (step: Step): boolean => context.globalState.get<boolean>(`guide.${step}`) === true;
  const done = async (step: Step): Promise<void> => {
    if (!wasDone(step)) await context.globalState.update(`guide.${step}`, true);
    await tick(step);
  };
  context.subscriptions.push(
    extension.onHostChange(({ kind }) => {
      if (kind === 'ready') void done('hasHost');
    }),
    extension.onTurnEvent(({ event }) => {
      if (event.type === 'turn-end') void done('hasAnswer');
    }),
    registerCommand('nootropic.guide.open', async () => {
      await executeCommand('workbench.action.openWalkthrough', `${context.extension.id}#start`, false);
      for (const step of steps.filter(wasDone)) await tick(step);
    }),
    registerCommand('nootropic.guide.undo', async () => {
      await executeCommand('nootropic.edits.undoTurn');
      await done('hasUndone');
    }),
  );
}
