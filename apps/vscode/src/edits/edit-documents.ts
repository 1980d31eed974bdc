import type { Assistant } from '@nootropic/contracts';
import type { Disposable, Uri } from 'vscode';
import type { Editor } from '../editor.ts';

/** The scheme of files as they were before or after a step. */
export const editScheme = 'nootropic-edit';

export interface EditDocument {
  readonly workspace: string;
  readonly step: number;
  /** Relative to the workspace. */
  readonly path: string;
  readonly side: 'before' | 'after';
}

/** The address of a read-only document. Its path is that of the file, so that the editor knows the language. */
export function editUri(vscode: Editor, { workspace, step, path, side }: EditDocument): Uri {
  const query = new URLSearchParams({ workspace, step: String(step), side }).toString();
  return vscode.Uri.from({ scheme: editScheme, path: `/${path}`, query });
}

/** What an address names; none where it is not one of `editUri`. */
export function readEditUri({ scheme, path, query }: Pick<Uri, 'scheme' | 'path' | 'query'>): EditDocument | undefined {
  const asked = new URLSearchParams(query);
  const [workspace, step, side] = [asked.get('workspace'), Number(asked.get('step')), asked.get('side')];
  if (scheme !== editScheme || !workspace || !Number.isInteger(step) || (side !== 'before' && side !== 'after'))
    return undefined;
  return { workspace, step, side, path: path.slice(1) };
}

/** Gives the editor files as the journal kept them. A file that was not there is an empty document. */
export function registerEditDocuments(vscode: Editor, assistant: () => Promise<Assistant>): Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(editScheme, {
    async provideTextDocumentContent(uri, token) {
      const asked = readEditUri(uri);
      if (!asked) return undefined;
      const stop = new AbortController();
      token.onCancellationRequested(() => stop.abort());
      const { changes } = await assistant();
      return (await changes.file(asked, { signal: stop.signal })).text ?? '';
    },
  });
}
