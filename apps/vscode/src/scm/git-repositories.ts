import type { Extension as Installed, Uri } from 'vscode';
import type { Editor } from '../editor.ts';

/**
 * What is used of the built-in git extension's public interface, in its first version
 * (https://github.com/microsoft/vscode/blob/main/extensions/git/src/api/git.d.ts).
 */
export interface GitRepository {
  readonly rootUri: Uri;
  readonly inputBox: { value: string };
  readonly state: {
    readonly indexChanges: readonly unknown[];
    readonly workingTreeChanges: readonly unknown[];
    /** Absent in older versions, which count untracked files among those of the working tree. */
    readonly untrackedChanges?: readonly unknown[];
  };
}

interface GitExports {
  getAPI(version: 1): { readonly repositories: readonly GitRepository[] };
}

/** The repositories that the editor has open; none where its git extension is switched off. */
export async function gitRepositories(vscode: Editor): Promise<readonly GitRepository[]> {
  const git: Installed<GitExports> | undefined = vscode.extensions.getExtension<GitExports>('vscode.git');
  if (!git) return [];
  try {
    return (git.isActive ? git.exports : await git.activate()).getAPI(1).repositories;
  } catch {
    // It throws while it is switched off by its setting.
    return [];
  }
}

/** The repository that a command of the source control view is about, else the one that holds a file, else the only one. */
export function repositoryFor(
  repositories: readonly GitRepository[],
  rootUri: Uri | undefined,
  file: Uri | undefined,
): GitRepository | undefined {
  const named = rootUri && repositories.find((each) => each.rootUri.toString() === rootUri.toString());
  if (named) return named;
  const holding = file
    ? repositories
        .filter(({ rootUri: root }) => file.path === root.path || file.path.startsWith(`${root.path}/`))
        .sort((a, b) => b.rootUri.path.length - a.rootUri.path.length)[0]
    : undefined;
  return holding ?? (repositories.length === 1 ? repositories[0] : undefined);
}

/** What a commit would hold now: what is staged; where nothing is, what git knows of; where that has not changed either, what is new. */
export function meantChange({ state }: Pick<GitRepository, 'state'>): 'staged' | 'tracked' | 'uncommitted' | undefined {
  if (state.indexChanges.length > 0) return 'staged';
  if (state.workingTreeChanges.length > 0) return state.untrackedChanges === undefined ? 'uncommitted' : 'tracked';
  return (state.untrackedChanges?.length ?? 0) > 0 ? 'uncommitted' : undefined;
}
