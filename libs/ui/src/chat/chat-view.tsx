import { MessageSquareText, PanelLeft, Search } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { Button, IconButton } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi, type Place } from '../ui-context.tsx';
import { Announcer } from './announcer.tsx';
import { useFindKey, useFocusOnAsk } from './chat-keys.ts';
import { OpenSessionProvider, useChatParts, useSessionView } from './chat-context.tsx';
import type { ChatSession } from './chat-sessions.ts';
import { ComposerField } from './composer.tsx';
import { Conversation } from './conversation.tsx';
import { PlanBar } from './plan-bar.tsx';
import { RewindDialog } from './rewind-dialog.tsx';
import { openAsks, type ChatTurn } from './session-state.ts';
import { sendQuestion } from './send-question.ts';
import { SessionsPanel } from './sessions-panel.tsx';
import type { TurnActions } from './turn-end.tsx';
import { useMedia } from '../shell/use-media.ts';
import { WhyPanel } from './why-panel.tsx';
import './chat.css';

/** Asking and being answered: the sessions beside, the conversation, the field below. `place.session`: the one that is shown; unset: a new one. `place.turn`: what of it is in sight first. */
export function ChatView({ place }: { readonly place: Place }) {
  const { chats } = useChatParts();
  const { face } = useUi();
  const id = place['session'];
  const session = useMemo(() => (id === undefined ? undefined : chats.open(id)), [chats, id]);
  const wide = useMedia('(min-width: 1000px)') && face.kind !== 'editor';
  const [listOpen, setListOpen] = useState(() => face.keep.read('sessions') !== false);
  const [drawer, setDrawer] = useState(false);
  const [finding, setFinding] = useState(false);
  const find = useCallback(() => setFinding(true), []);
  const toggle = (): void => {
    if (!wide) return setDrawer(true);
    face.keep.write('sessions', !listOpen);
    setListOpen(!listOpen);
  };
  const shown = wide && listOpen;
  const head = (
    <div className="nt-chat-head">
      <IconButton
        label={shown ? strings.chat.sessions.hide : strings.chat.sessions.show}
        aria-expanded={shown}
        icon={<PanelLeft aria-hidden size={18} />}
        onClick={toggle}
      />
      <Title session={session} />
      {session && <IconButton label={strings.chat.find.label} icon={<Search aria-hidden size={16} />} onClick={find} />}
    </div>
  );
  return (
    <div className={`nt-chat ${shown ? 'nt-chat-wide' : ''}`}>
      <h1 className="nt-hidden">{strings.chat.title}</h1>
      {shown && (
        <aside className="nt-chat-side" aria-label={strings.chat.sessions.title}>
          <SessionsPanel current={id} />
        </aside>
      )}
      {drawer && (
        <Dialog title={strings.chat.sessions.title} onClose={() => setDrawer(false)}>
          <SessionsPanel current={id} onChosen={() => setDrawer(false)} />
        </Dialog>
      )}
      {session ? (
        <OpenSessionProvider value={session}>
          <OpenSession
            key={session.id}
            session={session}
            turnId={place['turn']}
            head={head}
            finding={finding}
            wide={wide}
            onFindEnd={() => setFinding(false)}
            onFind={find}
          />
        </OpenSessionProvider>
      ) : (
        <NewSession head={head} />
      )}
    </div>
  );
}

function Title({ session }: { readonly session: ChatSession | undefined }) {
  return session ? <OpenTitle session={session} /> : <span className="nt-chat-title">{strings.chat.newSession}</span>;
}

function OpenTitle({ session }: { readonly session: ChatSession }) {
  const title = useSessionView(
    session,
    ({ title, state, sending }) => title || (state.turns[0]?.question ?? sending?.text ?? ''),
  );
  const folder = useSessionView(session, (view) => view.workspace);
  const { workspace } = useUi();
  return (
    <span className="nt-chat-title">
      {title}
      {folder !== '' && folder !== workspace && <code className="nt-faint"> {folder}</code>}
    </span>
  );
}

/** Sends what is in the field, and shows the session that it begins. */
function useSend(sessionId: string | undefined, folder = ''): (text: string) => void {
  const parts = useChatParts();
  const { workspace: here, go } = useUi();
  // A session goes on in the folder that it is about.
  const workspace = folder === '' ? here : folder;
  return useCallback(
    (text) => {
      const session = sendQuestion(parts, { workspace, sessionId, text });
      if (session.id !== sessionId) go('chat', { session: session.id });
    },
    [parts, workspace, go, sessionId],
  );
}

