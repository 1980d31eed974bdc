import { readdir, readFile, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** Looks into a workspace for what its programs are set up with. Paths are relative to its root, with `/`; the root itself is `.`. */
export interface Project {
  /** Absolute. */
  readonly root: string;
  absolute(path: string): string;
  exists(path: string): Promise<boolean>;
  /** A text of at most 1 MB, or `undefined`. */
  text(path: string): Promise<string | undefined>;
  json(path: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** The nearest folder from that of `path` upwards that holds one of the names, with the first such name. */
  nearest(
    path: string,
    names: readonly string[],
  ): Promise<{ readonly folder: string; readonly name: string } | undefined>;
  /** The script of a program that npm installed, nearest to a folder; absolute. */
  script(folder: string, program: { readonly package: string; readonly bin: string }): Promise<string | undefined>;
  /** All files below the root whose name fits, without those of dependencies and of what is built; at most some thousands of folders are looked at. */
  find(fits: (name: string) => boolean): Promise<string[]>;
}

const maxBytes = 1024 * 1024;
const mostFolders = 4_000;
const skipped = new Set(
  'node_modules bower_components vendor target dist build out coverage __pycache__ venv env site-packages'.split(' '),
);

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** From the folder of a path up to the root. */
export function foldersUp(path: string): string[] {
  const folders: string[] = [];
  for (let folder = posix.dirname(path); folder !== '.' && folder !== '/'; folder = posix.dirname(folder))
    folders.push(folder);
  return [...folders, '.'];
}

export function createProject(root: string): Project {
  const absolute = (path: string): string => join(root, path);

  const project: Project = {
    root,
    absolute,
    async exists(path) {
      return (await stat(absolute(path)).catch(() => undefined)) !== undefined;
    },
    async text(path) {
      const found = await stat(absolute(path)).catch(() => undefined);
      if (found?.isFile() !== true || found.size > maxBytes) return undefined;
      return readFile(absolute(path), 'utf8').catch(() => undefined);
    },
    async json(path) {
      const text = await project.text(path);
      if (text === undefined) return undefined;
      try {
        const value: unknown = JSON.parse(text);
        return isRecord(value) ? value : undefined;
      } catch {
        return undefined;
      }
    },
    async nearest(path, names) {
      for (const folder of foldersUp(path))
        for (const name of names) if (await project.exists(posix.join(folder, name))) return { folder, name };
      return undefined;
    },
    async script(folder, program) {
      for (const place of foldersUp(posix.join(folder, 'x'))) {
        const home = posix.join(place, 'node_modules', program.package);
        const bin = (await project.json(`${home}/package.json`))?.['bin'];
        const file = typeof bin === 'string' ? bin : isRecord(bin) ? bin[program.bin] : undefined;
        if (typeof file === 'string') return absolute(posix.join(home, file));
      }
      return undefined;
    },
    async find(fits) {
      const found: string[] = [];
      let looked = 0;
      let level = ['.'];
      while (level.length > 0) {
        const next: string[] = [];
        for (const folder of level) {
          looked += 1;
          if (looked > mostFolders) return found;
          const entries = await readdir(absolute(folder), { withFileTypes: true }).catch(() => []);
          for (const entry of entries) {
            const path = posix.join(folder, entry.name);
            if (entry.isFile() && fits(entry.name)) found.push(path);
            if (entry.isDirectory() && !entry.name.startsWith('.') && !skipped.has(entry.name)) next.push(path);
          }
        }
        level = next;
      }
      return found;
    },
  };
  return project;
}
