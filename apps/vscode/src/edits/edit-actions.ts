import { join } from 'node:path';
import type { Assistant } from '@nootropic/contracts';
import type { TextDocument, Uri } from 'vscode';
import type { Editor } from '../editor.ts';
import type { Extension } from '../extension-parts.ts';
import { openParts, type EditedFile, type EditedPart, type PendingEdits } from './pending-edits.ts';

type Outcome = Awaited<ReturnType<Assistant['changes']['undo']>>;

export interface EditActionsOptions {
  readonly extension: Pick<Extension, 'assistant' | 'isTrusted' | 'tell'>;
  readonly vscode: Editor;
  readonly pending: PendingEdits;
}

export interface EditActions {
  /** Keeps parts: they stay as they are, and are not shown any more. Unset: all that is open of the file. */
  keep(file: EditedFile, parts?: readonly EditedPart[]): void;
  /** Takes parts back through the journal, as a step that can be undone itself. Unset: all that is open of the file. */
  reject(file: EditedFile, parts?: readonly EditedPart[]): Promise<void>;
  /** Takes all back that a turn changed. */
  undoTurn(turn: Pick<EditedFile, 'workspace' | 'turnId'>): Promise<void>;
  /** Forgets what was undone elsewhere. */
  refresh(): Promise<void>;
}

export function uriOf(vscode: Editor, { workspace, path }: Pick<EditedFile, 'workspace' | 'path'>): Uri {
  return vscode.Uri.file(join(workspace, ...path.split('/')));
}

/** The document of a file that is open and has changes which are not saved. */
export function unsaved(vscode: Editor, file: Pick<EditedFile, 'workspace' | 'path'>): TextDocument | undefined {
  const { fsPath } = uriOf(vscode, file);
  return vscode.workspace.textDocuments.find(
    ({ isDirty, uri }) => isDirty && uri.scheme === 'file' && uri.fsPath === fsPath,
  );
}

/** What a person can do with changes of agents. Each says what came of it; none writes over what is not saved. */
export function createEditActions({ extension, vscode, pending }: EditActionsOptions): EditActions {
  const { l10n, window } = vscode;

  /** Whether the files can be written: what is not saved in the editor was saved first, if the person wants that. */
  const saved = async (files: readonly Pick<EditedFile, 'workspace' | 'path'>[]): Promise<boolean> => {
    const open = files.flatMap((file) => unsaved(vscode, file) ?? []);
    if (open.length === 0) return true;
    const names = open.map(({ uri }) => vscode.workspace.asRelativePath(uri)).join(', ');
    const save = l10n.t('Save and Go On');
    const asked = l10n.t('{0} has changes that are not saved. They would be in the way of taking changes back.', names);
    if ((await window.showWarningMessage(asked, { modal: true }, save)) !== save) return false;
    const done = await Promise.all(open.map((document) => document.save()));
    if (done.every(Boolean)) return true;
    void window.showWarningMessage(l10n.t('{0} could not be saved, so nothing was taken back.', names));
    return false;
  };

  const mayChange = (): boolean => {
    if (extension.isTrusted) return true;
    void window.showWarningMessage(l10n.t('The workspace is not trusted: nothing is changed in it.'));
    return false;
  };

  const say = ({ conflicts, lost }: Pick<Outcome, 'conflicts' | 'lost'>): void => {
    if (conflicts.length > 0) {
      const list = conflicts.map(({ path, reason }) => `${path}: ${reason}`).join(' ');
      void window.showWarningMessage(l10n.t('Not everything could be taken back. {0}', list));
    } else if (lost.length > 0)
      void window.showWarningMessage(l10n.t('The content of {0} was not kept.', lost.join(', ')));
  };

  return {
    keep(file, parts = openParts(file)) {
      pending.settle(file, parts, 'kept');
    },

    async reject(file, parts = openParts(file)) {
      if (parts.length === 0 || !mayChange() || !(await saved([file]))) return;
      try {
        const { changes } = await extension.assistant();
        // Later steps stand on earlier ones, so they are taken back first.
        const steps = [...new Set(parts.map(({ step }) => step))].sort((a, b) => b - a);
        for (const step of steps) {
          const of = parts.filter((part) => part.step === step);
          const hunks = of.flatMap(({ index }) => (index === undefined ? [] : [index]));
          const whole = hunks.length < of.length || isAllOf(file, step, hunks);
          const { workspace, path } = file;
          const outcome = await changes.reject({ workspace, step, parts: [{ path, ...(!whole && { hunks }) }] });
          say(outcome);
          if (outcome.conflicts.length > 0) return;
          pending.settle(file, of, 'rejected');
        }
      } catch (cause) {
        extension.tell(cause);
      }
    },

    async undoTurn({ workspace, turnId }) {
      if (!mayChange()) return;
      try {
        const { changes } = await extension.assistant();
        const planned = await changes.undo({ workspace, turnId, dryRun: true });
        const paths = planned.steps.flatMap((step) => step.changes.map(({ path }) => ({ workspace, path })));
        if (!(await saved(paths))) return;
        const outcome = await changes.undo({ workspace, turnId });
        say(outcome);
        pending.forget(
          workspace,
          outcome.steps.map(({ id }) => id),
        );
        if (outcome.conflicts.length === 0)
          window.setStatusBarMessage(l10n.t('The turn was taken back. Files: {0}.', outcome.restored.length), 5000);
      } catch (cause) {
        extension.tell(cause);
      }
    },

    async refresh() {
      const workspaces = new Set(pending.files().map(({ workspace }) => workspace));
      if (workspaces.size === 0) return;
      try {
        const { changes } = await extension.assistant();
        for (const workspace of workspaces) {
          const steps = await changes.list({ workspace, limit: mostSteps });
          const undone = steps.filter(({ state }) => state === 'undone').map(({ id }) => id);
          if (pending.files().some(({ parts }) => parts.some(({ step }) => undone.includes(step))))
            pending.forget(workspace, undone);
        }
      } catch (cause) {
        extension.tell(cause);
      }
    },
  };
}

/** So many steps back it is looked whether they were undone. */
const mostSteps = 500;

/** Whether a file was made and all of it is rejected: then it is removed, where without lines it would stay there empty. */
function isAllOf({ parts, change }: EditedFile, step: number, hunks: readonly number[]): boolean {
  const of = parts.filter((part) => part.step === step);
  return change === 'created' && of.every(({ index }) => index !== undefined && hunks.includes(index));
}
