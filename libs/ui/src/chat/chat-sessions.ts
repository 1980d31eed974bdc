import { NootropicError, type Assistant, type SendInput, type TurnEvent } from '@nootropic/contracts';
import { createStore, type StoreApi } from 'zustand/vanilla';
import { brokenOff, emptySession, reduceSession, type SessionState } from './session-state.ts';

/** What a page knows of a session, and what it said that is not in the session yet. */
export interface SessionView {
  readonly state: SessionState;
  /** `loading`: it is being read for the first time; `reading`: a turn's stream is open. */
  readonly phase: 'loading' | 'reading' | 'idle';
  /** Why it could not be read, or a question not be sent. */
  readonly error: NootropicError | undefined;
  /** As a person named it; empty where that is not known. */
  readonly title: string;
  /** The folder that it is about; empty where that is not known. */
  readonly workspace: string;
  /** The question on its way, before its turn begins; with `error`, one that did not arrive. */
  readonly sending: SendInput | undefined;
  /** Said to a turn that runs, and not yet taken by it. */
  readonly steered: readonly string[];
}

export interface ChatSession {
  readonly id: string;
  readonly store: StoreApi<SessionView>;
}

export type Decision = Pick<Parameters<Assistant['answer']>[0], 'decision' | 'text' | 'without'>;

export interface ChatSessions {
  /** The session of this id, read from the host where this page does not know it yet, and followed where a turn of it runs. */
  open(id: string): ChatSession;
  /** Asks in a session, or in a new one. */
  send(input: Omit<SendInput, 'sessionId' | 'newSessionId' | 'attended' | 'keepSeconds'>, id?: string): ChatSession;
  /** Sends a question again that did not arrive. */
  sendAgain(id: string): void;
  steer(id: string, text: string): Promise<void>;
  stop(id: string): Promise<void>;
  answer(id: string, requestId: string, decision: Decision): Promise<void>;
  /** Gives a session another name. */
  rename(id: string, title: string): Promise<void>;
  /** Reads a session again, as after a rewind. */
  reload(id: string): Promise<void>;
  /** Counts up whenever the list of sessions may differ. */
  readonly changes: StoreApi<{ readonly count: number }>;
  /** The list of sessions differs now. */
  changed(): void;
}

export interface ChatSessionsOptions {
  readonly assistant: Assistant;
  /** Runs something with the next frame: what came since the last is shown at once. */
  readonly nextFrame: (run: () => void) => void;
  readonly newId?: () => string;
  /** Something of a session waits for a person, or has ended. */
  readonly onNews?: (news: { readonly sessionId: string; readonly waits: boolean; readonly text: string }) => void;
}

/** How long a turn goes on without a page that reads it, in seconds: a reload or a closed lid loses nothing. */
const keepSeconds = 3600;

