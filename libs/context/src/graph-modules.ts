import { baseOf, folderOf, joinPath, type PathTable } from './graph-paths.ts';
import type { Projects } from './graph-projects.ts';

/** Where the name of a module leads. */
export interface ModuleTarget {
  /** Files of the workspace; empty for a module from outside. */
  readonly files: readonly number[];
  /** What the module's name says beyond the files: the symbol `Log` of `crate::store::Log`. */
  readonly symbol?: string;
}

export interface ModuleSources {
  readonly paths: PathTable;
  readonly projects: Projects;
  /** Files that declare a namespace or package of this name. */
  readonly declaring: (namespace: string) => readonly number[];
}

export interface ModuleRequest {
  /** The file that imports. */
  readonly path: string;
  readonly family: string;
  /** As written in the source. */
  readonly module: string;
}

const outside: ModuleTarget = { files: [] };

/** Finds the files that a module's name leads to, by the rules of its language where they can be followed from paths alone. */
export function findModule(request: ModuleRequest, sources: ModuleSources): ModuleTarget {
  const module = request.module.trim();
  if (module === '') return outside;
  const find = finders.get(request.family) ?? byPath;
  return find({ ...request, module }, sources);
}

type Finder = (request: ModuleRequest, sources: ModuleSources) => ModuleTarget;

const scriptEnds = [
  '',
  '.ts',
  '.tsx',
  '.mts',
  '.cts',
  '.js',
  '.jsx',
  '.mjs',
  '.cjs',
  '.d.ts',
  '.d.mts',
  '.vue',
  '.svelte',
  '.json',
];
/** What stands in a specifier for a file that is compiled to it. */
const compiledFrom: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\.js$/u, ['.ts', '.tsx', '.d.ts', '.jsx']],
  [/\.jsx$/u, ['.tsx']],
  [/\.mjs$/u, ['.mts', '.d.mts']],
  [/\.cjs$/u, ['.cts', '.d.cts']],
];

