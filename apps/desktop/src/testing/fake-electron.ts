import { EventEmitter } from 'node:events';
import type { Electron } from '../main/electron.ts';

/** What the app did with Electron, for a test to look at. */
export interface FakeElectron {
  readonly electron: Electron;
  readonly windows: FakeWindow[];
  readonly session: FakeSession;
  /** Calls a channel as the page of the newest window would, or as the sender that is given. */
  invoke(channel: string, input: unknown, sender?: Partial<FakeSender>): Promise<unknown>;
  readonly channels: readonly string[];
  readonly handlers: Map<string, (request: Request) => Promise<Response>>;
  /** Questions that were asked of the person; the answers come from `answers`. */
  readonly questions: { readonly message: string; readonly detail: string }[];
  readonly opened: string[];
  readonly notices: { readonly title: string; readonly body: string }[];
  readonly crashReports: unknown[];
  /** The link process: what main sent it, and a way to let it speak. */
  readonly link: { readonly sent: unknown[]; say(message: unknown): void; end(code: number): void; starts: number };
  menu(): readonly FakeItem[];
  tray(): { readonly tip: string; readonly items: readonly FakeItem[]; click(): void };
  emitApp(name: string, ...args: unknown[]): void;
  readonly quits: () => number;
}

export interface FakeItem {
  readonly label?: string;
  readonly role?: string;
  readonly enabled?: boolean;
  readonly submenu?: readonly FakeItem[];
  readonly click?: () => void;
}

interface FakeSender {
  readonly sender: unknown;
  readonly senderFrame: { readonly url: string; readonly parent: unknown } | null;
}

export interface FakeOptions {
  readonly userData: string;
  /** Whether another instance runs. Default false. */
  readonly isSecond?: boolean;
  /** What a person chooses, one after the other: the number of the button, a folder, a file. */
  readonly answers?: {
    readonly buttons?: number[];
    readonly folders?: (string | undefined)[];
    readonly files?: string[];
  };
  /** Starts the link process: gets what main sends, and says what it says. Default: a test says it by `link.say`. */
  readonly startLink?: (args: readonly string[], say: (message: unknown) => void) => (message: unknown) => void;
  /** Default `encrypted`. */
  readonly keychain?: 'encrypted' | 'plain' | 'none';
  readonly displays?: readonly {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }[];
}

export class FakeContents extends EventEmitter {
  openHandler: ((details: { url: string }) => { action: string }) | undefined;
  readonly sent: { readonly name: string; readonly value: unknown }[] = [];
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler;
  }
  send(name: string, value: unknown): void {
    this.sent.push({ name, value });
    this.emit('sent', name, value);
  }
}

export class FakeWindow extends EventEmitter {
  readonly webContents = new FakeContents();
  readonly options: { readonly webPreferences?: Readonly<Record<string, unknown>>; readonly [key: string]: unknown };
  url = '';
  shown = false;
  focused = false;
  maximized = false;
  destroyed = false;
  bounds: { x: number; y: number; width: number; height: number };
  constructor(options: FakeWindow['options']) {
    super();
    this.options = options;
    const number = (name: string): number => (typeof options[name] === 'number' ? options[name] : 0);
    this.bounds = { x: number('x'), y: number('y'), width: number('width'), height: number('height') };
  }
  async loadURL(url: string): Promise<void> {
    this.url = url;
    this.emit('ready-to-show');
  }
  show(): void {
    this.shown = true;
  }
  focus(): void {
    this.focused = true;
  }
  restore(): void {}
  maximize(): void {
    this.maximized = true;
  }
  isMinimized = (): boolean => false;
  isMaximized = (): boolean => this.maximized;
  isDestroyed = (): boolean => this.destroyed;
  isFocused = (): boolean => this.focused;
  getNormalBounds = () => this.bounds;
}

export class FakeSession {
  permissionRequest: ((contents: unknown, permission: string, answer: (allowed: boolean) => void) => void) | undefined;
  permissionCheck: (() => boolean) | undefined;
  devicePermission: (() => boolean) | undefined;
  beforeRequest: ((details: { url: string }, answer: (how: { cancel: boolean }) => void) => void) | undefined;
  readonly events = new EventEmitter();
  readonly webRequest = {
    onBeforeRequest: (handler: NonNullable<FakeSession['beforeRequest']>): void => {
      this.beforeRequest = handler;
    },
  };
  setPermissionRequestHandler(handler: NonNullable<FakeSession['permissionRequest']>): void {
    this.permissionRequest = handler;
  }
  setPermissionCheckHandler(handler: () => boolean): void {
    this.permissionCheck = handler;
  }
  setDevicePermissionHandler(handler: () => boolean): void {
    this.devicePermission = handler;
  }
  on(name: string, listener: (...args: unknown[]) => void): void {
    this.events.on(name, listener);
  }
}

