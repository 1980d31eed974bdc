import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { ChatSession, ChatSessions, SessionView } from './chat-sessions.ts';
import type { Composer } from './composer-store.ts';

/** What lives as long as the page, so that answers go on and drafts stay while another view is looked at. */
export interface ChatParts {
  readonly chats: ChatSessions;
  readonly composer: Composer;
}

const ChatContext = createContext<ChatParts | undefined>(undefined);
export const ChatProvider = ChatContext.Provider;

export function useChatParts(): ChatParts {
  const parts = useContext(ChatContext);
  if (!parts) throw new Error('This component must be inside of a ChatProvider.');
  return parts;
}

export function useChats(): ChatSessions {
  return useChatParts().chats;
}

const OpenSessionContext = createContext<ChatSession | undefined>(undefined);
export const OpenSessionProvider = OpenSessionContext.Provider;

/** The session that is shown. Only what is drawn inside of one may use it. */
export function useOpenSession(): ChatSession {
  const session = useContext(OpenSessionContext);
  if (!session) throw new Error('This component must be inside of an OpenSessionProvider.');
  return session;
}

export function useSessionView<T>(session: ChatSession, select: (view: SessionView) => T): T {
  return useStore(session.store, select);
}
