import { basename, join } from 'node:path';
import { readPage } from '@nootropic/server/page';
import type { BrowserWindow, Tray } from 'electron';
import { z } from 'zod';
import type { NoticeName } from '../shared/channel-names.ts';
import type { DesktopCommand, DesktopState, HostState } from '../shared/channels.ts';
import { answerChannels, type ChannelAnswers } from './answer-channels.ts';
import { deepLinkIn, readDeepLink, type DeepLink } from './deep-link.ts';
import type { Electron } from './electron.ts';
import { createHostWatch, type HostWatch } from './host-watch.ts';
import { createKeptFile } from './kept-file.ts';
import { menuTemplate } from './menu.ts';
import { createPageProtocol, pageOrigin, pageScheme } from './page-protocol.ts';
import { saveText } from './save-text.ts';
import { createSecrets } from './secrets.ts';
import type { Updates } from './updates.ts';
import { closeContents, closeSession, webPreferences } from './window.ts';
import { placeWindow, windowStateSchema } from './window-state.ts';

/** What the app consists of on the disk. */
export interface DesktopFiles {
  /** The folder of the built page. */
  readonly page: string;
  readonly preload: string;
  readonly link: string;
  readonly icon: string;
  /** The Node that runs the host, and the entry of the command line. */
  readonly node: string;
  readonly commandLine: string;
}

export interface DesktopOptions {
  readonly files: DesktopFiles;
  readonly version: string;
  readonly argv: readonly string[];
  readonly platform: NodeJS.Platform;
  readonly log: (message: string, facts: Readonly<Record<string, string>>) => void;
  readonly updates: Updates;
  /** Whether a folder is there. */
  readonly isFolder: (path: string) => Promise<boolean>;
  readonly fetch?: typeof fetch;
}

/** The app while it runs. */
export interface Desktop extends AsyncDisposable {
  window(): BrowserWindow | undefined;
  host(): HostWatch;
}

const keptSchema = z.object({
  window: windowStateSchema.optional(),
  workspace: z.string().optional(),
  recent: z.array(z.string()).max(20).default([]),
  page: z.record(z.string(), z.json()).default({}),
});
type Kept = z.infer<typeof keptSchema>;

const mostRecent = 10;
/** More than a person has written into drafts and settings of a page. */
const mostPageCharacters = 2_000_000;
const trayMs = 5000;

/**
 * Starts the app: one window with the page, a tray, menus, and a host. Gives `undefined` where another instance runs already, which is then shown instead.
 * The scheme of the page must have been registered before (`pagePrivileges`), since Electron takes it only before it is ready.
 */
