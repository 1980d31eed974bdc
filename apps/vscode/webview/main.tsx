import { connect, createFrameFetch } from '@nootropic/client';
import { App } from '@nootropic/ui';
import { createRoot } from 'react-dom/client';
import type { ExtensionMessage } from './page-messages.ts';
import { createEditorFace, type EditorApi } from './editor-face.ts';
import { NoFolder } from './no-folder.tsx';
import './theme.css';

declare function acquireVsCodeApi(): EditorApi;

const root = document.getElementById('root');
if (root) {
  const view = createRoot(root);
  const editor = acquireVsCodeApi();
  const onMessage = (listener: (message: unknown) => void): (() => void) => {
    const receive = (event: MessageEvent<unknown>): void => listener(event.data);
    window.addEventListener('message', receive);
    return () => window.removeEventListener('message', receive);
  };
  const { fetch } = createFrameFetch({ post: (message) => editor.postMessage(message), onMessage });
  // An answer can be lost while the editor still connects the page, so it is asked for until it comes.
  const knock = (): void => editor.postMessage({ channel: 'nootropic-page', type: 'ready' });
  const knocking = setInterval(knock, 1000);
  const stop = onMessage((message) => {
    if (!isStart(message)) return;
    stop();
    clearInterval(knocking);
    const { face, openFolder } = createEditorFace(editor, onMessage, message.kept);
    // The name stands for the host: the extension asks it, wherever it is.
    const assistant = connect({ url: 'http://host.invalid', fetch });
    view.render(
      message.workspace === undefined ? (
        <NoFolder onOpen={openFolder} />
      ) : (
        <App assistant={assistant} workspace={message.workspace} face={face} />
      ),
    );
  });
  knock();
}

function isStart(message: unknown): message is Extract<ExtensionMessage, { type: 'start' }> {
  const { channel, type } = (message ?? {}) as Partial<ExtensionMessage>;
  return channel === 'nootropic-page' && type === 'start';
}
