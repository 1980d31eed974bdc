import type * as Vscode from 'vscode';
import type { Editor } from '../editor.ts';

/** A message that was shown, and the buttons under it. */
export interface ShownMessage {
  readonly kind: 'information' | 'warning' | 'error';
  readonly text: string;
  readonly buttons: readonly string[];
}

/** An editor in memory: what parts of the extension register in it, and what a person does with that. Only what they use is there. */
export interface FakeEditor {
  readonly vscode: Editor;
  readonly messages: ShownMessage[];
  /** Chooses a button under each message by its words; `undefined` closes it. */
  choose: (message: ShownMessage) => string | undefined;
  /** Commands that were run, with their arguments, the built-in ones too. */
  readonly ran: { readonly command: string; readonly args: readonly unknown[] }[];
  run(command: string, ...args: unknown[]): Promise<unknown>;
  /** What a built-in command gives. */
  readonly builtIn: Map<string, (...args: never[]) => unknown>;
  readonly settings: Map<string, unknown>;
  readonly documents: FakeDocument[];
  /** Opens a document, and puts the cursor into it. */
  open(path: string, text: string, more?: { readonly languageId?: string; readonly isDirty?: boolean }): FakeDocument;
  readonly files: Map<string, string>;
  readonly diagnostics: Map<string, Vscode.Diagnostic[]>;
  readonly lensProviders: { readonly selector: Vscode.DocumentFilter; readonly provider: Vscode.CodeLensProvider }[];
  readonly contentProviders: Map<string, Vscode.TextDocumentContentProvider>;
  readonly threads: Vscode.CommentThread[];
  readonly extensions: Map<string, unknown>;
  readonly tools: Map<string, Vscode.LanguageModelTool<unknown>>;
  readonly modelProviders: Map<string, Vscode.LanguageModelChatProvider>;
  readonly mcpProviders: Map<string, Vscode.McpServerDefinitionProvider>;
  readonly participants: Map<string, Vscode.ChatRequestHandler>;
  readonly context: Map<string, unknown>;
  readonly closedTabs: unknown[];
}

export interface FakeDocument {
  readonly uri: Vscode.Uri;
  readonly languageId: string;
  isDirty: boolean;
  readonly lineCount: number;
  /** How often it was saved. */
  saves: number;
  text: string;
}

class Position {
  readonly line: number;
  readonly character: number;
  constructor(line: number, character: number) {
    this.line = line;
    this.character = character;
  }
  isAfterOrEqual(other: Position): boolean {
    return this.line > other.line || (this.line === other.line && this.character >= other.character);
  }
}

class Range {
  readonly start: Position;
  readonly end: Position;
  constructor(...[a, b, c, d]: [Position, Position] | [number, number, number, number]) {
    this.start = typeof a === 'number' ? new Position(a, Number(b)) : a;
    this.end = typeof b === 'number' ? new Position(c ?? 0, d ?? 0) : b;
  }
  get isEmpty(): boolean {
    return this.start.line === this.end.line && this.start.character === this.end.character;
  }
  contains({ start, end }: Range): boolean {
    return start.isAfterOrEqual(this.start) && this.end.isAfterOrEqual(end);
  }
  intersection(other: Range): Range | undefined {
    const overlaps = this.end.isAfterOrEqual(other.start) && other.end.isAfterOrEqual(this.start);
    return overlaps ? this : undefined;
  }
  union(other: Range): Range {
    const start = this.start.isAfterOrEqual(other.start) ? other.start : this.start;
    return new Range(start, this.end.isAfterOrEqual(other.end) ? this.end : other.end);
  }
}

class Selection extends Range {
  get active(): Position {
    return this.end;
  }
}

class Uri {
  readonly scheme: string;
  readonly path: string;
  readonly query: string;
  constructor({ scheme, path, query = '' }: { scheme: string; path: string; query?: string }) {
    this.scheme = scheme;
    this.path = path;
    this.query = query;
  }
  static file(path: string): Uri {
    return new Uri({ scheme: 'file', path });
  }
  static from(parts: { scheme: string; path: string; query?: string }): Uri {
    return new Uri(parts);
  }
  static joinPath(base: Uri, ...parts: string[]): Uri {
    return new Uri({ scheme: base.scheme, path: [base.path, ...parts].join('/') });
  }
  get fsPath(): string {
    return this.path;
  }
  toString(): string {
    return `${this.scheme}:${this.path}${this.query === '' ? '' : `?${this.query}`}`;
  }
}

