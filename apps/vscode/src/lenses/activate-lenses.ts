import { join } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import type { CodeLens, DocumentSymbol, TextDocument, Uri } from 'vscode';
import { holdsCode, pathIn, symbolsOf } from '../actions/code-place.ts';
import type { Editor } from '../editor.ts';
import type { Extension } from '../extension-parts.ts';
import { signalOf } from '../models/model-provider.ts';
import { createCallerCounts, type Callers } from './caller-counts.ts';

/** A lens whose words are known only when it comes into view. */
interface CallersLens extends CodeLens {
  readonly asked: { readonly workspace: string; readonly path: string; readonly uri: Uri };
}

const setting = 'lenses.enabled';
const mostCallers = 100;

/** Explain, test and callers over functions and classes. Off unless it is switched on, since it asks the language's support and the graph for each file. */
export function activateLenses(extension: Extension, vscode: Editor): void {
  const { l10n } = vscode;
  const changed = new vscode.EventEmitter<void>();
  const isOn = (uri?: Uri): boolean => vscode.workspace.getConfiguration('nootropic', uri).get(setting, false);
  const counts = createCallerCounts({
    async ask(key, signal): Promise<Callers | undefined> {
      // A host that does not run is not started for this.
      if (extension.host.kind !== 'ready') return undefined;
      const { workspace, symbol } = JSON.parse(key) as { workspace: string; symbol: string };
      const { graph } = await extension.assistant();
      const answer = await graph({ workspace, ask: 'callers', symbol, depth: 1, limit: mostCallers }, { signal });
      if (answer.unclear !== undefined) return undefined;
      const places = answer.nodes.flatMap(({ at, symbol: caller }) => {
        const place = at ?? { path: caller.path, line: caller.startLine };
        return [{ path: place.path, line: place.line }];
      });
      return { places, isCut: answer.truncated };
    },
  });

  const lensesOf = (
    { uri }: Pick<TextDocument, 'uri'>,
    place: { readonly workspace: string; readonly path: string },
    symbols: readonly DocumentSymbol[],
  ): CodeLens[] =>
    symbols.flatMap((symbol) => {
      const inner = lensesOf({ uri }, place, symbol.children);
      if (!holdsCode(vscode, symbol)) return inner;
      const range = new vscode.Range(symbol.selectionRange.start, symbol.selectionRange.start);
      const lens = (title: string, command: string) =>
        new vscode.CodeLens(range, { title, command, arguments: [uri, symbol.range] });
      const callers = Object.assign(new vscode.CodeLens(range), { asked: { ...place, uri } });
      const offers = [lens(l10n.t('Explain'), 'nootropic.explain')];
      if (extension.isTrusted) offers.push(lens(l10n.t('Test'), 'nootropic.test'));
      return [...offers, callers, ...inner];
    });

  extension.context.subscriptions.push(
    changed,
    vscode.languages.registerCodeLensProvider(
      { scheme: 'file' },
      {
        onDidChangeCodeLenses: changed.event,
        async provideCodeLenses(document, token) {
          const workspace = isOn(document.uri) ? extension.workspaceFolder(document.uri) : undefined;
          const path = workspace === undefined ? undefined : pathIn(workspace, document.uri);
          if (workspace === undefined || path === undefined) return [];
          const symbols = await symbolsOf(vscode, document.uri);
          return token.isCancellationRequested ? [] : lensesOf(document, { workspace, path }, symbols);
        },
        async resolveCodeLens(lens, token) {
          const { asked } = lens as CallersLens;
          const { line } = lens.range.start;
          try {
            const key = JSON.stringify({ workspace: asked.workspace, symbol: `${asked.path}:${line + 1}` });
            lens.command = callersCommand(vscode, lens as CallersLens, await counts.of(key, signalOf(token)));
          } catch (cause) {
            if (!NootropicError.is(cause) || cause.code !== 'ABORTED')
              extension.output.debug(`Callers: ${String(cause)}`);
            lens.command = callersCommand(vscode, lens as CallersLens, undefined);
          }
          return lens;
        },
      },
    ),
    vscode.workspace.onDidSaveTextDocument(() => counts.forget()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`nootropic.${setting}`)) changed.fire();
    }),
    extension.onHostChange(({ kind }) => {
      if (kind === 'ready' && isOn()) {
        counts.forget();
        changed.fire();
      }
    }),
    vscode.commands.registerCommand('nootropic.lenses.toggle', () =>
      vscode.workspace.getConfiguration('nootropic').update(setting, !isOn(), vscode.ConfigurationTarget.Global),
    ),
  );
}

function callersCommand(vscode: Editor, { asked, range }: CallersLens, callers: Callers | undefined) {
  const { l10n } = vscode;
  if (!callers) return { title: l10n.t('callers not known'), command: '' };
  const count = callers.places.length;
  if (count === 0) return { title: l10n.t('no callers'), command: '' };
  const title = callers.isCut
    ? l10n.t('{0} callers or more', count)
    : count === 1
      ? l10n.t('1 caller')
      : l10n.t('{0} callers', count);
  const locations = callers.places.map(({ path, line }) => {
    const at = new vscode.Position(line - 1, 0);
    return new vscode.Location(vscode.Uri.file(join(asked.workspace, ...path.split('/'))), at);
  });
  return { title, command: 'editor.action.showReferences', arguments: [asked.uri, range.start, locations] };
}
