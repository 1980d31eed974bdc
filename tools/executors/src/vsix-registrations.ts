import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { compileFunction } from 'node:vm';
import type { Registrations } from './vsix-contributions.ts';

/** Which function of the editor's API registers what. Each takes the name first. */
const registrars: Readonly<Record<string, keyof Registrations>> = {
  'commands.registerCommand': 'commands',
  'commands.registerTextEditorCommand': 'commands',
  'window.registerWebviewViewProvider': 'views',
  'window.registerTreeDataProvider': 'views',
  'window.createTreeView': 'views',
  'chat.createChatParticipant': 'chatParticipants',
  'lm.registerTool': 'languageModelTools',
  'lm.registerLanguageModelChatProvider': 'languageModelChatProviders',
  'lm.registerMcpServerDefinitionProvider': 'mcpServerDefinitionProviders',
};

/** The extension to look at. */
export interface Bundle {
  /** Absolute path of its first file. */
  readonly main: string;
  readonly manifest: unknown;
  /** What the editor's API has at its top, such as `window` and `Uri`: bundlers copy a module by its names. */
  readonly names: readonly string[];
}

/** The names at the top of the editor's API, as its type declarations have them. */
export function apiNames(declarations: string): string[] {
  const found = declarations.matchAll(/^\texport (?:namespace|(?:abstract )?class|enum|const|function) (\w+)/gmu);
  return [...new Set([...found].map(([, name = '']) => name))];
}

/**
 * What the bundle of an extension registers when it is activated, found by activating it in an editor that only takes note. The bundle is CommonJS; files
 * beside it are loaded as they are asked for, and `vscode` is that editor.
 */
export async function recordRegistrations({ main, manifest, names }: Bundle): Promise<Registrations> {
  const found: Record<keyof Registrations, string[]> = {
    commands: [],
    views: [],
    chatParticipants: [],
    languageModelTools: [],
    languageModelChatProviders: [],
    mcpServerDefinitionProviders: [],
  };
  const editor = anything('vscode', (path, args) => {
    const kind = registrars[path.replace(/^vscode\./u, '')];
    const [name] = args;
    if (kind !== undefined && typeof name === 'string') found[kind].push(name);
  });
  const api = Object.fromEntries(names.map((name) => [name, Reflect.get(editor as object, name)]));
  const { activate } = load(main, api) as { activate?: (context: unknown) => unknown };
  if (activate === undefined) throw new Error(`${main} exports no activate.`);
  const context = {
    subscriptions: [],
    extension: { packageJSON: manifest, id: 'publisher.name' },
    extensionUri: anything('uri', () => undefined),
    extensionPath: dirname(dirname(main)),
    globalState: memento(),
    workspaceState: memento(),
    secrets: anything('secrets', () => undefined),
    asAbsolutePath: (path: string) => path,
  };
  await activate(
    new Proxy(context, { get: (target, name) => Reflect.get(target, name) ?? anything('context', () => undefined) }),
  );
  return found;
}

const memento = () => ({
  get: (_name: string, otherwise: unknown) => otherwise,
  update: async () => undefined,
  keys: () => [],
});

function load(file: string, editor: unknown, loaded = new Map<string, { exports: unknown }>()): unknown {
  const known = loaded.get(file);
  if (known) return known.exports;
  const module = { exports: {} as unknown };
  loaded.set(file, module);
  const fromThere = createRequire(file);
  const require = (name: string): unknown => {
    if (name === 'vscode') return editor;
    return name.startsWith('.') ? load(resolve(dirname(file), name), editor, loaded) : fromThere(name);
  };
  const run = compileFunction(readFileSync(file, 'utf8'), ['exports', 'require', 'module', '__filename', '__dirname'], {
    filename: file,
  });
  run(module.exports, require, module, file, dirname(file));
  return module.exports;
}

/** A value that can be used as whatever the editor's API has: called, made an object of, extended, iterated, awaited. Each call is told with its path. */
function anything(path: string, onCall: (path: string, args: readonly unknown[]) => void): unknown {
  const below = new Map<string, unknown>();
  return new Proxy(class {}, {
    get(target, name): unknown {
      if (name === 'prototype') return target.prototype;
      if (name === 'then') return undefined;
      if (name === Symbol.iterator) return () => [][Symbol.iterator]();
      if (name === Symbol.toPrimitive) return () => path;
      if (typeof name === 'symbol') return undefined;
      if (name === 'length') return 0;
      const known = below.get(name) ?? anything(`${path}.${name}`, onCall);
      below.set(name, known);
      return known;
    },
    has: () => true,
    apply(_target, _self, args: unknown[]) {
      onCall(path, args);
      return anything(`${path}()`, onCall);
    },
    construct: (_target, args: unknown[], maker) => {
      onCall(path, args);
      // What extends a class of the editor gets its own methods.
      const made = anything(`${path}()`, onCall) as object;
      return new Proxy(made, {
        get: (target, name): unknown => Reflect.get(maker.prototype as object, name) ?? Reflect.get(target, name),
      });
    },
  });
}

// Run as a program: an extension may set timers, which end with the process.
const [, self, main, manifestFile, declarations] = process.argv;
if (self === import.meta.filename && main !== undefined && manifestFile !== undefined && declarations !== undefined) {
  try {
    const found = await recordRegistrations({
      main: resolve(main),
      manifest: JSON.parse(readFileSync(manifestFile, 'utf8')),
      names: apiNames(readFileSync(declarations, 'utf8')),
    });
    process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0));
  } catch (cause) {
    // Its stack holds lines of a bundle, which are the bundle.
    process.stdout.write(`${JSON.stringify({ failed: String(cause) })}\n`, () => process.exit(0));
  }
}