class Kind {
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
  append(part: string): Kind {
    return new Kind(this.value === '' ? part : `${this.value}.${part}`);
  }
  contains(other: Kind): boolean {
    return other.value === this.value || other.value.startsWith(`${this.value}.`) || this.value === '';
  }
}

class EventEmitter<T> {
  readonly #listeners = new Set<(value: T) => void>();
  readonly event = (listener: (value: T) => void) => {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  };
  fire(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
  dispose(): void {
    this.#listeners.clear();
  }
}

class Holder {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

function documentOf(uri: Uri, text: string, more: { languageId?: string; isDirty?: boolean }) {
  const document = {
    uri,
    languageId: more.languageId ?? 'typescript',
    isDirty: more.isDirty ?? false,
    saves: 0,
    text,
    get lineCount() {
      return document.text.split('\n').length;
    },
    getText(range?: Range) {
      if (!range) return document.text;
      const lines = document.text.split('\n').slice(range.start.line, range.end.line + 1);
      const last = lines.length - 1;
      lines[last] = (lines[last] ?? '').slice(0, range.end.character);
      lines[0] = (lines[0] ?? '').slice(range.start.character);
      return lines.join('\n');
    },
    lineAt(line: number) {
      const content = document.text.split('\n')[line];
      if (content === undefined) throw new Error(`There is no line ${line}.`);
      return { text: content, range: new Range(line, 0, line, content.length) };
    },
    getWordRangeAtPosition({ line, character }: Position) {
      const content = document.text.split('\n')[line] ?? '';
      for (const found of content.matchAll(/[\w$]+/gu))
        if (found.index <= character && character <= found.index + found[0].length)
          return new Range(line, found.index, line, found.index + found[0].length);
      return undefined;
    },
    save() {
      document.saves += 1;
      document.isDirty = false;
      return Promise.resolve(true);
    },
  };
  return document;
}

const disposable = { dispose: () => undefined };

export function createFakeEditor(): FakeEditor {
  const commands = new Map<string, (...args: unknown[]) => unknown>();
  const fake: Omit<FakeEditor, 'vscode' | 'open' | 'run'> = {
    ...{ messages: [], ran: [], documents: [], lensProviders: [], threads: [], closedTabs: [] },
    ...{ builtIn: new Map(), settings: new Map(), files: new Map(), diagnostics: new Map(), extensions: new Map() },
    ...{ contentProviders: new Map(), tools: new Map(), modelProviders: new Map(), mcpProviders: new Map() },
    ...{ participants: new Map(), context: new Map() },
    choose: () => undefined,
  };
  const state = { fake, active: undefined as unknown, tabs: [] as unknown[] };
  const say =
    (kind: ShownMessage['kind']) =>
    async (text: string, ...rest: unknown[]): Promise<string | undefined> => {
      const message = { kind, text, buttons: rest.filter((each) => typeof each === 'string') };
      fake.messages.push(message);
      return result.choose(message);
    };
  const run = async (command: string, ...args: unknown[]): Promise<unknown> => {
    fake.ran.push({ command, args });
    if (command === 'setContext') fake.context.set(String(args[0]), args[1]);
    const own = commands.get(command) ?? fake.builtIn.get(command);
    return (own as ((...all: unknown[]) => unknown) | undefined)?.(...args);
  };
  const never = () => disposable;
  const vscode = {
    ...{ Position, Range, Selection, Uri, EventEmitter },
    Disposable: {
      from: (...parts: { dispose(): unknown }[]) => ({ dispose: () => parts.forEach((part) => part.dispose()) }),
    },
    Location: class {
      readonly uri: Uri;
      readonly range: Range;
      constructor(uri: Uri, at: Range | Position) {
        this.uri = uri;
        this.range = at instanceof Position ? new Range(at, at) : at;
      }
    },
    CodeLens: class {
      readonly range: Range;
      command?: unknown;
      constructor(range: Range, command?: unknown) {
        this.range = range;
        this.command = command;
      }
    },
    CodeAction: class {
      readonly title: string;
      readonly kind: Kind;
      constructor(title: string, kind: Kind) {
        this.title = title;
        this.kind = kind;
      }
    },
    CodeActionKind: { QuickFix: new Kind('quickfix'), Refactor: new Kind('refactor') },
    CodeActionTriggerKind: { Invoke: 1, Automatic: 2 },
    MarkdownString: class {
      value: string;
      constructor(value = '') {
        this.value = value;
      }
      appendMarkdown(more: string) {
        this.value += more;
      }
      appendCodeblock(more: string) {
        this.value += more;
      }
    },
    TreeItem: class {},
    ThemeColor: Holder,
    TabInputTextDiff: class {
      readonly original: Uri;
      readonly modified: Uri;
      constructor(original: Uri, modified: Uri) {
        this.original = original;
        this.modified = modified;
      }
    },
    LanguageModelTextPart: Holder,
    LanguageModelToolResult: class {
      readonly content: unknown[];
      constructor(content: unknown[]) {
        this.content = content;
      }
    },
    LanguageModelToolCallPart: class {
      readonly callId: string;
      readonly name: string;
      readonly input: object;
      constructor(callId: string, name: string, input: object) {
        this.callId = callId;
        this.name = name;
        this.input = input;
      }
    },
    LanguageModelToolResultPart: class {
      readonly callId: string;
      readonly content: unknown[];
      constructor(callId: string, content: unknown[]) {
        this.callId = callId;
        this.content = content;
      }
    },
    LanguageModelDataPart: class {
      readonly data: Uint8Array;
      readonly mimeType: string;
      constructor(data: Uint8Array, mimeType: string) {
        this.data = data;
        this.mimeType = mimeType;
      }
    },
    McpStdioServerDefinition: class {
      readonly all: unknown[];
      constructor(...all: unknown[]) {
        this.all = all;
      }
    },
    LanguageModelChatToolMode: { Auto: 1, Required: 2 },
    LanguageModelChatMessageRole: { User: 1, Assistant: 2 },
    CommentMode: { Editing: 0, Preview: 1 },
    CommentThreadState: { Unresolved: 0, Resolved: 1 },
    CommentThreadCollapsibleState: { Collapsed: 0, Expanded: 1 },
    DiagnosticSeverity: { 0: 'Error', 1: 'Warning', Error: 0, Warning: 1 },
    SymbolKind: { Class: 4, Method: 5, Constructor: 8, Enum: 9, Interface: 10, Function: 11, Variable: 12, Struct: 22 },
    ...{ StatusBarAlignment: { Left: 1 }, OverviewRulerLane: { Left: 1 }, ConfigurationTarget: { Global: 1 } },
    ...{
      ProgressLocation: { SourceControl: 1, Notification: 15 },
      TextEditorRevealType: { InCenterIfOutsideViewport: 2 },
    },
    l10n: {
      t: (text: string, ...args: unknown[]) =>
        text.replaceAll(/\{(\d)\}/gu, (_, at: string) => String(args[Number(at)])),
    },
    commands: {
      executeCommand: run,
      registerCommand(name: string, act: (...args: unknown[]) => unknown) {
        if (commands.has(name)) throw new Error(`${name} is registered already.`);
        commands.set(name, act);
        return disposable;
      },
    },
    window: {
      showInformationMessage: say('information'),
      showWarningMessage: say('warning'),
      showErrorMessage: say('error'),
      setStatusBarMessage: (text: string) => {
        fake.messages.push({ kind: 'information', text, buttons: [] });
        return disposable;
      },
      createStatusBarItem: () => ({ show: () => undefined, hide: () => undefined, ...disposable }),
      createTreeView: () => ({ onDidChangeVisibility: never, ...disposable }),
      createTextEditorDecorationType: () => disposable,
      onDidChangeVisibleTextEditors: never,
      tabGroups: {
        onDidChangeTabs: never,
        get all() {
          return [{ tabs: state.tabs, activeTab: state.tabs.at(-1) }];
        },
        get activeTabGroup() {
          return { activeTab: state.tabs.at(-1) };
        },
        close: async (tabs: unknown[]) => {
          fake.closedTabs.push(...tabs);
          state.tabs = state.tabs.filter((tab) => !tabs.includes(tab));
          return true;
        },
      },
      get activeTextEditor() {
        return state.active;
      },
      visibleTextEditors: [],
      showTextDocument: async () => ({ revealRange: () => undefined }),
      withProgress: async (_options: unknown, act: (progress: unknown, token: unknown) => unknown) =>
        act({ report: () => undefined }, { isCancellationRequested: false, onCancellationRequested: never }),
    },
    workspace: {
      registerTextDocumentContentProvider(scheme: string, provider: Vscode.TextDocumentContentProvider) {
        fake.contentProviders.set(scheme, provider);
        return disposable;
      },
      ...{ onDidChangeTextDocument: never, onDidSaveTextDocument: never, onDidChangeConfiguration: never },
      getConfiguration: () => ({
        get: (name: string, usual?: unknown) => (fake.settings.has(name) ? fake.settings.get(name) : usual),
      }),
      get textDocuments() {
        return fake.documents;
      },
      openTextDocument: async (uri: Uri) => {
        const found = fake.documents.find((each) => String(each.uri) === String(uri));
        return found ?? documentOf(uri, fake.files.get(uri.path) ?? '', {});
      },
      asRelativePath: (uri: Uri) => uri.path.split('/').slice(2).join('/'),
      fs: {
        readFile: async ({ path }: Uri) => {
          const text = fake.files.get(path);
          if (text === undefined) throw new Error(`There is no file ${path}.`);
          return new TextEncoder().encode(text);
        },
      },
      applyEdit: async () => true,
    },
    languages: {
      registerCodeLensProvider(selector: Vscode.DocumentFilter, provider: Vscode.CodeLensProvider) {
        fake.lensProviders.push({ selector, provider });
        return disposable;
      },
      registerCodeActionsProvider: never,
      getDiagnostics: (uri: Uri) => fake.diagnostics.get(uri.path) ?? [],
    },
    comments: {
      createCommentController: () => ({
        createCommentThread(uri: Uri, range: Range, comments: unknown[]) {
          const thread = {
            ...{ uri, range, comments },
            dispose: () => void fake.threads.splice(fake.threads.indexOf(thread as never), 1),
          };
          fake.threads.push(thread as never);
          return thread;
        },
        ...disposable,
      }),
    },
    extensions: { getExtension: (id: string) => fake.extensions.get(id) },
    lm: {
      registerTool(name: string, tool: Vscode.LanguageModelTool<unknown>) {
        fake.tools.set(name, tool);
        return disposable;
      },
      registerLanguageModelChatProvider(vendor: string, provider: Vscode.LanguageModelChatProvider) {
        fake.modelProviders.set(vendor, provider);
        return disposable;
      },
      registerMcpServerDefinitionProvider(id: string, provider: Vscode.McpServerDefinitionProvider) {
        fake.mcpProviders.set(id, provider);
        return disposable;
      },
    },
    chat: {
      createChatParticipant(id: string, handler: Vscode.ChatRequestHandler) {
        fake.participants.set(id, handler);
        return { ...disposable };
      },
    },
  };
  fake.builtIn.set('vscode.diff', ((original: Uri, modified: Uri) => {
    state.tabs.push({ input: new vscode.TabInputTextDiff(original, modified) });
  }) as never);
  const result: FakeEditor = Object.assign(fake, {
    vscode: vscode as unknown as Editor,
    run,
    open(path: string, text: string, more: { languageId?: string; isDirty?: boolean } = {}) {
      const document = documentOf(Uri.file(path), text, more);
      fake.documents.push(document as unknown as FakeDocument);
      state.active = { document, selection: new Selection(0, 0, 0, 0), revealRange: () => undefined };
      return document as unknown as FakeDocument;
    },
  });
  return result;
}