/** Electron as far as the app uses it, in memory: windows are objects, dialogs are answered from a list, the link process is whoever calls `link.say`. */
export function createFakeElectron(options: FakeOptions): FakeElectron {
  const { userData, isSecond = false, answers = {}, keychain = 'encrypted' } = options;
  const { displays = [{ x: 0, y: 0, width: 1920, height: 1080 }] } = options;
  const app = new EventEmitter();
  const windows: FakeWindow[] = [];
  const session = new FakeSession();
  const channels = new Map<string, (event: unknown, input: unknown) => Promise<unknown>>();
  const handlers = new Map<string, (request: Request) => Promise<Response>>();
  const questions: FakeElectron['questions'] = [];
  const opened: string[] = [];
  const notices: FakeElectron['notices'] = [];
  const crashReports: unknown[] = [];
  let quits = 0;
  let menu: readonly FakeItem[] = [];
  let child: EventEmitter | undefined;
  const link = {
    sent: [] as unknown[],
    starts: 0,
    say: (message: unknown): void => void child?.emit('message', message),
    end: (code: number): void => void child?.emit('exit', code),
  };
  const trays: { tip: string; items: readonly FakeItem[]; events: EventEmitter }[] = [];

  class Window extends FakeWindow {
    constructor(given: FakeWindow['options']) {
      super(given);
      windows.push(this);
      app.emit('web-contents-created', {}, this.webContents);
    }
  }
  class Tray {
    readonly own = { tip: '', items: [] as readonly FakeItem[], events: new EventEmitter() };
    constructor() {
      trays.push(this.own);
    }
    setToolTip(tip: string): void {
      this.own.tip = tip;
    }
    setContextMenu(items: readonly FakeItem[]): void {
      this.own.items = items;
    }
    on(name: string, listener: () => void): void {
      this.own.events.on(name, listener);
    }
    destroy(): void {}
  }
  class Notification extends EventEmitter {
    static isSupported = (): boolean => true;
    readonly own: { title: string; body: string };
    constructor(own: { title: string; body: string }) {
      super();
      this.own = own;
    }
    show(): void {
      notices.push(this.own);
    }
  }
  const facade = {
    app: Object.assign(app, {
      requestSingleInstanceLock: () => !isSecond,
      setAsDefaultProtocolClient: () => true,
      whenReady: async () => undefined,
      isReady: () => true,
      getPath: () => userData,
      quit: () => void (quits += 1),
    }),
    BrowserWindow: Window,
    crashReporter: { start: (given: unknown) => void crashReports.push(given) },
    dialog: {
      showMessageBox: async ({ message, detail }: { message: string; detail: string }) => {
        questions.push({ message, detail });
        return { response: answers.buttons?.shift() ?? 1 };
      },
      showOpenDialog: async () => {
        const folder = answers.folders?.shift();
        return { canceled: folder === undefined, filePaths: folder === undefined ? [] : [folder] };
      },
      showSaveDialog: async () => {
        const filePath = answers.files?.shift() ?? '';
        return { canceled: filePath === '', filePath };
      },
    },
    ipcMain: {
      handle: (name: string, handler: (event: unknown, input: unknown) => Promise<unknown>) =>
        void channels.set(name, handler),
    },
    Menu: {
      buildFromTemplate: (items: readonly FakeItem[]) => items,
      setApplicationMenu: (items: readonly FakeItem[]) => void (menu = items),
    },
    nativeImage: { createFromPath: (path: string) => ({ path }) },
    Notification,
    protocol: {
      handle: (scheme: string, handler: (request: Request) => Promise<Response>) => void handlers.set(scheme, handler),
    },
    safeStorage: {
      isEncryptionAvailable: () => keychain !== 'none',
      getSelectedStorageBackend: () => (keychain === 'plain' ? 'basic_text' : 'gnome_libsecret'),
      encryptString: (text: string) => Buffer.from([...Buffer.from(text)].map((byte) => byte ^ 0x5a)),
      decryptString: (bytes: Buffer) => Buffer.from([...bytes].map((byte) => byte ^ 0x5a)).toString(),
    },
    screen: { getAllDisplays: () => displays.map((workArea) => ({ workArea })) },
    session: { defaultSession: session },
    shell: {
      openExternal: async (url: string) => void opened.push(url),
      openPath: async (path: string) => void opened.push(path),
    },
    Tray,
    utilityProcess: {
      fork: (_entry: string, args: readonly string[]) => {
        const made = Object.assign(new EventEmitter(), {
          postMessage(message: unknown): void {
            link.sent.push(message);
            toLink?.(message);
          },
          kill: () => true,
        });
        const toLink = options.startLink?.(args, (message) => void made.emit('message', message));
        link.starts += 1;
        child = made;
        return made;
      },
    },
  };
  return {
    electron: facade as unknown as Electron,
    ...{ windows, session, handlers, questions, opened, notices, crashReports, link },
    get channels() {
      return [...channels.keys()];
    },
    async invoke(channel, input, sender = {}) {
      const handler = channels.get(channel);
      if (!handler) throw new Error(`Nobody answers ${channel}.`);
      const window = windows.at(-1);
      return handler(
        { sender: window?.webContents, senderFrame: { url: 'app://nootropic/', parent: null }, ...sender },
        input,
      );
    },
    menu: () => menu,
    tray: () => {
      const tray = trays.at(-1);
      return { tip: tray?.tip ?? '', items: tray?.items ?? [], click: () => void tray?.events.emit('click') };
    },
    emitApp: (name, ...args) => void app.emit(name, ...args),
    quits: () => quits,
  };
}
