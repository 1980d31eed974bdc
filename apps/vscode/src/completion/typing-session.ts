import { relative, sep } from 'node:path';
import { createTyping, type Suggestion, type Typing, type TypingPlace, type TypingState } from '@nootropic/client';
import { NootropicError, type Assistant } from '@nootropic/contracts';
import {
  commands,
  Disposable,
  InlineCompletionItem,
  InlineCompletionTriggerKind,
  Range,
  TextDocumentChangeReason,
  TextEditorSelectionChangeKind,
  window,
  workspace,
  type CancellationToken,
  type InlineCompletionContext,
  type Position,
  type TextDocument,
  type TextEditor,
} from 'vscode';
import type { Extension } from '../extension-parts.ts';
import { addCounts, isEmpty, readCounts, type CompletionCounts } from './completion-counts.ts';
import { completionStrings } from './completion-strings.ts';
import { createRecentEdits } from './recent-edits.ts';
import { isRestrictedFile } from './restricted-files.ts';
import { takenPart } from './taken-part.ts';
import { typingSettings } from './typing-settings.ts';

/** Milliseconds between reports to the host. */
const reportMs = 60_000;
/** Milliseconds that the cursor rests before what is around it is read ahead. */
const restMs = 700;
/** Milliseconds until a host that could not be found is looked for again by typing alone. */
const retryMs = 30_000;
const countsKey = 'nootropic.completion.counts';

/** Suggestions in this window. */
export interface TypingSession extends Disposable {
  suggest(
    document: TextDocument,
    position: Position,
    call: { readonly context: InlineCompletionContext; readonly token: CancellationToken },
  ): Promise<InlineCompletionItem[]>;
  /** A suggestion was taken whole. */
  accepted(id: string): void;
  /** What is shown was sent away. */
  dismissed(): void;
  readonly state: TypingState;
  readonly counts: CompletionCounts;
}