export async function startDesktop(electron: Electron, options: DesktopOptions): Promise<Desktop | undefined> {
  const { app } = electron;
  const { files, version, argv, platform, log, updates } = options;
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return undefined;
  }
  // Reports of crashes are written, for a person to look at, and go nowhere.
  electron.crashReporter.start({ uploadToServer: false });
  closeContents(electron);
  const early: DeepLink[] = [];
  const first = deepLinkIn(argv);
  if (first) early.push(first);
  let follow = (link: DeepLink): void => void early.push(link);
  app.on('second-instance', (_event, args) => {
    show();
    const link = deepLinkIn(args);
    if (link) follow(link);
  });
  app.on('open-url', (event, address) => {
    event.preventDefault();
    const link = readDeepLink(address);
    if (link) follow(link);
  });
  app.setAsDefaultProtocolClient('nootropic');
  await app.whenReady();

  const data = app.getPath('userData');
  const keptFile = createKeptFile(join(data, 'desktop.json'), keptSchema);
  let kept: Kept = (await keptFile.read()) ?? keptSchema.parse({});
  let saving: Promise<void> = Promise.resolve();
  const keep = (change: Partial<Kept>): void => {
    kept = { ...kept, ...change };
    saving = keptFile
      .write(kept)
      .catch((cause: unknown) => log('What the app keeps could not be written.', { why: String(cause) }));
  };
  const secrets = createSecrets(electron, join(data, 'secrets.json'));
  let window: BrowserWindow | undefined;
  const tell = (name: NoticeName, value: unknown): void => {
    if (window && !window.isDestroyed()) window.webContents.send(name, value);
  };
  const host = createHostWatch({
    electron,
    ...{ entry: files.link, node: files.node, commandLine: files.commandLine, version, log },
    ...(options.fetch && { fetch: options.fetch }),
    variables: () => secrets.variables(),
    onState: (state) => {
      tell('host', state);
      showTray(state);
    },
  });
  const tray: Tray = new electron.Tray(electron.nativeImage.createFromPath(files.icon));

  closeSession(electron.session.defaultSession);
  const page = createPageProtocol({
    files: await readPage(files.page),
    host: () => host.at(),
    fetch: options.fetch ?? fetch,
  });
  electron.protocol.handle(pageScheme, page);

  const send = (command: DesktopCommand): void => {
    show();
    tell('command', command);
  };
  const openFolder = (folder: string): void => {
    keep({
      workspace: folder,
      recent: [folder, ...kept.recent.filter((each) => each !== folder)].slice(0, mostRecent),
    });
    setMenu();
    show();
    tell('workspace', folder);
  };
  const pickFolder = async (): Promise<string | undefined> => {
    const { canceled, filePaths } = await electron.dialog.showOpenDialog({ properties: ['openDirectory'] });
    const [folder] = filePaths;
    if (canceled || folder === undefined) return undefined;
    openFolder(folder);
    return folder;
  };
  follow = (link) => {
    if (link.type === 'command') send(link.command);
    else void askToOpen(link.folder);
  };
  /** An address may have been made by anybody, so a person says whether it is followed. */
  const askToOpen = async (folder: string): Promise<void> => {
    if (!(await options.isFolder(folder))) return;
    const { response } = await electron.dialog.showMessageBox({
      type: 'question',
      message: `Open the folder ${basename(folder)}?`,
      detail: `${folder}\n\nAnother program asked for this.`,
      buttons: ['Open', 'Cancel'],
      defaultId: 1,
      cancelId: 1,
    });
    if (response === 0) openFolder(folder);
  };
  const openLink = async (url: string): Promise<boolean> => {
    const { response } = await electron.dialog.showMessageBox({
      type: 'question',
      message: `Open ${new URL(url).host} in the browser?`,
      detail: url,
      buttons: ['Open', 'Cancel'],
      defaultId: 1,
      cancelId: 1,
    });
    if (response !== 0) return false;
    await electron.shell.openExternal(url);
    return true;
  };

  const answers: ChannelAnswers = {
    'state:get': (): DesktopState => ({
      version,
      ...(kept.workspace !== undefined && { workspace: kept.workspace }),
      recent: kept.recent,
      secrets: secrets.kind(),
      platform: platform === 'darwin' || platform === 'win32' ? platform : 'linux',
    }),
    'host:get': () => host.state(),
    'host:again': () => host.start().then(() => undefined),
    'folder:pick': pickFolder,
    'folder:open': (folder) => {
      if (kept.recent.includes(folder)) openFolder(folder);
    },
    'link:open': openLink,
    'text:save': (file) => saveText(electron, file),
    'notice:show': ({ title, text }) => {
      if (!electron.Notification.isSupported() || window?.isFocused() === true) return;
      const notice = new electron.Notification({ title, body: text });
      notice.on('click', show);
      notice.show();
    },
    'keep:all': () => kept.page,
    'keep:write': ({ key, value }) => {
      const next = { ...kept.page, [key]: value as never };
      if (JSON.stringify(next).length <= mostPageCharacters) keep({ page: next });
    },
    'secret:list': () => secrets.list(),
    'secret:keep': async ({ provider, key, plainToo }) => {
      if (host.at() && !host.isOwn()) return 'host';
      await secrets.keep(provider, key, plainToo);
      if (((await host.busy())?.turns ?? 0) > 0) return 'later';
      await host.start({ anew: true });
      return 'kept';
    },
    'secret:forget': (provider) => secrets.forget(provider).then(() => undefined),
    'update:check': () => updates.check(),
  };
  answerChannels(electron, answers, { window: () => window, log });

  function setMenu(): void {
    electron.Menu.setApplicationMenu(
      electron.Menu.buildFromTemplate(
        menuTemplate(
          {
            ...{ send, openRecent: openFolder },
            openFolder: () => void pickFolder(),
            stopHost: () => host.stopHost(),
            showLogs: () => void electron.shell.openPath(app.getPath('logs')),
            checkUpdates: updates.isOn ? () => void updates.check() : undefined,
          },
          { platform, recent: kept.recent },
        ),
      ),
    );
  }
  function show(): void {
    if (!window || window.isDestroyed()) {
      if (app.isReady()) void openWindow();
      return;
    }
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }
  async function openWindow(): Promise<void> {
    const made = new electron.BrowserWindow({
      ...placeWindow(
        kept.window,
        electron.screen.getAllDisplays().map(({ workArea }) => workArea),
      ),
      ...{ show: false, title: 'nootropic', icon: files.icon, autoHideMenuBar: true },
      webPreferences: webPreferences(files.preload),
    });
    window = made;
    if (kept.window?.maximized === true) made.maximize();
    made.once('ready-to-show', () => made.show());
    const remember = (): void => keep({ window: { ...made.getNormalBounds(), maximized: made.isMaximized() } });
    made.on('resized', remember);
    made.on('moved', remember);
    made.on('close', remember);
    made.on('closed', () => {
      if (window === made) window = undefined;
    });
    await made.loadURL(`${pageOrigin}/`);
  }
  function showTray(state: HostState, busy?: { readonly turns: number; readonly jobs: number }): void {
    const what =
      state.state === 'failed'
        ? 'the host does not run'
        : state.state === 'starting'
          ? 'the host starts'
          : busy && busy.turns + busy.jobs > 0
            ? `${busy.turns} running, ${busy.jobs} jobs`
            : 'ready';
    tray.setToolTip(`nootropic: ${what}`);
    tray.setContextMenu(
      electron.Menu.buildFromTemplate([
        { label: `nootropic: ${what}`, enabled: false },
        { type: 'separator' },
        { label: 'Show', click: show },
        { label: 'New Chat', click: () => send({ type: 'new-session' }) },
        { type: 'separator' },
        { label: 'Stop the Host', enabled: state.state === 'ready', click: () => host.stopHost() },
        { label: 'Quit', role: 'quit' },
      ]),
    );
  }

  setMenu();
  tray.on('click', show);
  showTray(host.state());
  const looking = setInterval(() => {
    void host.busy().then((busy) => showTray(host.state(), busy));
  }, trayMs);
  looking.unref();
  app.on('activate', show);
  app.on('window-all-closed', () => {
    // On a Mac an app stays; elsewhere the host stays for other programs, until it has nothing to do.
    if (platform !== 'darwin') app.quit();
  });
  await Promise.all([openWindow(), host.start()]);
  for (const link of early.splice(0)) follow(link);

  return {
    window: () => window,
    host: () => host,
    async [Symbol.asyncDispose]() {
      clearInterval(looking);
      host[Symbol.dispose]();
      tray.destroy();
      await saving;
    },
  };
}