/** The sessions that this page has shown, each with a store of its own. Streams go on while another session, or another view, is looked at. */
export function createChatSessions(options: ChatSessionsOptions): ChatSessions {
  const { assistant, nextFrame, newId = () => crypto.randomUUID(), onNews } = options;
  const sessions = new Map<string, ChatSession>();
  /** Made here, and not yet known to the host. */
  const unbegun = new Set<string>();
  const changes = createStore<{ readonly count: number }>()(() => ({ count: 0 }));
  const changed = (): void => changes.setState(({ count }) => ({ count: count + 1 }));

  const make = (id: string, phase: SessionView['phase']): ChatSession => {
    const store = createStore<SessionView>()(() => ({
      state: emptySession,
      phase,
      error: undefined,
      title: '',
      workspace: '',
      sending: undefined,
      steered: [],
    }));
    const session = { id, store };
    sessions.set(id, session);
    return session;
  };

  const follow = async (session: ChatSession, open: () => Promise<AsyncIterable<TurnEvent>>): Promise<void> => {
    const { store, id } = session;
    const feed = createFeed(store, nextFrame);
    store.setState({ phase: 'reading', error: undefined });
    try {
      for await (const event of await open()) {
        unbegun.delete(id);
        feed.take(event);
        if (event.type === 'approval-request') onNews?.({ sessionId: id, waits: true, text: String(event['detail']) });
        if (event.type === 'turn-start') changed();
      }
      feed.flush();
      store.setState({ sending: undefined });
      const last = store.getState().state.turns.at(-1);
      onNews?.({ sessionId: id, waits: false, text: last?.question ?? '' });
    } catch (cause) {
      feed.flush();
      store.setState({ error: NootropicError.from(cause) });
    } finally {
      store.setState(({ state }) => ({ phase: 'idle', steered: [], state: brokenOff(state) }));
      changed();
    }
  };

  const load = async (session: ChatSession): Promise<void> => {
    const { store, id } = session;
    try {
      const { session: found, events } = await assistant.sessions.show({ id });
      const running = (await assistant.turns.list()).some(({ sessionId }) => sessionId === found.id);
      const state = reduceSession(emptySession, events);
      store.setState({
        state: running ? state : brokenOff(state),
        title: found.title,
        workspace: found.workspace,
        phase: 'idle',
        error: undefined,
      });
      if (running) void follow(session, () => assistant.turns.resume({ sessionId: found.id, after: state.lastSeq }));
    } catch (cause) {
      store.setState({ phase: 'idle', error: NootropicError.from(cause) });
    }
  };

  const ask = (session: ChatSession, { sessionId: _, newSessionId: __, ...input }: SendInput): void => {
    const { id, store } = session;
    const asked: SendInput = { ...input, ...(unbegun.has(id) ? { newSessionId: id } : { sessionId: id }) };
    store.setState({ sending: asked });
    void follow(session, () => assistant.send(asked));
  };

  return {
    changes,
    changed,
    open(id) {
      const known = sessions.get(id);
      if (known) return known;
      const session = make(id, 'loading');
      void load(session);
      return session;
    },
    send(input, id) {
      const known = id === undefined ? undefined : sessions.get(id);
      const session = known ?? make(id ?? newId(), 'idle');
      if (id === undefined) unbegun.add(session.id);
      ask(session, { ...input, attended: true, keepSeconds });
      return session;
    },
    sendAgain(id) {
      const session = sessions.get(id);
      const { sending } = session?.store.getState() ?? {};
      if (session && sending) ask(session, sending);
    },
    async steer(id, text) {
      const session = sessions.get(id);
      session?.store.setState(({ steered }) => ({ steered: [...steered, text] }));
      const { taken } = await assistant.steer({ sessionId: id, text });
      if (!taken) session?.store.setState(({ steered }) => ({ steered: steered.filter((each) => each !== text) }));
      if (!taken) throw new NootropicError('INPUT_INVALID', 'The turn has ended already; send it as a new question.');
    },
    async stop(id) {
      await assistant.turns.stop({ sessionId: id });
    },
    async answer(id, requestId, decision) {
      await assistant.answer({ sessionId: id, requestId, ...decision });
    },
    async rename(id, title) {
      await assistant.sessions.rename({ id, title });
      sessions.get(id)?.store.setState({ title });
      changed();
    },
    async reload(id) {
      const session = sessions.get(id);
      if (session) await load(session);
      changed();
    },
  };
}

/** Collects events and puts them into the store once a frame: many tokens a second are one change of the page. */
function createFeed(
  store: StoreApi<SessionView>,
  nextFrame: (run: () => void) => void,
): { readonly take: (event: TurnEvent) => void; readonly flush: () => void } {
  let waiting: TurnEvent[] = [];
  const flush = (): void => {
    if (waiting.length === 0) return;
    const events = waiting;
    waiting = [];
    store.setState(({ state, sending, steered }) => ({
      state: reduceSession(state, events),
      sending: events.some(({ type }) => type === 'turn-start') ? undefined : sending,
      steered: steered.filter(
        (text) => !events.some((event) => event.type === 'user-message' && event['text'] === text),
      ),
    }));
  };
  return {
    flush,
    take(event) {
      waiting.push(event);
      if (waiting.length === 1) nextFrame(flush);
    },
  };
}