export function createTypingSession(extension: Extension, onState: (state: TypingState) => void): TypingSession {
  const { context, output } = extension;
  const edits = createRecentEdits();
  let counts = readCounts(context.globalState.get(countsKey));
  let shown: { readonly document: TextDocument; readonly suggestion: Suggestion } | undefined;
  let isMore = false;
  let failedAt = -Infinity;

  const assistant = async (): Promise<Assistant> => {
    const { host } = extension;
    if ('error' in host && performance.now() - failedAt < retryMs) throw NootropicError.from(asError(host.error));
    try {
      return await extension.assistant();
    } catch (cause) {
      failedAt = performance.now();
      throw cause;
    }
  };
  const typing: Typing = createTyping({
    editor: `vscode-${crypto.randomUUID()}`,
    complete: async (input, options) => (await assistant()).completions.complete(input, options),
    settings: typingSettings,
    textOf: (folder, path) =>
      workspace.textDocuments
        .find((document) => {
          const place = placeOf(document, extension);
          return place?.workspace === folder && place.path === path;
        })
        ?.getText(),
    onState: (state) => {
      if (state.state === 'none') output.trace(`No suggestion: ${state.reason}. ${state.text}`);
      onState(state);
    },
    onMore: () => {
      isMore = true;
      void commands.executeCommand('editor.action.inlineSuggest.trigger');
    },
  });

  const linesOf = (name: string) => {
    const document = workspace.textDocuments.find(({ uri }) => uri.toString() === name);
    return document && { count: document.lineCount, line: (index: number) => document.lineAt(index).text };
  };
  const typingPlace = (document: TextDocument, position: Position, inserted = ''): TypingPlace | undefined => {
    const place = placeOf(document, extension);
    if (!place) return undefined;
    const all = new Range(0, 0, document.lineCount, 0);
    const recent = edits.snippets({ document: document.uri.toString(), line: position.line }, linesOf);
    const editor = window.activeTextEditor;
    return {
      ...place,
      language: document.languageId,
      version: document.version,
      prefix: `${document.getText(new Range(all.start, position))}${inserted}`,
      suffix: document.getText(new Range(position, all.end)),
      selecting: editor?.document === document && (editor.selections.length > 1 || !editor.selection.isEmpty),
      edits: recent,
    };
  };

  const report = async (): Promise<void> => {
    const taken = typing.takeReport();
    if (isEmpty(taken)) return;
    counts = addCounts(counts, taken);
    await context.globalState.update(countsKey, counts);
    // A report alone is no reason to start a host.
    if (extension.host.kind === 'ready') {
      const { keptCharacters: _own, ...known } = taken;
      await (await extension.assistant()).completions.report(known);
    }
  };
  const reporting = setInterval(() => {
    report().catch((cause: unknown) => output.debug(`The counts could not be reported: ${String(cause)}`));
  }, reportMs);
  let resting: NodeJS.Timeout | undefined;
  const rest = (editor: TextEditor): void => {
    clearTimeout(resting);
    resting = setTimeout(() => {
      const place = extension.isTrusted ? typingPlace(editor.document, editor.selection.active) : undefined;
      if (place && extension.host.kind === 'ready') typing.warm(place);
    }, restMs);
  };

  const subscriptions = Disposable.from(
    workspace.onDidChangeTextDocument(({ document, contentChanges, reason }) => {
      const place = placeOf(document, extension);
      const last = contentChanges.at(-1);
      if (!place || !last) return;
      const removed = contentChanges.reduce((sum, { rangeLength }) => sum + rangeLength, 0);
      const isWhole = reason === undefined && contentChanges.length === 1;
      if (isWhole && shown?.document === document) {
        const part = takenPart(shown.suggestion.text, { inserted: last.text, removed });
        // A whole one is told by its command.
        if (part !== undefined && part !== 'all') typing.accept(shown.suggestion.id, part, last.text);
      }
      typing.changed({
        path: place.path,
        version: document.version,
        removed,
        inserted: last.text,
        several:
          contentChanges.length > 1 ||
          reason === TextDocumentChangeReason.Undo ||
          reason === TextDocumentChangeReason.Redo,
      });
      for (const { range, text } of contentChanges)
        edits.note({
          document: document.uri.toString(),
          path: place.path,
          firstLine: range.start.line,
          lastLine: range.end.line,
          addedBreaks: text.split('\n').length - 1,
        });
    }),
    workspace.onDidCloseTextDocument(({ uri }) => edits.forget(uri.toString())),
    window.onDidChangeActiveTextEditor((editor) => {
      shown = undefined;
      if (editor) rest(editor);
      else typing.rest();
    }),
    window.onDidChangeTextEditorSelection(({ textEditor, kind }) => {
      if (kind !== TextEditorSelectionChangeKind.Keyboard || textEditor.selection.isEmpty) rest(textEditor);
    }),
    window.onDidChangeWindowState(({ focused }) => {
      if (!focused) typing.rest();
    }),
  );

  return {
    async suggest(document, position, { context: asked, token }) {
      // The editor's list of completions is open: what is suggested goes on from what is chosen there.
      const chosen = asked.selectedCompletionInfo;
      const start = chosen?.range.start ?? position;
      const head = chosen?.text ?? '';
      const more = isMore;
      isMore = false;
      const place = typingPlace(document, start, head);
      if (!place || !extension.isTrusted) {
        const text = !extension.isTrusted ? completionStrings.restricted : completionStrings.otherPlace;
        onState({ state: 'none', reason: 'off', text });
        return [];
      }
      const abort = new AbortController();
      const cancelled = token.onCancellationRequested(() => abort.abort());
      try {
        const answer = await typing.suggest(
          chosen
            ? { ...place, suffix: document.getText(new Range(position, new Range(0, 0, document.lineCount, 0).end)) }
            : place,
          { signal: abort.signal, asked: asked.triggerKind === InlineCompletionTriggerKind.Invoke && !more },
        );
        if (answer.kind === 'none' || token.isCancellationRequested) return [];
        const { suggestion } = answer;
        shown = { document, suggestion };
        const item = new InlineCompletionItem(
          `${head}${suggestion.text}`,
          chosen?.range ?? new Range(position, position),
        );
        item.command = { title: '', command: '_nootropic.completion.accepted', arguments: [suggestion.id] };
        return [item];
      } finally {
        cancelled.dispose();
      }
    },
    accepted(id) {
      typing.accept(id, 'all');
      shown = undefined;
    },
    dismissed() {
      if (shown) typing.dismiss(shown.suggestion.id);
      shown = undefined;
    },
    get state() {
      return typing.state;
    },
    get counts() {
      return counts;
    },
    dispose() {
      clearInterval(reporting);
      clearTimeout(resting);
      subscriptions.dispose();
      void report().catch(() => undefined);
      typing[Symbol.dispose]();
    },
  };
}

/** Where a document lies for the host; `undefined` for what is no file of an open folder, and for files that hold secrets. */
function placeOf(
  { uri, isUntitled }: TextDocument,
  { workspaceFolder }: Pick<Extension, 'workspaceFolder'>,
): Pick<TypingPlace, 'workspace' | 'path'> | undefined {
  if (uri.scheme !== 'file' && !isUntitled) return undefined;
  const folder = workspaceFolder(uri);
  if (folder === undefined || isRestrictedFile(uri.path)) return undefined;
  if (isUntitled) return { workspace: folder, path: uri.path.replace(/^\/+/u, '') };
  const path = relative(folder, uri.fsPath);
  return path.startsWith('..') || path === '' ? undefined : { workspace: folder, path: path.split(sep).join('/') };
}

function asError({ code, message, hint }: { code: string; message: string; hint: string }): NootropicError {
  return new NootropicError(code as NootropicError['code'], message, { hint });
}