function nothingToStop(): void {}

function NewSession({ head }: { readonly head: React.ReactNode }) {
  const { composer } = useChatParts();
  const send = useSend(undefined);
  const { workspace } = useUi();
  return (
    <div className="nt-chat-main">
      {head}
      <div className="nt-chat-empty">
        <EmptyState icon={<MessageSquareText aria-hidden size={32} />} title={strings.chat.emptyTitle}>
          <code className="nt-workspace">{workspace}</code>
          <p>{strings.chat.emptyAbout}</p>
          <div className="nt-suggestions">
            {strings.chat.suggestions.map((text) => (
              <Button key={text} onClick={() => send(text)}>
                {text}
              </Button>
            ))}
          </div>
        </EmptyState>
      </div>
      <div className="nt-chat-foot">
        <ComposerField composer={composer} session="new" running={false} onSend={send} onStop={nothingToStop} />
      </div>
    </div>
  );
}

interface OpenSessionProps {
  readonly session: ChatSession;
  readonly turnId: string | undefined;
  readonly head: React.ReactNode;
  readonly finding: boolean;
  readonly wide: boolean;
  readonly onFind: () => void;
  readonly onFindEnd: () => void;
}

function OpenSession({ session, turnId, head, finding, wide, onFind, onFindEnd }: OpenSessionProps) {
  const { chats, composer } = useChatParts();
  const { assistant, go, say } = useUi();
  const view = useStore(session.store);
  const send = useSend(session.id, view.workspace);
  const [why, setWhy] = useState<string>();
  const [rewinding, setRewinding] = useState<ChatTurn>();
  const { turns } = view.state;
  const last = turns.at(-1);
  const running = view.phase === 'reading';
  const asks = openAsks(last);
  useFocusOnAsk(asks[0]?.requestId);
  useFindKey(onFind);

  const actions = useMemo<TurnActions>(
    () => ({
      why: setWhy,
      rewind: setRewinding,
      again: (turn) => send(turn.question),
      goOn: () => send('go on'),
      fork: (turnId) => {
        assistant.sessions.fork({ id: session.id, turnId }).then(({ id }) => {
          say(strings.chat.sessions.forked);
          chats.changed();
          go('chat', { session: id });
        }, say);
      },
    }),
    [assistant, chats, go, say, send, session.id],
  );
  const speak = useCallback(
    (text: string): void => {
      if (!running) return send(text);
      composer.clear(session.id, text);
      chats.steer(session.id, text).catch((cause: Error) => {
        composer.write(session.id, text);
        say(cause);
      });
    },
    [running, send, composer, chats, session.id, say],
  );
  const sendAgain = useCallback(() => chats.sendAgain(session.id), [chats, session.id]);
  const reload = useCallback(() => void chats.reload(session.id), [chats, session.id]);
  const stop = useCallback((): void => void chats.stop(session.id).catch(say), [chats, session.id, say]);
  const plan = running ? (last?.plan ?? []) : [];
  const whyPanel = why !== undefined && (
    <WhyPanel sessionId={session.id} turnId={why} onClose={() => setWhy(undefined)} />
  );
  return (
    <>
      <div className="nt-chat-main">
        {head}
        {view.phase === 'loading' ? (
          <Waiting label={strings.chat.loadingSession} />
        ) : turns.length === 0 && view.error && !view.sending ? (
          <div className="nt-view-fault">
            <ErrorNote error={view.error} again={reload} />
          </div>
        ) : (
          <Conversation {...{ view, actions, finding, onFindEnd, turnId }} onSendAgain={sendAgain} onReload={reload} />
        )}
        <div className="nt-chat-foot">
          {plan.length > 0 && <PlanBar steps={plan} />}
          <Announcer view={view} />
          <ComposerField composer={composer} session={session.id} running={running} onSend={speak} onStop={stop} />
        </div>
      </div>
      {whyPanel &&
        (wide ? (
          whyPanel
        ) : (
          <div className="nt-why-over" role="presentation">
            {whyPanel}
          </div>
        ))}
      {rewinding && (
        <RewindDialog
          sessionId={session.id}
          turn={rewinding}
          turnIds={turns
            .slice(turns.findIndex(({ turnId }) => turnId === rewinding.turnId))
            .map(({ turnId }) => turnId)}
          onClose={() => setRewinding(undefined)}
        />
      )}
    </>
  );
}
