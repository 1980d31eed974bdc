import type { CodeLens, Disposable, MarkdownString, TextEditor } from 'vscode';
import type { Editor } from '../editor.ts';
import { sideOf } from './unified-diff.ts';
import type { PendingEdits } from './pending-edits.ts';
import type { PlacedPart } from './placed-parts.ts';
import { partsIn } from './show-edits.ts';

/** What names a part in the argument of a command: it must be JSON. */
export interface PartArgument {
  readonly workspace: string;
  readonly path: string;
  readonly turnId: string;
  readonly step: number;
  readonly index?: number;
}

export function argumentOf({ file, part }: Pick<PlacedPart, 'file' | 'part'>): PartArgument {
  const { workspace, path, turnId } = file;
  return { workspace, path, turnId, step: part.step, ...(part.index !== undefined && { index: part.index }) };
}

/** Buttons over each change that is to be judged, in editors that show code lenses. */
export function registerEditLenses(vscode: Editor, pending: PendingEdits): Disposable {
  const { l10n } = vscode;
  const changed = new vscode.EventEmitter<void>();
  const end = pending.onChange(() => changed.fire());
  const registered = vscode.languages.registerCodeLensProvider(
    { scheme: 'file' },
    {
      onDidChangeCodeLenses: changed.event,
      provideCodeLenses(document): CodeLens[] {
        const parts = partsIn({ document }, pending);
        return parts.flatMap((placed, at) => {
          const line = Math.min(placed.place.start, Math.max(0, document.lineCount - 1));
          const range = new vscode.Range(line, 0, line, 0);
          const argument = argumentOf(placed);
          const lens = (title: string, command: string) =>
            new vscode.CodeLens(range, { title, command, arguments: [argument] });
          return [
            lens(`$(check) ${l10n.t('Keep')}`, 'nootropic.edits.keep'),
            lens(`$(discard) ${l10n.t('Reject')}`, 'nootropic.edits.reject'),
            ...(at === 0
              ? [
                  lens(l10n.t('{0} to review', parts.length), 'nootropic.edits.openDiff'),
                  lens(l10n.t('Undo the Turn'), 'nootropic.edits.undoTurn'),
                ]
              : []),
          ];
        });
      },
    },
  );
  return vscode.Disposable.from(registered, changed, { dispose: end });
}

/** Marks the lines of what is to be judged: in the scroll bar and at the border, and in a diff with its keys, since diffs do not show code lenses unless they are told to. */
export function registerEditMarks(vscode: Editor, pending: PendingEdits): Disposable {
  const added = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('diffEditor.insertedLineBackground'),
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.addedForeground'),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
  });
  const inDiff = vscode.window.createTextEditorDecorationType({
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.modifiedForeground'),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
    after: { color: new vscode.ThemeColor('editorCodeLens.foreground'), margin: '0 0 0 3em' },
  });
  const draw = (): void => {
    const { tabGroups, visibleTextEditors } = vscode.window;
    const diffs = new Set(
      tabGroups.all.flatMap(({ activeTab }) =>
        activeTab?.input instanceof vscode.TabInputTextDiff ? [activeTab.input.modified.toString()] : [],
      ),
    );
    for (const editor of visibleTextEditors) {
      const parts = partsIn(editor, pending);
      const isDiff = diffs.has(editor.document.uri.toString());
      editor.setDecorations(added, isDiff ? [] : parts.map((placed) => marked(vscode, editor, placed)));
      editor.setDecorations(inDiff, isDiff ? parts.map((placed) => hinted(vscode, editor, placed)) : []);
    }
  };
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const soon = (): void => {
    waiting ??= setTimeout(() => {
      waiting = undefined;
      draw();
    }, drawMs);
  };
  const end = pending.onChange(soon);
  return vscode.Disposable.from(
    added,
    inDiff,
    vscode.window.onDidChangeVisibleTextEditors(soon),
    vscode.window.tabGroups.onDidChangeTabs(soon),
    vscode.workspace.onDidChangeTextDocument(() => {
      if (pending.files().length > 0) soon();
    }),
    {
      dispose: () => {
        end();
        clearTimeout(waiting);
      },
    },
  );
}

/** Changes that come together are drawn together. In milliseconds. */
const drawMs = 50;

function marked(vscode: Editor, editor: TextEditor, placed: PlacedPart) {
  const { start, end } = placed.place;
  const last = Math.max(start, end - 1);
  return { range: new vscode.Range(start, 0, last, Number.MAX_SAFE_INTEGER), hoverMessage: hover(vscode, placed) };
}

function hinted(vscode: Editor, editor: TextEditor, placed: PlacedPart) {
  const line = Math.min(placed.place.start, Math.max(0, editor.document.lineCount - 1));
  const { end } = editor.document.lineAt(line).range;
  const isMac = process.platform === 'darwin';
  const keys = isMac ? (['⌥⌘Y', '⌥⌘N'] as const) : (['Alt+Y', 'Alt+N'] as const);
  return {
    range: new vscode.Range(end, end),
    hoverMessage: hover(vscode, placed),
    renderOptions: { after: { contentText: vscode.l10n.t('{0} keep · {1} reject', ...keys) } },
  };
}

function hover(vscode: Editor, placed: PlacedPart): MarkdownString {
  const { l10n } = vscode;
  const { part } = placed;
  const words = new vscode.MarkdownString();
  const argument = encodeURIComponent(JSON.stringify([argumentOf(placed)]));
  const link = (title: string, command: string) => `[${title}](command:${command}?${argument})`;
  words.isTrusted = { enabledCommands: ['nootropic.edits.keep', 'nootropic.edits.reject', 'nootropic.edits.undoTurn'] };
  words.appendMarkdown(
    [
      link(l10n.t('Keep'), 'nootropic.edits.keep'),
      link(l10n.t('Reject'), 'nootropic.edits.reject'),
      link(l10n.t('Undo the Turn'), 'nootropic.edits.undoTurn'),
    ].join(' · '),
  );
  const before = part.hunk ? sideOf(part.hunk, 'old') : [];
  if (before.length > 0) words.appendCodeblock(part.hunk?.lines.join('\n') ?? '', 'diff');
  return words;
}
