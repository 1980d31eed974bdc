import { NootropicError, type Files } from '@nootropic/contracts';
import { baseOf, folderOf, joinPath } from './graph-paths.ts';

/** What the settings files of a workspace say about how modules are named. */
export interface Projects {
  /** Places of a package's module, best first, as paths without certain extension; empty for a package that is not of this workspace. */
  packageModule(specifier: string): readonly string[];
  /** Where the nearest settings of a file lead this specifier; empty where none applies. */
  aliased(path: string, specifier: string): readonly string[];
  /** Folder of the Go module whose import path begins this one, and what follows. */
  goModule(module: string): { readonly folder: string; readonly rest: string } | undefined;
  readonly hasGoModules: boolean;
  /** Folder of the root module of a Rust crate, by the name that code calls it. */
  crateRoot(name: string): string | undefined;
}

interface Settings {
  readonly packages: ReadonlyMap<string, NodePackage>;
  readonly aliases: ReadonlyMap<string, Aliases>;
  readonly goModules: readonly { readonly module: string; readonly folder: string }[];
  readonly crates: ReadonlyMap<string, string>;
}

interface NodePackage {
  readonly folder: string;
  readonly exports: ReadonlyMap<string, readonly string[]>;
  readonly main: readonly string[];
}

interface Aliases {
  readonly base: string | undefined;
  readonly paths: readonly { readonly pattern: string; readonly targets: readonly string[] }[];
}

/** More settings files than this are not read. */
const mostSettings = 5_000;
const maxSettingsBytes = 200_000;
const settingsName = /^(?:package\.json|go\.mod|Cargo\.toml|[jt]sconfig(?:\.[\w-]+)?\.json)$/u;

export function isProjectSettings(path: string): boolean {
  return settingsName.test(baseOf(path));
}

/** Reads the settings files among these paths. One that cannot be read or understood says nothing. */
export async function readProjects(
  files: Pick<Files, 'read'>,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<Projects> {
  const packages = new Map<string, NodePackage>();
  const aliases = new Map<string, Aliases>();
  const goModules: { module: string; folder: string }[] = [];
  const crates = new Map<string, string>();
  for (const path of paths.filter(isProjectSettings).sort().slice(0, mostSettings)) {
    if (signal?.aborted) throw new NootropicError('ABORTED');
    let text: string;
    try {
      text = new TextDecoder().decode(await files.read(path, { maxBytes: maxSettingsBytes }));
    } catch {
      continue;
    }
    const folder = folderOf(path);
    if (baseOf(path) === 'go.mod') {
      const module = /^\s*module\s+"?([^\s"]+)/mu.exec(text)?.[1];
      if (module !== undefined) goModules.push({ module, folder });
      continue;
    }
    if (baseOf(path) === 'Cargo.toml') {
      const crate = crateOf(folder, text);
      if (crate !== undefined && !crates.has(crate.name)) crates.set(crate.name, crate.root);
      continue;
    }
    const value = parseLoosely(text);
    if (baseOf(path) === 'package.json') {
      const name = stringOf(value['name']);
      // The outermost package of a name is the workspace's own; copies lie deeper.
      if (name !== undefined && !packages.has(name)) packages.set(name, nodePackage(folder, value));
    } else aliases.set(path, aliasesOf(folder, value));
  }
  return projectsFrom({
    packages,
    aliases,
    crates,
    goModules: goModules.sort((one, other) => other.module.length - one.module.length),
  });
}

function projectsFrom({ packages, aliases, goModules, crates }: Settings): Projects {
  const nearest = new Map<string, Aliases | undefined>();
  const aliasesAbove = (folder: string): Aliases | undefined => {
    if (nearest.has(folder)) return nearest.get(folder);
    const own = ['tsconfig.json', 'jsconfig.json', 'tsconfig.base.json']
      .map((name) => aliases.get(folder === '' ? name : `${folder}/${name}`))
      .find((found) => found !== undefined && (found.paths.length > 0 || found.base !== undefined));
    const found = own ?? (folder === '' ? undefined : aliasesAbove(folderOf(folder)));
    nearest.set(folder, found);
    return found;
  };
  return {
    packageModule(specifier) {
      const parts = specifier.split('/');
      const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
      const found = packages.get(name);
      if (found === undefined) return [];
      const rest = specifier.slice(name.length + 1);
      const within = (paths: readonly string[]) => paths.flatMap((path) => joinPath(found.folder, path) ?? []);
      if (rest === '') {
        return within([
          ...(found.exports.get('.') ?? []),
          ...found.main,
          'src/index',
          'index',
          'lib/index',
          'src/main',
        ]);
      }
      return within([...exported(found.exports, `./${rest}`), rest, `src/${rest}`, `lib/${rest}`]);
    },
    aliased(path, specifier) {
      const found = aliasesAbove(folderOf(path));
      if (found === undefined) return [];
      const places = found.paths.flatMap(({ pattern, targets }) => {
        const star = matchStar(pattern, specifier);
        return star === undefined ? [] : targets.map((target) => target.replace('*', () => star));
      });
      const based = found.base === undefined ? undefined : joinPath(found.base, specifier);
      return based === undefined ? places : [...places, based];
    },
    goModule(module) {
      const found = goModules.find((each) => module === each.module || module.startsWith(`${each.module}/`));
      return found && { folder: found.folder, rest: module.slice(found.module.length + 1) };
    },
    hasGoModules: goModules.length > 0,
    crateRoot: (name) => crates.get(name),
  };
}

