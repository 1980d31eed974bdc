import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const workspaceRoot = resolve(import.meta.dirname, '../../..');

/** The folder of every workspace package, absolute, from the root manifest. */
export function workspaceFolders(): string[] {
  const { workspaces } = JSON.parse(readFileSync(join(workspaceRoot, 'package.json'), 'utf8')) as {
    workspaces: string[];
  };
  return globSync(workspaces, { cwd: workspaceRoot })
    .map((folder) => join(workspaceRoot, folder))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .sort();
}
