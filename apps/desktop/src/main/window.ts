import type { BrowserWindow, BrowserWindowConstructorOptions, Session } from 'electron';
import type { Electron } from './electron.ts';
import { pageOrigin } from './page-protocol.ts';

/** Of every page that the app shows. Nothing of Node, nothing of Electron, nothing from elsewhere. */
export function webPreferences(preload: string) {
  return {
    preload,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    spellcheck: false,
    enableWebSQL: false,
  } as const satisfies BrowserWindowConstructorOptions['webPreferences'];
}

/** What no page of this app ever needs, it never gets: camera, notifications of the web, the clipboard unasked, devices, downloads. */
export function closeSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event) => event.preventDefault());
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !isOwn(details.url) }));
}

/** Whatever contents come to be, in a window or not: no other page, no window that they open, no frame from elsewhere. */
export function closeContents({ app }: Pick<Electron, 'app'>): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => {
      if (!isOwn(event.url)) event.preventDefault();
    });
    contents.on('will-frame-navigate', (event) => {
      if (!isOwn(event.url)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => {
      if (!isOwn(event.url)) event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}

/** Whether a sender is the page in the main frame of this window, and not something that was loaded in its place. */
export function isPageOf(
  window: BrowserWindow | undefined,
  event: { readonly senderFrame: { readonly url: string; readonly parent: unknown } | null; readonly sender: unknown },
): boolean {
  const { senderFrame, sender } = event;
  if (!window || window.isDestroyed() || sender !== window.webContents || senderFrame === null) return false;
  return senderFrame.parent === null && isOwn(senderFrame.url);
}

function isOwn(address: string): boolean {
  return address === pageOrigin || address.startsWith(`${pageOrigin}/`);
}
