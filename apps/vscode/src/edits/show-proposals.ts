import { join } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import type { CodeLens, Disposable, Uri } from 'vscode';
import type { Editor } from '../editor.ts';
import type { Extension } from '../extension-parts.ts';
import { unsaved } from './edit-actions.ts';
import {
  hunkLines,
  isEmpty,
  leftOut,
  pathOfDiff,
  proposalOf,
  proposedText,
  toggled,
  type Proposal,
} from './proposals.ts';

/** The scheme of what an agent asks leave to write, and of what it would write over. */
export const proposalScheme = 'nootropic-proposal';

interface Shown {
  proposal: Proposal;
  /** What the files held when it was asked, by path. */
  readonly before: ReadonlyMap<string, string>;
}

/**
 * Shows each change that waits for leave as a diff of the editor, with Allow and Deny in its title. Parts of it can be left out. The chat asks at the same
 * time; whichever is answered first counts, and the diff closes by itself.
 */
export function registerProposals(vscode: Editor, extension: Extension): Disposable {
  const { l10n, window, workspace } = vscode;
  const shown = new Map<string, Shown>();
  const changed = new vscode.EventEmitter<Uri>();
  const lensesChanged = new vscode.EventEmitter<void>();

  const uriOf = (requestId: string, path: string, side: 'before' | 'after'): Uri =>
    vscode.Uri.from({
      scheme: proposalScheme,
      path: `/${path}`,
      query: new URLSearchParams({ request: requestId, side }).toString(),
    });
  const placeOf = (uri: Uri) => {
    const asked = new URLSearchParams(uri.query);
    return { requestId: asked.get('request') ?? '', side: asked.get('side'), path: uri.path.slice(1) };
  };

  const textOf = async (folder: string, path: string): Promise<string> => {
    if (path === '') return '';
    try {
      return new TextDecoder().decode(await workspace.fs.readFile(vscode.Uri.file(join(folder, ...path.split('/')))));
    } catch {
      return '';
    }
  };

  const open = async (proposal: Proposal): Promise<void> => {
    const read = proposal.files.map(
      async (file) => [pathOfDiff(file), await textOf(proposal.workspace, file.oldPath)] as const,
    );
    const before = new Map(await Promise.all(read));
    // What was written since the question was asked, or is too strange to be shown, is left to the chat.
    const files = proposal.files.filter(
      (file) => proposedText(proposal, pathOfDiff(file), before.get(pathOfDiff(file)) ?? '') !== undefined,
    );
    if (files.length === 0) return;
    shown.set(proposal.requestId, { proposal, before });
    for (const file of files.slice(0, mostTabs)) {
      const path = pathOfDiff(file);
      const isUnsaved = unsaved(vscode, { workspace: proposal.workspace, path }) !== undefined;
      const title = isUnsaved
        ? l10n.t('{0} (proposed; the open editor has other changes that are not saved)', path)
        : l10n.t('{0} (proposed)', path);
      await vscode.commands.executeCommand(
        'vscode.diff',
        uriOf(proposal.requestId, path, 'before'),
        uriOf(proposal.requestId, path, 'after'),
        title,
        { preview: false, preserveFocus: true },
      );
    }
  };

  const close = async (requestId: string): Promise<void> => {
    if (!shown.delete(requestId)) return;
    const tabs = window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(({ input }) => {
        if (!(input instanceof vscode.TabInputTextDiff) || input.modified.scheme !== proposalScheme) return false;
        return placeOf(input.modified).requestId === requestId;
      });
    if (tabs.length > 0) await window.tabGroups.close(tabs, true);
  };

  /** The proposal that a command is about: that of its argument or of the title it stands in, else of the active diff, else the newest. */
  const meant = (given?: unknown): Shown | undefined => {
    if (typeof given === 'string') return shown.get(given);
    const uri = given instanceof vscode.Uri ? given : undefined;
    const active = window.tabGroups.activeTabGroup.activeTab?.input;
    const diff = active instanceof vscode.TabInputTextDiff ? active.modified : undefined;
    const place = [uri, diff].find((each) => each?.scheme === proposalScheme);
    return place ? shown.get(placeOf(place).requestId) : [...shown.values()].at(-1);
  };

  /** Gives whether there was a proposal to answer. */
  const answer = async (decision: 'allow' | 'deny', given?: unknown): Promise<boolean> => {
    const found = meant(given);
    if (!found) return false;
    const { proposal } = found;
    const { sessionId, requestId } = proposal;
    const without = leftOut(proposal);
    const isNothing = decision === 'deny' || isEmpty(proposal);
    try {
      const assistant = await extension.assistant();
      await assistant.answer({
        ...{ sessionId, requestId, decision: isNothing ? 'deny' : decision },
        ...(!isNothing && without && { without }),
      });
    } catch (cause) {
      // Answered in the chat meanwhile.
      if (!NootropicError.is(cause) || cause.code !== 'APPROVAL_UNKNOWN') extension.tell(cause);
    }
    await close(requestId);
    return true;
  };

  const toggle = (requestId: string, path: string, hunk: number): void => {
    const found = shown.get(requestId);
    if (!found) return;
    found.proposal = toggled(found.proposal, path, hunk);
    changed.fire(uriOf(requestId, path, 'after'));
    lensesChanged.fire();
  };

  const toggleAtCursor = (): void => {
    const editor = window.activeTextEditor;
    if (editor?.document.uri.scheme !== proposalScheme) return;
    const { requestId, path } = placeOf(editor.document.uri);
    const found = shown.get(requestId);
    const lines = found ? hunkLines(found.proposal, path) : [];
    const at = lines.findLastIndex(({ line }) => line <= editor.selection.active.line);
    if (lines.length > 0) toggle(requestId, path, Math.max(0, at));
  };

  const hints = window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor('editorCodeLens.foreground'), margin: '0 0 0 3em' },
  });
  /** A diff shows no code lenses unless it is told to, so that the key stands beside each part. */
  const draw = (): void => {
    const key = process.platform === 'darwin' ? '⌥⌘X' : 'Alt+X';
    for (const editor of window.visibleTextEditors) {
      const { document } = editor;
      if (document.uri.scheme !== proposalScheme) continue;
      const { requestId, path, side } = placeOf(document.uri);
      const found = side === 'after' ? shown.get(requestId) : undefined;
      const lines = found ? hunkLines(found.proposal, path) : [];
      const marks = lines.map(({ line, isLeft }) => {
        const { end } = document.lineAt(Math.min(line, Math.max(0, document.lineCount - 1))).range;
        const contentText = isLeft ? l10n.t('left out · {0} puts it in', key) : l10n.t('{0} leaves it out', key);
        return { range: new vscode.Range(end, end), renderOptions: { after: { contentText } } };
      });
      editor.setDecorations(hints, marks);
    }
  };

  return vscode.Disposable.from(
    changed,
    lensesChanged,
    hints,
    window.onDidChangeVisibleTextEditors(draw),
    workspace.onDidChangeTextDocument(({ document }) => {
      if (document.uri.scheme === proposalScheme) draw();
    }),
    workspace.registerTextDocumentContentProvider(proposalScheme, {
      onDidChange: changed.event,
      provideTextDocumentContent(uri) {
        const { requestId, path, side } = placeOf(uri);
        const found = shown.get(requestId);
        const before = found?.before.get(path) ?? '';
        return found && side === 'after' ? proposedText(found.proposal, path, before) : before;
      },
    }),
    vscode.languages.registerCodeLensProvider(
      { scheme: proposalScheme },
      {
        onDidChangeCodeLenses: lensesChanged.event,
        provideCodeLenses(document): CodeLens[] {
          const { requestId, path, side } = placeOf(document.uri);
          const found = shown.get(requestId);
          if (!found || side !== 'after') return [];
          return hunkLines(found.proposal, path).map(({ line, isLeft }, hunk) => {
            const at = Math.min(line, Math.max(0, document.lineCount - 1));
            const title = isLeft
              ? `$(add) ${l10n.t('Put This Part In')}`
              : `$(remove) ${l10n.t('Leave This Part Out')}`;
            return new vscode.CodeLens(new vscode.Range(at, 0, at, 0), {
              title,
              command: 'nootropic.proposal.toggle',
              arguments: [requestId, path, hunk],
            });
          });
        },
      },
    ),
    vscode.commands.registerCommand('nootropic.proposal.allow', (given?: unknown) => answer('allow', given)),
    vscode.commands.registerCommand('nootropic.proposal.deny', (given?: unknown) => answer('deny', given)),
    vscode.commands.registerCommand(
      'nootropic.proposal.toggle',
      (requestId?: unknown, path?: unknown, hunk?: unknown) =>
        typeof requestId === 'string' && typeof path === 'string' && typeof hunk === 'number'
          ? toggle(requestId, path, hunk)
          : toggleAtCursor(),
    ),
    extension.onTurnEvent(({ workspace: folder, event }) => {
      const proposal = proposalOf(event, folder);
      const isWanted = workspace.getConfiguration('nootropic').get('edits.showProposals', true);
      if (proposal && isWanted) open(proposal).catch((cause: unknown) => extension.tell(cause));
      if (event.type === 'approval-answer' && typeof event['requestId'] === 'string') void close(event['requestId']);
      if (event.type === 'turn-end' || event.type === 'turn-error')
        for (const { proposal: each } of shown.values())
          if (each.sessionId === event.sessionId) void close(each.requestId);
    }),
  );
}

/** So many files of one proposal are opened by themselves; the chat shows all of them. */
const mostTabs = 5;