/** What `*` stands for, or `undefined` where the text is not of the pattern. */
function matchStar(pattern: string, text: string): string | undefined {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === text ? '' : undefined;
  const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)];
  if (text.length < start.length + end.length || !text.startsWith(start) || !text.endsWith(end)) return undefined;
  return text.slice(start.length, text.length - end.length);
}

function exported(exports: NodePackage['exports'], wanted: string): string[] {
  return [...exports].flatMap(([pattern, targets]) => {
    const star = matchStar(pattern, wanted);
    return star === undefined ? [] : targets.map((target) => target.replace('*', () => star));
  });
}

/** The name of a crate as code writes it, and the folder of its library. */
function crateOf(folder: string, text: string): { readonly name: string; readonly root: string } | undefined {
  const section = (title: string): string =>
    new RegExp(`^\\[${title}\\]\\s*$([\\s\\S]*?)(?=^\\[|(?![\\s\\S]))`, 'mu').exec(text)?.[1] ?? '';
  const valueOf = (part: string, key: string): string | undefined =>
    new RegExp(`^\\s*${key}\\s*=\\s*"([^"\\n]+)"`, 'mu').exec(part)?.[1];
  const lib = section('lib');
  const name = valueOf(lib, 'name') ?? valueOf(section('package'), 'name');
  const root = joinPath(folder, folderOf(valueOf(lib, 'path') ?? 'src/lib.rs'));
  return name === undefined || root === undefined ? undefined : { name: name.replaceAll('-', '_'), root };
}

type Value = Readonly<Record<string, unknown>>;

function recordOf(value: unknown): Value {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Value) : {};
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function nodePackage(folder: string, value: Value): NodePackage {
  const exports = new Map<string, readonly string[]>();
  const given = value['exports'];
  if (typeof given === 'string' || Array.isArray(given)) exports.set('.', pathsIn(given));
  else {
    const entries = Object.entries(recordOf(given));
    if (entries.some(([key]) => !key.startsWith('.'))) exports.set('.', pathsIn(given));
    else for (const [key, target] of entries) exports.set(key, pathsIn(target));
  }
  const main = ['source', 'types', 'typings', 'module', 'main'].flatMap((key) => stringOf(value[key]) ?? []);
  return { folder, exports, main };
}

/** All paths among nested conditions, with source before what is built from it. */
function pathsIn(target: unknown, depth = 0): string[] {
  if (typeof target === 'string') return [target];
  if (depth > 8 || typeof target !== 'object' || target === null) return [];
  return Object.values(target).flatMap((value) => pathsIn(value, depth + 1));
}

function aliasesOf(folder: string, value: Value): Aliases {
  const options = recordOf(value['compilerOptions']);
  const given = stringOf(options['baseUrl']);
  const base = given === undefined ? undefined : joinPath(folder, given);
  const paths = Object.entries(recordOf(options['paths'])).map(([pattern, targets]) => ({
    pattern,
    targets: (Array.isArray(targets) ? targets : []).flatMap((target) =>
      typeof target === 'string' ? (joinPath(base ?? folder, target) ?? []) : [],
    ),
  }));
  return { base, paths };
}

/** JSON in which comments and trailing commas are allowed; an empty object for anything else. */
function parseLoosely(text: string): Value {
  const plain = text
    .replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//gu, (part) => (part.startsWith('"') ? part : ' '))
    .replace(/"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])/gu, (part) => (part.startsWith('"') ? part : ''));
  try {
    return recordOf(JSON.parse(plain));
  } catch {
    return {};
  }
}
