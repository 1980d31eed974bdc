import { contextBridge, ipcRenderer } from 'electron';
import { bridgeName, channelNames, noticeNames } from '../shared/channel-names.ts';
import type { DesktopBridge } from '../shared/channels.ts';

/*
 * The only script that knows both sides. It gives the page two functions, which know the names of the channels; it gives it neither `ipcRenderer` nor the event
 * of a message, which would let the page send what it likes.
 */

const bridge: DesktopBridge = {
  async ask(name, input) {
    if (!channelNames.includes(name)) throw new Error(`There is no channel ${name}.`);
    return (await ipcRenderer.invoke(name, input)) as never;
  },
  listen(name, listener) {
    if (!noticeNames.includes(name)) throw new Error(`There is no notice ${name}.`);
    const heard = (_event: unknown, value: unknown): void => listener(value as never);
    ipcRenderer.on(name, heard);
    return () => void ipcRenderer.off(name, heard);
  },
};
contextBridge.exposeInMainWorld(bridgeName, bridge);