/** A module path of JavaScript to its file: as it stands, what is compiled to it, with an extension, or the index of a folder. */
function scriptAt(paths: PathTable, place: string): number | undefined {
  for (const end of scriptEnds) {
    const file = paths.at(place + end);
    if (file !== undefined) return file;
  }
  for (const [compiled, ends] of compiledFrom) {
    if (!compiled.test(place)) continue;
    for (const end of ends) {
      const file = paths.at(place.replace(compiled, end));
      if (file !== undefined) return file;
    }
  }
  const index = place === '' ? 'index' : `${place}/index`;
  for (const end of scriptEnds.slice(1)) {
    const file = paths.at(index + end);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** A built file is taken back to its source where only that is here: `dist/a.js` to `src/a.ts`. */
function sourceOf(place: string): string {
  return place.replace(/(^|\/)(?:dist|build|lib|out)\/(?:(?:esm|cjs|types|src)\/)?/u, '$1src/');
}

const ecmascript: Finder = ({ path, module }, { paths, projects }) => {
  const specifier = module.replace(/[?#].*$/u, '') || module;
  const one = (places: readonly string[]): ModuleTarget => {
    for (const place of places) {
      const file = scriptAt(paths, place) ?? scriptAt(paths, sourceOf(place));
      if (file !== undefined) return { files: [file] };
    }
    return outside;
  };
  if (/^\.{1,2}(?:\/|$)/u.test(specifier)) {
    const place = joinPath(folderOf(path), specifier);
    return place === undefined ? outside : one([place]);
  }
  if (specifier.startsWith('/')) return one([specifier.slice(1)]);
  const aliased = one(projects.aliased(path, specifier));
  return aliased.files.length > 0 ? aliased : one(projects.packageModule(specifier));
};

function pythonAt(paths: PathTable, place: string): number | undefined {
  const within = place === '' ? '' : `${place}/`;
  return (
    paths.at(`${place}.py`) ??
    paths.at(`${within}__init__.py`) ??
    paths.at(`${place}.pyi`) ??
    paths.at(`${within}__init__.pyi`)
  );
}

const python: Finder = ({ path, module }, { paths }) => {
  const target = (file: number | undefined): ModuleTarget => (file === undefined ? outside : { files: [file] });
  const folder = folderOf(path);
  const dots = /^\.+/u.exec(module)?.[0].length ?? 0;
  const place = module
    .slice(dots)
    .split('.')
    .filter((part) => part !== '')
    .join('/');
  if (dots > 0) {
    const base = joinPath(folder, `${'../'.repeat(dots - 1)}${place}`);
    return target(base === undefined ? undefined : pythonAt(paths, base));
  }
  // Modules are looked for from folders that are no packages themselves; the outermost come first.
  const roots: string[] = [];
  for (let at: string | undefined = folder; at !== undefined; at = at === '' ? undefined : folderOf(at)) {
    const within = at === '' ? '' : `${at}/`;
    if (paths.at(`${within}__init__.py`) === undefined) roots.unshift(at, `${within}src`, `${within}lib`);
  }
  for (const root of roots) {
    const file = pythonAt(paths, root === '' ? place : `${root}/${place}`);
    if (file !== undefined) return target(file);
  }
  return place.includes('/')
    ? target(paths.endingIn(`${place}.py`, path)[0] ?? paths.endingIn(`${place}/__init__.py`, path)[0])
    : outside;
};

const go: Finder = ({ path, module }, { paths, projects }) => {
  const known = projects.goModule(module);
  const folders = known
    ? [[known.folder, known.rest].filter((part) => part !== '').join('/')]
    : projects.hasGoModules || !module.includes('.')
      ? []
      : longestEnding(module.split('/').slice(1), (end) => paths.foldersEndingIn(end, path));
  return { files: folders.flatMap((folder) => paths.inFolder(folder)) };
};

/** The first answer for the parts joined, then without the first, and so on. */
function longestEnding(parts: readonly string[], find: (end: string) => readonly string[]): readonly string[] {
  for (let from = 0; from < parts.length; from += 1) {
    const found = find(parts.slice(from).join('/')).slice(0, 1);
    if (found.length > 0) return found;
  }
  return [];
}

const rust: Finder = ({ path, module }, { paths, projects }) => {
  const parts = module
    .split('::')
    .map((part) => part.replace(/^r#/u, ''))
    .filter((part) => part !== '' && part !== '*');
  const folder = folderOf(path);
  const base = baseOf(path);
  const own = /^(?:mod|lib|main)\.rs$/u.test(base)
    ? folder
    : [folder, base.replace(/\.rs$/u, '')].filter(Boolean).join('/');
  let at: string | undefined = own;
  const first = parts[0];
  if (first === 'crate') {
    at = crateRoot(paths, path);
    parts.shift();
  } else if (first === 'self' || first === 'super') {
    if (first === 'self') parts.shift();
    while (parts[0] === 'super') {
      at = at === undefined || at === '' ? undefined : folderOf(at);
      parts.shift();
    }
  } else {
    const local = rustWithin(paths, own, parts);
    if (local) return local;
    const names = [first ?? '', (first ?? '').replaceAll('_', '-')];
    const home =
      projects.crateRoot(first ?? '') ?? names.flatMap((name) => paths.foldersEndingIn(`${name}/src`, path))[0];
    const crate = home === undefined ? undefined : paths.at(home === '' ? 'lib.rs' : `${home}/lib.rs`);
    if (crate === undefined || home === undefined) return outside;
    return rustWithin(paths, home, parts.slice(1)) ?? withSymbol([crate], parts.slice(1));
  }
  if (at === undefined) return outside;
  const found = rustWithin(paths, at, parts);
  if (found) return found;
  const holder = rustFile(paths, at);
  return holder === undefined ? outside : withSymbol([holder], parts);
};

function withSymbol(files: readonly number[], rest: readonly string[]): ModuleTarget {
  const symbol = rest.at(-1);
  return symbol === undefined || files.length === 0 ? { files } : { files, symbol };
}

/** The nearest folder above that holds the root module of a crate. */
function crateRoot(paths: PathTable, path: string): string {
  const folder = folderOf(path);
  for (let at = folder; ; at = folderOf(at)) {
    const within = at === '' ? '' : `${at}/`;
    if (paths.at(`${within}lib.rs`) !== undefined || paths.at(`${within}main.rs`) !== undefined) return at;
    if (at === '') return folder;
  }
}

/** The file that holds the module of a folder. */
function rustFile(paths: PathTable, folder: string): number | undefined {
  const within = folder === '' ? '' : `${folder}/`;
  return (
    paths.at(`${folder}.rs`) ??
    paths.at(`${within}mod.rs`) ??
    paths.at(`${within}lib.rs`) ??
    paths.at(`${within}main.rs`)
  );
}

/** The longest beginning of the parts that is a file below the folder; the rest names a symbol in it. */
function rustWithin(paths: PathTable, folder: string, parts: readonly string[]): ModuleTarget | undefined {
  for (let count = parts.length; count > 0; count -= 1) {
    const place = [folder, ...parts.slice(0, count)].filter((part) => part !== '').join('/');
    const file = paths.at(`${place}.rs`) ?? paths.at(`${place}/mod.rs`);
    if (file !== undefined) return withSymbol([file], parts.slice(count));
  }
  return undefined;
}

/** Packages and namespaces whose folders are called as they are: Java, Kotlin, Scala. */
const jvm: Finder = ({ path, module }, sources) => {
  const parts = module
    .replace(/^static\s+/u, '')
    .replace(/\.(?:\*|_)$/u, '')
    .split('.');
  for (let cut = 0; cut <= 2 && parts.length - cut >= 2; cut += 1) {
    const place = parts.slice(0, parts.length - cut).join('/');
    const file = ['java', 'kt', 'scala'].flatMap((end) => sources.paths.endingIn(`${place}.${end}`, path))[0];
    if (file !== undefined) return withSymbol([file], cut === 0 ? parts.slice(-1) : parts.slice(parts.length - cut));
  }
  const folder = sources.paths.foldersEndingIn(parts.join('/'), path);
  if (folder.length > 0) return { files: folder.flatMap((each) => sources.paths.inFolder(each)) };
  const declared = sources.declaring(parts.join('.'));
  if (declared.length > 0) return { files: declared };
  const holder = sources.paths.foldersEndingIn(parts.slice(0, -1).join('/'), path);
  return parts.length < 3
    ? outside
    : withSymbol(
        holder.flatMap((each) => sources.paths.inFolder(each)),
        parts.slice(-1),
      );
};

const csharp: Finder = ({ path, module }, { paths, declaring }) => {
  const name = module.replace(/^static\s+/u, '');
  const declared = declaring(name);
  if (declared.length > 0) return { files: declared };
  const folders = [...paths.foldersEndingIn(name, path), ...paths.foldersEndingIn(name.replaceAll('.', '/'), path)];
  return { files: folders.flatMap((folder) => paths.inFolder(folder)) };
};

const php: Finder = (request, { paths, declaring }) => {
  const { path, module } = request;
  if (/[/.]/u.test(module) && !module.includes('\\')) return byPath(request, { paths });
  const parts = module.split('\\').filter((part) => part !== '');
  for (let from = 0; from < parts.length; from += 1) {
    const file = paths.endingIn(`${parts.slice(from).join('/')}.php`, path)[0];
    if (file !== undefined) return withSymbol([file], parts.slice(-1));
  }
  const namespace = parts.slice(0, -1).join('\\');
  return withSymbol(
    declaring(parts.join('\\')).length > 0 ? declaring(parts.join('\\')) : declaring(namespace),
    parts.slice(-1),
  );
};

const c: Finder = ({ path, module }, { paths }) => {
  const name = module.replace(/^[<"]|[>"]$/gu, '');
  const beside = joinPath(folderOf(path), name);
  const at = beside === undefined ? undefined : paths.at(beside);
  const header = at ?? paths.endingIn(name.replace(/^(?:\.\.?\/)+/u, ''), path)[0];
  if (header === undefined) return outside;
  // What a header declares is defined in the source file of the same name.
  const stem = baseOf(name).replace(/\.\w+$/u, '');
  const sources = ['c', 'cc', 'cpp', 'cxx', 'm', 'mm'].flatMap((end) =>
    paths.endingIn(`${stem}.${end}`, path).slice(0, 2),
  );
  return { files: [header, ...sources.filter((file) => file !== header)] };
};

const swift: Finder = ({ path, module }, { paths, declaring }) => ({
  files: [...declaring(module), ...paths.foldersEndingIn(module, path).flatMap((folder) => paths.inFolder(folder))],
});

/** Languages that name a file: relative to the importing file, to a usual root, or by the end of its path. */
const byPath = ({ path, module, family }: ModuleRequest, { paths }: Pick<ModuleSources, 'paths'>): ModuleTarget => {
  const ends = ['', ...(extensions[family] ?? [])];
  const places = [joinPath(folderOf(path), module), module.replace(/^\.?\//u, ''), `lib/${module}`];
  for (const place of places) {
    if (place === undefined) continue;
    for (const end of ends) {
      const file = paths.at(place + end);
      if (file !== undefined) return { files: [file] };
    }
  }
  if (!module.includes('/') && !baseOf(module).includes('.')) return outside;
  const end = module.replace(/^(?:\.\.?\/)+/u, '');
  const file = ends.flatMap((extension) => paths.endingIn(end + extension, path))[0];
  return file === undefined ? outside : { files: [file] };
};

const extensions: Readonly<Record<string, readonly string[]>> = {
  ruby: ['.rb'],
  shell: ['.sh', '.bash'],
  php: ['.php'],
  css: ['.css', '.scss', '.less'],
  sql: ['.sql'],
};

const finders: ReadonlyMap<string, Finder> = new Map<string, Finder>([
  ['ecmascript', ecmascript],
  ['python', python],
  ['go', go],
  ['rust', rust],
  ['jvm', jvm],
  ['csharp', csharp],
  ['php', php],
  ['c', c],
  ['swift', swift],
]);
