import type { MenuItemConstructorOptions } from 'electron';
import type { DesktopCommand } from '../shared/channels.ts';

export interface MenuActions {
  readonly send: (command: DesktopCommand) => void;
  readonly openFolder: () => void;
  readonly openRecent: (folder: string) => void;
  readonly stopHost: () => void;
  readonly checkUpdates: (() => void) | undefined;
  readonly showLogs: () => void;
}

const views = [
  ['chat', 'Chat'],
  ['code', 'Code'],
  ['changes', 'Changes'],
  ['models', 'Models'],
  ['jobs', 'Jobs'],
  ['memory', 'Memory'],
  ['metrics', 'Metrics'],
  ['egress', 'Egress'],
  ['settings', 'Settings'],
] as const;

/** The menus of the system. What the system knows by itself (copy, quit, full screen) is its own role. */
export function menuTemplate(
  actions: MenuActions,
  about: { readonly platform: NodeJS.Platform; readonly recent: readonly string[] },
): MenuItemConstructorOptions[] {
  const { send } = actions;
  const updates = actions.checkUpdates
    ? [{ label: 'Check for Updates…', click: actions.checkUpdates }, { type: 'separator' as const }]
    : [];
  return [
    ...(about.platform === 'darwin' ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        { label: 'New Chat', accelerator: 'CmdOrCtrl+N', click: () => send({ type: 'new-session' }) },
        { type: 'separator' },
        { label: 'Open Folder…', accelerator: 'CmdOrCtrl+O', click: actions.openFolder },
        {
          label: 'Open Recent',
          enabled: about.recent.length > 0,
          submenu: about.recent.map((folder) => ({ label: folder, click: () => actions.openRecent(folder) })),
        },
        { type: 'separator' },
        { label: 'Stop the Host', click: actions.stopHost },
        { type: 'separator' },
        { role: about.platform === 'darwin' ? 'close' : 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&Go',
      submenu: [
        { label: 'Commands…', accelerator: 'CmdOrCtrl+K', click: () => send({ type: 'palette' }) },
        { type: 'separator' },
        ...views.map(([view, label], at) => ({
          label,
          accelerator: `CmdOrCtrl+${String(at + 1)}`,
          click: () => send({ type: 'show', view }),
        })),
      ],
    },
    {
      label: '&View',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [...updates, { label: 'Show Logs', click: actions.showLogs }] },
  ];
}
