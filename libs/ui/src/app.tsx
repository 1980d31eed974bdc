import { NootropicError, type Assistant } from '@nootropic/contracts';
import { Suspense, useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { ChatProvider, type ChatParts } from './chat/chat-context.tsx';
import { createChatSessions } from './chat/chat-sessions.ts';
import { createComposer } from './chat/composer-store.ts';
import { sendQuestion } from './chat/send-question.ts';
import type { Face } from './face.ts';
import { Waiting } from './parts/notes.tsx';
import './parts/parts.css';
import { readAddress } from './shell/address.ts';
import { LinkDialog } from './shell/link-dialog.tsx';
import { Rail, TopBar } from './shell/navigation.tsx';
import './shell/shell.css';
import { Palette } from './shell/palette.tsx';
import { ShortcutSheet } from './shell/shortcut-sheet.tsx';
import { StatusStrip } from './shell/status-strip.tsx';
import { Tour } from './shell/tour.tsx';
import { useShortcuts } from './shell/use-shortcuts.ts';
import { useMedia } from './shell/use-media.ts';
import { createShell, type Shell } from './shell/shell-store.ts';
import { Toasts } from './shell/toasts.tsx';
import { ViewBoundary } from './shell/view-boundary.tsx';
import { views } from './shell/views.tsx';
import { strings } from './strings.ts';
import { UiProvider, viewNames, type Ui } from './ui-context.tsx';

interface AppProps {
  readonly assistant: Assistant;
  /** Absolute path of the folder that the page is about. */
  readonly workspace: string;
  readonly face: Face;
}

/** The whole page. What it opens, keeps and shows outside goes through the face. */
export function App({ assistant, workspace, face }: AppProps) {
  const [shell] = useState(() =>
    createShell({
      keep: face.keep,
      location: globalThis.location,
      tours: face.kind !== 'editor',
      setTimer: (run, ms) => setTimeout(run, ms),
    }),
  );
  const ui = useMemo<Ui>(() => makeUi({ assistant, workspace, face }, shell), [assistant, workspace, face, shell]);
  const [chat] = useState<ChatParts>(() => ({
    chats: createChatSessions({ assistant, nextFrame, onNews: (news) => tell(news, face) }),
    composer: createComposer(face.keep),
  }));
  const view = useStore(shell.store, (state) => state.address.view);
  const overlay = useStore(shell.store, (state) => state.overlay);
  const narrow = useMedia(narrowScreen) || face.kind === 'editor';
  useShortcuts(shell);
  useAddress(shell);
  useTheme(shell, face);
  useFaceCommands(shell, chat, ui);
  return (
    <UiProvider value={ui}>
      <ChatProvider value={chat}>
        <div className={`nt-app ${narrow ? 'nt-app-narrow' : ''} nt-face-${face.kind}`}>
          <a className="nt-skip" href="#content" onClick={skip}>
            {strings.shell.skipToContent}
          </a>
          {narrow ? <TopBar shell={shell} /> : <Rail shell={shell} />}
          <main id="content" tabIndex={-1} className="nt-content">
            <ViewBoundary key={view}>
              <Suspense fallback={<Waiting />}>
                <CurrentView shell={shell} />
              </Suspense>
            </ViewBoundary>
          </main>
          {face.kind !== 'editor' && <StatusStrip />}
          {overlay === 'palette' && <Palette shell={shell} />}
          {overlay === 'shortcuts' && <ShortcutSheet shell={shell} />}
          {overlay === 'tour' && <Tour shell={shell} />}
          <LinkDialog shell={shell} />
          <Toasts shell={shell} />
        </div>
      </ChatProvider>
    </UiProvider>
  );
}

function CurrentView({ shell }: { readonly shell: Shell }) {
  const { view, place } = useStore(shell.store, (state) => state.address);
  const entry = views.find(({ name }) => name === view) ?? views[0];
  return entry ? <entry.component place={place} /> : null;
}

function makeUi({ assistant, workspace, face }: AppProps, shell: Shell): Ui {
  return {
    assistant,
    workspace,
    face,
    go: shell.go,
    openFile: (path, line) => {
      const place = { path, ...(line !== undefined && { line }) };
      if (face.openFile) face.openFile(place);
      else shell.go('code', { path, ...(line !== undefined && { line: String(line) }) });
    },
    say: (message, action) => {
      if (typeof message === 'string') shell.toast({ text: message, error: undefined, action });
      else {
        const error = NootropicError.from(message);
        shell.toast({ text: error.message, error, action });
      }
    },
    openLink: face.openLink && shell.askLink,
  };
}

/** With the next picture of the page, or soon where nobody looks at it and no picture is made. */
function nextFrame(run: () => void): void {
  if (document.hidden) setTimeout(run, 100);
  else requestAnimationFrame(run);
}

/** Tells a person who looks elsewhere. */
function tell({ waits, text }: { readonly waits: boolean; readonly text: string }, face: Face): void {
  if (!document.hidden && document.hasFocus()) return;
  face.notify?.({ title: waits ? strings.shell.newsWaits : strings.shell.newsDone, text });
}

function skip(event: React.MouseEvent): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

const narrowScreen = '(max-width: 760px)';

/** Follows the address when a person goes back, or changes it. */
function useAddress(shell: Shell): void {
  useEffect(() => {
    const follow = (): void => shell.show(readAddress(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, [shell]);
}

function useTheme(shell: Shell, face: Face): void {
  const theme = useStore(shell.store, (state) => state.theme);
  useEffect(() => {
    if (face.kind === 'editor') return;
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  }, [theme, face.kind]);
}

/** Does what a menu, a shortcut of the system or an editor asks for. */
function useFaceCommands(shell: Shell, chat: ChatParts, { face, workspace }: Pick<Ui, 'face' | 'workspace'>): void {
  useEffect(
    () =>
      face.onCommand?.((command) => {
        switch (command.type) {
          case 'palette':
            return shell.open('palette');
          case 'show': {
            const view = viewNames.find((name) => name === command.view);
            return view && shell.go(view);
          }
          case 'open-session':
            return shell.go('chat', { session: command.sessionId });
          case 'new-session':
            return shell.go('chat');
          case 'ask': {
            const { view, place } = shell.store.getState().address;
            const shown = view === 'chat' ? place['session'] : undefined;
            // Where the session that is shown is at work, what is to be asked at once begins another.
            const isBusy = shown !== undefined && chat.chats.open(shown).store.getState().phase === 'reading';
            const sessionId = isBusy && command.send === true ? undefined : shown;
            if (command.attachments) chat.composer.attach(command.attachments);
            if (command.send === true) {
              const session = sendQuestion(chat, { workspace, sessionId, ...command });
              return shell.go('chat', { session: session.id });
            }
            chat.composer.write(sessionId ?? 'new', command.text);
            return shell.go('chat', sessionId === undefined ? {} : { session: sessionId });
          }
        }
      }),
    [shell, chat, face, workspace],
  );
}
