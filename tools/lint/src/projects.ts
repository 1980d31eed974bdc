import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Project {
  /** The name Nx knows it by. */
  readonly name: string;
  /** The name it is imported by. */
  readonly packageName: string;
  /** Its folder, relative to the workspace root, with forward slashes. */
  readonly root: string;
  readonly tags: readonly string[];
  /** What it may be imported by, beside its name: each further entry point that its manifest exports. */
  readonly entries: readonly string[];
}

interface Manifest {
  name: string;
  workspaces?: string[];
  exports?: Record<string, unknown>;
  nx?: { name?: string; tags?: string[] };
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Every workspace package below `workspaceRoot`, as npm and Nx see them: from the root manifest's `workspaces`. */
export function readProjects(workspaceRoot: string): Project[] {
  return globSync(readManifest(workspaceRoot).workspaces ?? [], { cwd: workspaceRoot })
    .filter((root) => existsSync(join(workspaceRoot, root, 'package.json')))
    .sort()
    .map((root) => {
      const { name, nx, exports = {} } = readManifest(join(workspaceRoot, root));
      return {
        name: nx?.name ?? name,
        packageName: name,
        root: root.replaceAll('\\', '/'),
        tags: nx?.tags ?? [],
        entries: Object.keys(exports)
          .filter((path) => path.startsWith('./') && !path.includes('*'))
          .map((path) => `${name}${path.slice(1)}`),
      };
    });
}

/** The value of the project's tag of this kind: `tagOf(project, 'layer')` is `engine` for `layer:engine`. */
export function tagOf(project: Project, kind: 'layer' | 'platform'): string | undefined {
  return project.tags.find((tag) => tag.startsWith(`${kind}:`))?.slice(kind.length + 1);
}
