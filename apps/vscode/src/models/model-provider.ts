import type { Disposable, LanguageModelChatInformation, LanguageModelChatProvider } from 'vscode';
import type { Editor } from '../editor.ts';
import type { Extension } from '../extension-parts.ts';
import { partText, translateRequest } from './editor-messages.ts';
import { chatPieces, type Ask } from './openai-chat.ts';

/** A model as `/v1/models` tells of it. */
interface OfferedModel {
  readonly id: string;
  readonly display_name: string;
  readonly owned_by: string;
  readonly context_length: number;
  readonly role: string;
  readonly abilities: readonly string[];
  readonly local: boolean;
  readonly loaded: boolean;
}

/** What is said of a model that does not tell how much it reads. */
const usualContext = 8_192;
/** Characters of English or code for each token, where nothing counts. */
const charactersPerToken = 4;

/** A model as the editor's picker shows it. */
export function informationOf(model: OfferedModel, vscode: Editor): LanguageModelChatInformation {
  const { l10n } = vscode;
  const context = model.context_length > 0 ? model.context_length : usualContext;
  const written = Math.min(4_096, Math.floor(context / 4));
  const where = model.local ? l10n.t('on this machine') : l10n.t('at {0}', model.owned_by);
  return {
    id: model.id,
    name: model.display_name === '' ? model.id : model.display_name,
    family: model.id,
    version: '1',
    detail: where,
    tooltip: model.loaded
      ? l10n.t('{0}, reads {1} tokens, in memory', where, context)
      : l10n.t('{0}, reads {1} tokens, loaded when it is first asked', where, context),
    maxInputTokens: context - written,
    maxOutputTokens: written,
    // The editor's chat offers no model without tools. Of one that a server has only named nothing is known until it is asked.
    capabilities: { toolCalling: model.abilities.includes('tools') || model.context_length === 0, imageInput: false },
  };
}

/** Offers the host's models to the editor's own chat. Where the editor has no such thing, nothing is registered. */
export function registerModels(
  vscode: Editor,
  extension: Pick<Extension, 'ask' | 'host' | 'onHostChange'>,
): Disposable | undefined {
  // Not there in older editors and in forks.
  if (typeof vscode.lm?.registerLanguageModelChatProvider !== 'function') return undefined;
  const changed = new vscode.EventEmitter<void>();
  /** Models that are in memory: only those count tokens, since the others would be loaded for it. */
  const loaded = new Set<string>();
  const ask: Ask = (path, init) => extension.ask(path, init);

  const provider: LanguageModelChatProvider = {
    onDidChangeLanguageModelChatInformation: changed.event,
    async provideLanguageModelChatInformation({ silent }, token) {
      // The editor asks by itself when it starts; that is no reason to start a host.
      if (silent && extension.host.kind !== 'ready') return [];
      const response = await ask('/v1/models', { signal: signalOf(token) });
      if (!response.ok) return [];
      const { data } = (await response.json()) as { data: readonly OfferedModel[] };
      const answering = data.filter(({ abilities, role }) => abilities.includes('generate') && role !== 'completion');
      for (const model of answering) if (model.loaded) loaded.add(model.id);
      return answering.map((model) => informationOf(model, vscode));
    },
    async provideLanguageModelChatResponse(...[model, messages, options, progress, token]) {
      const { asked, toolNames } = translateRequest(vscode, messages, options);
      for await (const piece of chatPieces(ask, { ...asked, model: model.id }, signalOf(token))) {
        loaded.add(model.id);
        progress.report(
          piece.type === 'text'
            ? new vscode.LanguageModelTextPart(piece.text)
            : new vscode.LanguageModelToolCallPart(piece.id, toolNames.get(piece.name) ?? piece.name, piece.input),
        );
      }
    },
    async provideTokenCount(model, text, token) {
      const content = typeof text === 'string' ? text : text.content.map((part) => partText(vscode, part)).join('');
      const estimate = Math.ceil(content.length / charactersPerToken);
      if (!loaded.has(model.id) || content === '') return estimate;
      try {
        const response = await ask('/tokenize', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model: model.id, content }),
          signal: signalOf(token),
        });
        return response.ok ? ((await response.json()) as { tokens: unknown[] }).tokens.length : estimate;
      } catch {
        return estimate;
      }
    },
  };
  return vscode.Disposable.from(
    changed,
    vscode.lm.registerLanguageModelChatProvider('nootropic', provider),
    extension.onHostChange(({ kind }) => {
      if (kind === 'ready') changed.fire();
    }),
  );
}

/** A signal that aborts when the editor cancels. */
export function signalOf(token: {
  readonly isCancellationRequested: boolean;
  onCancellationRequested(listener: () => void): unknown;
}): AbortSignal {
  const stop = new AbortController();
  if (token.isCancellationRequested) stop.abort();
  token.onCancellationRequested(() => stop.abort());
  return stop.signal;
}
