import type { Attachable, Face, FaceCommand } from '@nootropic/ui';
import type { ExtensionMessage, PageMessage } from './page-messages.ts';

/** What the editor gives a page: a way to post. What comes back comes as messages of the window. */
export interface EditorApi {
  postMessage(message: unknown): void;
}

type Own<M> = M extends unknown ? Omit<M, 'channel'> : never;

/** The editor around the page. What is kept lies in the extension's storage for this workspace. */
export function createEditorFace(
  editor: EditorApi,
  onMessage: (listener: (message: unknown) => void) => () => void,
  before: Readonly<Record<string, unknown>>,
): { readonly face: Face; readonly openFolder: () => void } {
  const post = (message: Own<PageMessage>): void => editor.postMessage({ channel: 'nootropic-page', ...message });
  const kept = new Map(Object.entries(before));
  const commands = new Set<(command: FaceCommand) => void>();
  /** Commands that came before somebody listened. */
  const early: FaceCommand[] = [];
  const waiting = new Map<number, (message: ExtensionMessage) => void>();
  let last = 0;
  onMessage((data) => {
    const message = data as ExtensionMessage | undefined;
    if (message?.channel !== 'nootropic-page') return;
    if (message.type === 'command') {
      if (commands.size === 0) early.push(message.command);
      for (const listener of commands) listener(message.command);
    } else if (message.type !== 'start') {
      waiting.get(message.id)?.(message);
      waiting.delete(message.id);
    }
  });
  const asked = (type: 'attachables' | 'pick-folder'): Promise<ExtensionMessage> =>
    new Promise((resolve) => {
      const id = (last += 1);
      waiting.set(id, resolve);
      post({ type, id });
    });

  const face: Face = {
    kind: 'editor',
    openFile: ({ path, line }) => post({ type: 'open-file', place: { path, line } }),
    openLink: (url) => post({ type: 'open-link', url }),
    saveText: ({ name, text }) => post({ type: 'save-text', name, text }),
    pickFolder: async () => {
      const answer = await asked('pick-folder');
      return answer.type === 'folder' ? answer.path : undefined;
    },
    notify: ({ title, text }) => post({ type: 'notify', title, text }),
    attachables: async (): Promise<readonly Attachable[]> => {
      const answer = await asked('attachables');
      return answer.type === 'attachables' ? answer.items : [];
    },
    onCommand: (listener) => {
      commands.add(listener);
      for (const command of early.splice(0)) listener(command);
      return () => void commands.delete(listener);
    },
    keep: {
      read: (key) => kept.get(key),
      write: (key, value) => {
        kept.set(key, value);
        post({ type: 'keep', key, value });
      },
    },
  };
  return { face, openFolder: () => post({ type: 'open-folder' }) };
}
