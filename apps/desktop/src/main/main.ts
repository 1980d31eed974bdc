import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as electron from 'electron';
import { startDesktop } from './desktop.ts';
import { createLog } from './log.ts';
import { pagePrivileges, pageScheme } from './page-protocol.ts';
import { createUpdates, type Updater } from './updates.ts';

declare const NOOTROPIC_VERSION: string;
declare const NOOTROPIC_UPDATE_FEED: boolean;

// Electron takes this only before it is ready.
electron.protocol.registerSchemesAsPrivileged([{ scheme: pageScheme, privileges: { ...pagePrivileges } }]);
electron.app.enableSandbox();

const { app } = electron;
const here = import.meta.dirname;
const resources = app.isPackaged ? process.resourcesPath : join(here, '../resources');
const log = createLog(app.getPath('logs'));

const desktop = await startDesktop(electron, {
  files: {
    page: join(here, 'page'),
    preload: join(here, 'preload.cjs'),
    link: join(here, 'link.js'),
    icon: join(here, 'icon.png'),
    node: join(resources, 'node', process.platform === 'win32' ? 'node.exe' : 'node'),
    commandLine: join(resources, 'cli/dist/main.js'),
  },
  version: NOOTROPIC_VERSION,
  argv: process.argv,
  platform: process.platform,
  log,
  updates: createUpdates(async () => {
    const { default: updater } = await import('electron-updater');
    return updater.autoUpdater as unknown as Updater;
  }, NOOTROPIC_UPDATE_FEED),
  isFolder: async (path) => (await stat(path).catch(() => undefined))?.isDirectory() ?? false,
});
app.on('will-quit', () => void desktop?.[Symbol.asyncDispose]());
